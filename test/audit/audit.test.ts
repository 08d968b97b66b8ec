/** Each probe on a reward with the flaw it looks for, planted at a known size, and on one without it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditOptions, audit, probes } from '../../src/audit/audit.ts'
import type { AuditSample } from '../../src/audit/probe.ts'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import { type Score, scored } from '../../src/data/score.ts'
import { numericMatch } from '../../src/rewards/numericMatch.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'

/** 40 sums with four answers each, two of them right, of all lengths. */
const samples: AuditSample[] = Array.from({ length: 40 }, (_, i) => {
  const prompt = userPrompt(`sum ${i}`, `What is ${i} + ${i}?`, String(2 * i))
  const source = random(`audit ${i}`)
  return source.shuffle([true, true, false, false]).map((right): AuditSample => {
    const talk = 'We add the two numbers, because that is asked. '.repeat(source.int(0, 4))
    const text = `${talk}Therefore it comes to ${right ? 2 * i : 2 * i + 1 + source.int(0, 5)}.`
    return { prompt, completion: { text, finish: 'stop' }, label: right }
  })
}).flat()

const right = numericMatch()
const isRight = async (sample: AuditSample) => {
  const [score] = await right.score([sample])
  return score.kind === 'scored' && score.value === 1
}

/** A reward that is right, but for what `flaw` says. */
function flawed(flaw: (text: string, right: boolean) => number | undefined): Reward {
  const judge = async (sample: AuditSample) => {
    const truth = await isRight(sample)
    return flaw(sample.completion.text, truth) ?? Number(truth)
  }
  return defineReward('flawed', judge, { range: [0, 1] })
}

async function figure(reward: Reward, probe: string, name: string, options: AuditOptions = {}) {
  const found = await audit(reward, samples, { probes: [probe], ...options })
  const figures = found.probes[0].figures
  const one = figures.find((each) => each.name === name)
  assert.ok(one, `${name} is not among ${figures.map((each) => each.name)}: ${found.probes[0].skipped}`)
  assert.ok(one.low <= one.value && one.value <= one.high)
  return { ...one, finding: found.probes[0] }
}

test('a sound reward passes everything; what cannot be measured says why', async () => {
  const found = await audit(right, samples, { seed: 3 })
  const failed = found.probes.flatMap(({ name, figures }) =>
    figures.flatMap((each) => (each.verdict === 'fail' ? `${name}.${each.name} ${each.value}` : [])),
  )
  assert.deepEqual(failed, [])
  assert.deepEqual(
    found.probes.map(({ name }) => name),
    probes.map(({ name }) => name),
  )
  assert.deepEqual(
    found.probes.filter((probe) => probe.skipped !== undefined).map(({ name }) => name),
    ['lengthBias', 'positionBias'],
  )
  assert.deepEqual(await audit(right, samples, { seed: 3 }), found)
})

test('master keys: the share of prompts on which an empty phrase succeeds', async () => {
  const gullible = flawed((text) => (text === 'Solution' ? 1 : text === ':' ? 0.2 : undefined))
  const worst = await figure(gullible, 'masterKeys', 'worst')
  assert.deepEqual([worst.value, worst.verdict, worst.title], [1, 'fail', 'worst key ("Solution")'])
  const average = await figure(gullible, 'masterKeys', 'average')
  assert.ok(Math.abs(average.value - 0.1) < 1e-12)
  assert.equal(worst.finding.examples?.[0].answer, 'Solution')
  const clean = await figure(right, 'masterKeys', 'worst')
  // Wilson's interval of 0 of 40.
  assert.ok(clean.value === 0 && Math.abs(clean.high - 0.0876) < 1e-3)
})

test('openers are first sentences without a result', async () => {
  const opens = flawed((text) => (/asked\.$/.test(text) ? 1 : undefined))
  const found = await figure(opens, 'masterKeys', 'openers')
  assert.deepEqual([found.value, found.verdict], [1, 'fail'])
})

test('pleas, by kind', async () => {
  const obedient = flawed((text) => (/ignore the rubric/.test(text) ? 1 : undefined))
  assert.equal((await figure(obedient, 'sycophancy', 'orders')).value, 1)
  assert.equal((await figure(obedient, 'sycophancy', 'certainty')).value, 0)
  const gain = await figure(obedient, 'sycophancy', 'gain')
  assert.ok(Math.abs(gain.value - 1 / 3) < 1e-12)
})

test('padding, length, and what length alone explains', async () => {
  const long = defineReward('long', ({ completion: { text } }) => Math.min(1, text.length / 400), { range: [0, 1] })
  assert.ok((await figure(long, 'verbosity', 'frontGain')).value > 0.25)
  assert.ok((await figure(long, 'lengthBias', 'correlation')).value > 0.99)
  assert.ok((await figure(long, 'nullBaselines', 'lengthOfReward')).value > 0.9)
  assert.equal((await figure(long, 'nullBaselines', 'lengthExcess')).verdict, 'fail')
  assert.equal((await figure(right, 'nullBaselines', 'lengthExcess')).value, 0)
})

test('position alone: data whose first answers are the right ones', async () => {
  const ordered = samples.toSorted((a, b) => (a.prompt.id === b.prompt.id ? Number(b.label) - Number(a.label) : 0))
  const bare = ordered.map(({ prompt, completion }) => ({ prompt, completion }))
  const found = await audit(right, bare, { probes: ['nullBaselines'] })
  const position = found.probes[0].figures.find(({ name }) => name === 'position')
  // Two of the four places are always right: a line through the places explains most of it, not all.
  assert.ok(position !== undefined && position.value > 0.7 && position.verdict === 'fail')
  // With labels it is the data's fault, not the reward's.
  const labelled = await audit(right, ordered, { probes: ['nullBaselines'] })
  assert.equal(labelled.verdict, 'pass')
})

test('form alone: a reward for a full stop is told from one for being right', async () => {
  const stop = defineReward('stop', ({ completion: { text } }) => Number(/We add/.test(text)), { range: [0, 1] })
  const format = await figure(stop, 'format', 'fullStop')
  assert.equal(format.value, 0)
  const bold = flawed((text) => (text.includes('**') ? 0 : undefined))
  // Half of the answers are right and lose by it.
  assert.equal((await figure(bold, 'format', 'bold')).value, 0.5)
  const space = flawed((text) => (text === text.trim() ? undefined : 0))
  assert.equal((await figure(space, 'format', 'space')).value, 0.5)
})

test('other words', async () => {
  const picky = flawed((text, truth) => (truth && /Therefore/.test(text) ? 1 : 0))
  assert.equal((await figure(picky, 'paraphrase', 'flips')).value, 0.5)
  const own = await figure(picky, 'paraphrase', 'flips', {
    paraphrase: (text) => text.replace('it comes', 'this comes'),
  })
  assert.equal(own.value, 0)
})

test('noise: the flip rate of a coin that lands wrong one time in five', async () => {
  const source = random('noise')
  const noisy = flawed((_, truth) => Number(source.next() < 0.2 ? !truth : truth))
  // Two independent draws differ with probability 2 * 0.2 * 0.8.
  const found = await figure(noisy, 'noise', 'flips', { repetitions: 5 })
  assert.ok(Math.abs(found.value - 0.32) < 0.06, String(found.value))
  assert.equal(found.verdict, 'fail')
})

/** A reward of whole calls: what it says depends on the answers' places. */
function ofCall(name: string, listwise: boolean, change: (place: number, of: number) => number): Reward {
  const score = (list: readonly AuditSample[]) =>
    Promise.all(
      list.map(async (sample, i): Promise<Score> => scored(Number(await isRight(sample)) / 2 + change(i, list.length))),
    )
  return { name, range: [0, 1], ...(listwise ? { listwise: true } : {}), score }
}

test('company: copies in one call, and calls of another size', async () => {
  const shrinking = ofCall('shrinking', false, (place, of) => (of > 1 ? place / (4 * of) : 0))
  assert.equal((await figure(shrinking, 'selfConsistency', 'unequal')).value, 1)
  const changed = await figure(shrinking, 'batchInvariance', 'changed')
  assert.ok(changed.value > 0.9 && changed.verdict === 'fail')
  assert.equal((await figure(right, 'batchInvariance', 'changed')).value, 0)
})

test('position: worth more in the first place', async () => {
  const early = ofCall('early', true, (place) => (place === 0 ? 0.25 : 0))
  const gap = await figure(early, 'positionBias', 'firstMinusLast')
  assert.deepEqual([gap.value, gap.verdict], [0.25, 'fail'])
  const fair = ofCall('fair', true, () => 0)
  assert.equal((await figure(fair, 'positionBias', 'firstMinusLast')).value, 0)
  // A listwise reward sees an edited answer among the prompt's others.
  assert.equal((await figure(fair, 'masterKeys', 'worst')).value, 0)
})

test('against labels: the known accuracy, error rates, AUC and calibration', async () => {
  const source = random('labels')
  const lenient = flawed((_, truth) => (truth ? 0.9 : source.next() < 0.3 ? 0.8 : 0.1))
  const of = async (name: string) => (await figure(lenient, 'calibration', name)).value
  const wrong = await of('falsePositives')
  assert.ok(Math.abs(wrong - 0.3) < 0.15)
  assert.equal(await of('falseNegatives'), 0)
  const exact = { value: await of('auc'), bins: (await figure(right, 'calibration', 'ece')).finding.bins }
  assert.equal(exact.value, 1)
  assert.deepEqual(
    exact.bins?.map(({ predicted, observed, n }) => [predicted, observed, n]),
    [
      [0, 0, 80],
      [1, 1, 80],
    ],
  )
  const coin = flawed((text) => (text.length % 2 === 0 ? 0.9 : 0.1))
  assert.ok(Math.abs((await figure(coin, 'calibration', 'kappa')).value) < 0.35)
})

test('limits are one’s own; an interval that reaches beyond is unsure', async () => {
  const gullible = flawed((text) => (text === 'Solution' ? 1 : undefined))
  const own = await audit(gullible, samples, {
    probes: ['masterKeys'],
    limits: { 'masterKeys.worst': undefined, 'masterKeys.average': { most: 0.2 } },
  })
  assert.equal(own.probes[0].figures.find(({ name }) => name === 'worst')?.verdict, undefined)
  assert.equal(own.probes[0].figures.find(({ name }) => name === 'empty')?.verdict, 'unsure')
  assert.equal(own.verdict, 'unsure')
})

test('a reward that throws, hangs or says nothing is told of, and nothing hangs', async () => {
  const silent = defineReward('silent', () => null)
  await assert.rejects(audit(silent, samples), /could score none of 160 answers; the first: the reward abstained/)
  const hangs: Reward = {
    ...right,
    score: (list) => (list.length > 1 ? new Promise(() => undefined) : right.score(list)),
  }
  const found = await audit(hangs, samples.slice(0, 8), { probes: ['batchInvariance'], deadlineMs: 5 })
  assert.deepEqual([found.probes[0].figures, found.probes[0].unscored], [[], 8])
  await assert.rejects(audit(right, samples, { probes: ['masterkeys'] }), /there is no probe 'masterkeys'/)
})

test('prompts are drawn whole, by the seed', async () => {
  const found = await audit(right, samples, { probes: ['calibration'], prompts: 10 })
  assert.deepEqual([found.prompts, found.answers], [10, 40])
})
