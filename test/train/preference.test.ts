import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Feedback } from '../../src/data/rollout.ts'
import { bco } from '../../src/objectives/bco.ts'
import { dpo } from '../../src/objectives/dpo.ts'
import { kto } from '../../src/objectives/kto.ts'
import { orpo } from '../../src/objectives/orpo.ts'
import { simpo } from '../../src/objectives/simpo.ts'
import { tgdpo } from '../../src/objectives/tokenWeighted.ts'
import { fixedNumbers } from '../../src/train/fixedNumbers.ts'
import { preference } from '../../src/train/preference.ts'
import { batchesOf } from '../../src/train/preferenceExamples.ts'
import { tempFolder } from '../runs/tempFolder.ts'
import { tinyPairs } from './resumablePreference.ts'
import { tinyPolicy } from './tiny.ts'

test('DPO learns which answers are preferred, and says so of pairs it has not seen', async () => {
  const policy = tinyPolicy(1)
  const result = await preference({
    policy,
    data: tinyPairs(64, 'training'),
    objective: dpo(),
    batch: 16,
    epochs: 6,
    adam: { learningRate: 1e-3, clipNorm: 1 },
    evaluation: { data: tinyPairs(32, 'held out'), every: 12 },
    seed: 1,
    folder: false,
  })
  await policy.close()
  assert.equal(result.step, 24)
  assert.equal(result.accuracyBefore, 0.5)
  assert.ok((result.accuracyAfter ?? 0) > 0.9, `${result.accuracyAfter}`)
  const held = result.history.filter(({ metrics }) => 'margin/heldOut' in metrics)
  assert.deepEqual(
    held.map(({ step }) => step),
    [0, 12, 24],
  )
  assert.equal(held[0].metrics['margin/heldOut'], 0)
  assert.ok(held[2].metrics['margin/heldOut'] > 0.1)
})

for (const objective of [simpo(), orpo(), kto(), bco(), dpo({ loss: 'ipo' })])
  test(`${objective.name} learns from the same pairs`, async () => {
    const policy = tinyPolicy(1)
    const { accuracyBefore = 0, accuracyAfter = 0 } = await preference({
      policy,
      data: tinyPairs(48, 'training'),
      objective,
      batch: 12,
      steps: 20,
      adam: { learningRate: 1e-3, clipNorm: 1 },
      evaluation: { data: tinyPairs(24, 'held out'), every: 20 },
      seed: 1,
      folder: false,
    })
    await policy.close()
    assert.ok(accuracyAfter > Math.max(0.75, accuracyBefore), `${accuracyBefore} to ${accuracyAfter}`)
  })

test('judged answers: labels of one class only, weights, answers cut by a limit', async () => {
  const policy = tinyPolicy(1)
  const feedback = tinyPairs(6, 'up').map(
    ({ prompt, chosen }, i): Feedback => ({
      sample: { prompt, completion: { text: chosen, finish: i === 0 ? 'length' : 'stop' } },
      desirable: true,
      weight: i === 1 ? 0 : 1,
    }),
  )
  const { history } = await preference({ policy, data: feedback, objective: bco(), seed: 1, folder: false })
  await policy.close()
  assert.equal(history.length, 1)
  assert.ok(Number.isFinite(history[0].metrics.loss))
  await assert.rejects(
    preference({ policy, data: feedback, objective: dpo(), seed: 1, folder: false }),
    /compares pairs, and these are single judged answers\n.*bco\(\) or kto\(\)/,
  )
})

test('pairs of equal answers and pairs that do not fit are left out and counted', async () => {
  const policy = tinyPolicy(1)
  const prompt = userPrompt('p', 'a')
  const odd = [
    { prompt, chosen: 'ab', rejected: 'ab' },
    { prompt, chosen: 'a'.repeat(20), rejected: 'b' },
    { prompt: userPrompt('long', 'a'.repeat(30)), chosen: 'a', rejected: 'b' },
    // The shared prefix is the whole answer; an answer without text.
    { prompt, chosen: 'ab', rejected: 'abab' },
    { prompt, chosen: 'c', rejected: '' },
  ]
  const { history } = await preference({ policy, data: odd, objective: dpo(), seed: 1, folder: false })
  const [{ metrics }] = history
  assert.deepEqual([metrics.skippedIdentical, metrics.skippedTooLong], [1, 2])
  assert.ok(Number.isFinite(metrics.loss))
  await assert.rejects(
    preference({ policy, data: odd.slice(0, 3), objective: dpo(), seed: 1, folder: false }),
    /nothing to learn from: of 3 examples 2 are longer than the context of 16 tokens and 1 are pairs of equal answers/,
  )
  await assert.rejects(
    preference({ policy, data: odd, objective: tgdpo(), seed: 1, folder: false }),
    /tgdpo needs a score for each token/,
  )
  await assert.rejects(preference({ policy, data: odd, objective: dpo(), batch: 0, seed: 1, folder: false }), /batch/)
  await policy.close()
})

test('fixed numbers: computed once, shared, found by content, and mended where the disk changed them', async (t) => {
  const folder = tempFolder(t)
  const sequences = Array.from({ length: 600 }, (_, i) => ({
    tokens: Int32Array.from({ length: 2 + (i % 7) }, (_, k) => i + k),
    promptLength: 1 + (i % 2),
  }))
  let asked = 0
  const compute = (factor: number) => async (places: readonly number[]) => {
    asked += places.length
    return places.map((place) => {
      const { tokens, promptLength } = sequences[place]
      return Float32Array.from(tokens.subarray(promptLength), (token) => token * factor)
    })
  }
  const read = (factor = 1) => fixedNumbers(sequences, { name: 'test', folder, compute: compute(factor) })
  const expected = await compute(1)([...sequences.keys()])
  asked = 0
  assert.deepEqual(await read(), expected)
  assert.equal(asked, 604)
  asked = 0
  assert.deepEqual(await read(), expected)
  assert.equal(asked, 4)
  // Another source of the numbers finds nothing of these.
  assert.deepEqual(
    (await read(2))[5],
    expected[5].map((value) => 2 * value),
  )
  assert.equal(readdirSync(folder).length, 6)
  const [file] = readdirSync(folder).map((name) => join(folder, name))
  truncateSync(file, statSync(file).size - 4)
  assert.deepEqual(
    [await read(1), await read(2)].map((lines) => lines[0]),
    [expected[0], expected[0].map((v) => 2 * v)],
  )
  const bytes = readFileSync(file)
  bytes[3] ^= 1
  writeFileSync(file, bytes)
  assert.deepEqual(await read(), expected)
  const stop = AbortSignal.abort('enough')
  await assert.rejects(
    fixedNumbers(sequences, { name: 'other', folder, compute: compute(1), signal: stop }),
    (thrown) => thrown === 'enough',
  )
})

test('a pass has every example once, in batches of like length', () => {
  const source = random(1)
  const lengths = Array.from({ length: 1003 }, () => source.int(1, 500))
  const batches = batchesOf(lengths, 10, 'seed')
  assert.deepEqual(
    batches.flat().sort((a, b) => a - b),
    [...lengths.keys()],
  )
  const padded = (order: readonly (readonly number[])[]) =>
    order.reduce((sum, batch) => sum + batch.length * Math.max(...batch.map((i) => lengths[i])), 0)
  const plain = Array.from({ length: 101 }, (_, i) => [...lengths.keys()].slice(10 * i, 10 * i + 10))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  assert.ok(padded(batches) < 1.2 * total && padded(plain) > 1.6 * total)
  assert.notDeepEqual(batchesOf(lengths, 10, 'other'), batches)
})
