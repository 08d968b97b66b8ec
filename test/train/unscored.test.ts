/** What could not be scored, from the grader to the loss: on every path it is counted, kept from learning, never a 0. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { bnpo } from '../../src/credit/bnpo.ts'
import type { Credit } from '../../src/credit/credit.ts'
import { grpo } from '../../src/credit/grpo.ts'
import { reinforce } from '../../src/credit/reinforce.ts'
import { rloo } from '../../src/credit/rloo.ts'
import { tempo } from '../../src/credit/tempo.ts'
import { whiten } from '../../src/credit/whiten.ts'
import { GuerdonError } from '../../src/data/error.ts'
import type { Sample } from '../../src/data/message.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored, type UnscoredAt, unscored } from '../../src/data/score.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { isolated } from '../../src/rewards/isolated.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import { collect } from '../../src/train/collect.ts'
import type { PolicyGradientOptions } from '../../src/train/options.ts'
import { policyGradient } from '../../src/train/policyGradient.ts'
import { update } from '../../src/train/update.ts'
import { differ, sameNumbers } from '../sameNumbers.ts'
import { tinyPolicy, tinyPrompts, tinyTask } from './tiny.ts'

const policy = tinyPolicy()
const start = await mkdtemp(join(tmpdir(), 'guerdon-train-'))
await policy.save(start)
beforeEach(() => policy.load(start))
after(async () => {
  await policy.close()
  await rm(start, { recursive: true })
})

const run = (reward: Reward, more: Partial<PolicyGradientOptions> = {}) =>
  policyGradient({
    policy,
    task: tinyTask(reward),
    credit: grpo(),
    objective: clipped(),
    prompts: 3,
    groupSize: 8,
    steps: 2,
    maxTokens: 4,
    seed: 1,
    deadlineMs: 30,
    folder: false,
    ...more,
  })

const right = ({ completion }: Sample) => completion.text.startsWith('c')
const fails = ({ completion }: Sample) => completion.text.startsWith('h')

/** A reward asked for one sample at a time, which does as it likes with those that fail. */
function raw(fail: () => ReturnType<Reward['score']>): Reward {
  return {
    name: 'raw',
    score: (samples) => (fails(samples[0]) ? fail() : Promise.resolve([scored(right(samples[0]) ? 1 : 0)])),
  }
}

const paths: readonly [path: string, at: UnscoredAt, reward: () => Reward | Promise<Reward & AsyncDisposable>][] = [
  [
    'a throw before there is a promise',
    'reward',
    () =>
      raw(() => {
        throw new Error('boom')
      }),
  ],
  ['a rejected promise', 'reward', () => raw(async () => Promise.reject(new Error('boom')))],
  ['a promise that never settles', 'deadline', () => raw(() => new Promise(() => {}))],
  ['NaN', 'reward', () => raw(async () => [{ kind: 'scored', value: Number.NaN }])],
  ['no score at all', 'reward', () => raw(async () => [])],
  ['one score too many', 'reward', () => raw(async () => [scored(0), scored(0)])],
  [
    'null from a reward function',
    'reward',
    () => defineReward('abstains', (each) => (fails(each) ? null : right(each))),
  ],
  ['a judge that is busy', 'judge', () => raw(async () => [unscored('judge', 'busy')])],
  [
    'a loop without end in a worker',
    'deadline',
    () => isolated(join(import.meta.dirname, 'fixtures/loops.ts'), { workers: 1, deadlineMs: 100 }),
  ],
]

for (const [path, at, make] of paths)
  test(`${path} is counted at '${at}', and the run learns from the rest`, async () => {
    const inner = await make()
    let [asked, failed] = [0, 0]
    const reward: Reward = {
      ...inner,
      async score(samples, signal) {
        asked += samples.length
        failed += samples.filter(fails).length
        return inner.score(samples, signal)
      },
    }
    const before = policy.weights().slice()
    const { history } = await run(reward, { deadlineMs: path.includes('worker') ? 60_000 : 30 })
    if (Symbol.asyncDispose in inner) await inner[Symbol.asyncDispose]()
    assert.equal(asked, 48)
    assert.ok(failed > 0, 'some must fail')
    const total = (name: string) => history.reduce((sum, { metrics }) => sum + 24 * (metrics[name] ?? 0), 0)
    assert.equal(Math.round(total('unscored')), failed)
    assert.equal(Math.round(total(`unscored/${at}`)), failed)
    for (const { metrics } of history)
      for (const [name, value] of Object.entries(metrics)) assert.ok(Number.isFinite(value), `${name} is ${value}`)
    assert.ok(policy.weights().every(Number.isFinite))
    assert.ok(differ(policy.weights(), before))
  })

test('a whole group may be lost', async () => {
  const reward = defineReward('loses', (each) => {
    if (each.prompt.messages[0].content === 'b') throw new Error('no such page')
    return right(each)
  })
  const { history } = await run(reward)
  assert.deepEqual(
    history.map(({ metrics }) => [metrics.unscored, metrics['unscored/reward']]),
    [
      [1 / 3, 1 / 3],
      [0, undefined],
    ],
  )
  assert.ok(history.every(({ metrics }) => Number.isFinite(metrics.loss)))
})

test('too large a share stops the run before it learns, with the counts and what was said', async () => {
  const before = policy.weights().slice()
  const reward = defineReward('down', (each, signal) => {
    if (fails(each))
      return new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    throw new Error('the judge answered 503')
  })
  await assert.rejects(run(reward, { unscoredLimit: 0.25 }), (error) => {
    assert.ok(error instanceof GuerdonError)
    assert.match(error.message, /^24 of 24 answers could not be scored, more than the limit of 25 %:\n/)
    const counts = [...error.message.matchAll(/^ {2}(\d+) at (\w+): (.+)$/gm)].map(([, count, at, said]) => ({
      count: Number(count),
      at,
      said,
    }))
    assert.deepEqual(counts.map(({ at, said }) => `${at}: ${said}`).toSorted(), [
      'deadline: down: no answer within 30 ms',
      'reward: down threw: the judge answered 503',
    ])
    assert.equal(
      counts.reduce((sum, { count }) => sum + count, 0),
      24,
    )
    assert.match(error.message, /mend the reward, or raise unscoredLimit/)
    return true
  })
  sameNumbers(policy.weights(), before)
})

test('held-out answers that cannot be scored stop the run as well, or are counted apart', async () => {
  const heldOut = (share: number) =>
    defineReward('partly', (each) =>
      each.prompt.id.startsWith('p') && Number(each.prompt.id.slice(1)) < 4 * share ? null : right(each),
    )
  const evaluation = { prompts: tinyPrompts(4) }
  await assert.rejects(run(heldOut(0.75), { evaluation }), /3 of 4 answers could not be scored/)
  const { history } = await run(heldOut(0.25), { evaluation, steps: 1 })
  assert.deepEqual(
    history.map(({ metrics }) => metrics.unscoredHeldOut),
    [0.25, undefined, 0.25],
  )
  const none = await run(heldOut(1), { evaluation, steps: 1, unscoredLimit: 1 })
  assert.ok(Number.isNaN(none.history[0].metrics.accuracy))
  assert.equal(none.accuracyAfter, undefined)
})

test('after a step the weights are, to the bit, those of the same batch without its unscored rollouts', async (t) => {
  const twin = tinyPolicy()
  t.after(() => twin.close())
  const reward = defineReward('partly', (each) =>
    each.completion.text.length % 3 === 1 || each.prompt.id === 'p3' ? null : right(each) ? 1 : 0.25,
  )
  const whole = await collect(tinyPrompts(4), {
    policy,
    reward,
    groupSize: 12,
    sampling: { maxTokens: 5, seed: 'batch' },
  })
  const rest = whole.map(withoutUnscored)
  const sizes = rest.map(({ scores }) => scores.length)
  assert.equal(sizes[3], 0)
  assert.ok(
    sizes.slice(0, 3).every((size) => size > 1 && size < 12),
    `sizes ${sizes}`,
  )

  const credits: Credit[] = [
    grpo(),
    rloo(),
    reinforce({ baseline: 'batch' }),
    bnpo(),
    tempo(),
    whiten(grpo({ normalise: 'none' })),
  ]
  for (const credit of credits) {
    const learned: Float32Array[] = []
    const metrics: Record<string, number>[] = []
    for (const [model, groups] of [
      [policy, whole],
      [twin, rest],
    ] as const) {
      await model.load(start)
      const before = model.weights().slice()
      const outputs = groups.map(({ rollouts }) => rollouts.map(() => ({})))
      metrics.push(
        await update(groups, credit.assign(groups, outputs), outputs, {
          policy: model,
          objective: clipped(),
          sources: { policy: model, companions: [] },
          adam: { learningRate: 1e-3, clipNorm: 1 },
          epochs: 2,
          minibatches: 1,
        }),
      )
      assert.ok(differ(model.weights(), before), credit.name)
      learned.push(model.weights())
    }
    sameNumbers(learned[0], learned[1], credit.name)
    assert.deepEqual(metrics[0], metrics[1], credit.name)
  }
})

function withoutUnscored(group: Group): Group {
  const kept = group.rollouts.map((_, i) => i).filter((i) => group.scores[i].kind === 'scored')
  return { ...group, rollouts: kept.map((i) => group.rollouts[i]), scores: kept.map((i) => group.scores[i]) }
}
