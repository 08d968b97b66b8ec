/** PRIME's companion: what it gives, what it learns, and the loop that uses it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prime, rloo, whiten } from '../../src/credit/index.ts'
import type { Group } from '../../src/data/rollout.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { collect } from '../../src/train/collect.ts'
import { type ImplicitRewardOptions, implicitReward } from '../../src/train/implicitReward.ts'
import { policyGradient } from '../../src/train/policyGradient.ts'
import { tinyPolicy, tinyPrompts, tinyTask } from './tiny.ts'

async function someGroups(): Promise<Group[]> {
  const policy = tinyPolicy(5)
  const groups = await collect(tinyPrompts(4), {
    policy,
    reward: tinyTask().reward,
    groupSize: 6,
    sampling: { maxTokens: 4, seed: 1 },
  })
  await policy.close()
  return groups
}

const sequencesOf = (groups: readonly Group[]) =>
  groups.flatMap(({ rollouts }) => rollouts.map(({ sequence }) => sequence))

test('q is the difference of two models’ log-probs: 0 at first, and what learning makes of it', async () => {
  const [groups, model] = [await someGroups(), tinyPolicy(2)]
  const companion = implicitReward(model, { beta: 1 })
  const before = await model.forward(sequencesOf(groups), ['logprobs'])
  const start = await companion.forward(sequencesOf(groups), ['processRewards'])
  assert.ok(start.every(({ processRewards }) => processRewards?.every((q) => q === 0)))
  const first = await companion.learn({ groups, outputs: [], advantages: [] })
  assert.ok(Math.abs(first.loss - Math.LN2) < 1e-6)
  assert.equal(first.pairAccuracy, 0.5)
  let last = first
  for (let n = 0; n < 25; n++) last = await companion.learn({ groups, outputs: [], advantages: [] })
  assert.ok(last.loss < 0.3, `the loss is still ${last.loss}`)
  assert.ok(last.pairAccuracy > 0.95)
  const [after, q] = [
    await model.forward(sequencesOf(groups), ['logprobs']),
    await companion.forward(sequencesOf(groups), ['processRewards']),
  ]
  q.forEach(({ processRewards }, i) => {
    processRewards?.forEach((value, t) => {
      const ratio = (after[i].logprobs?.[t] ?? Number.NaN) - (before[i].logprobs?.[t] ?? Number.NaN)
      assert.ok(Math.abs(value - ratio) < 1e-5)
    })
  })
  await model.close()
})

test('a frozen one learns nothing, one that goes first learns in `prepare`', async () => {
  const [groups, model] = [await someGroups(), tinyPolicy(2)]
  const weights = model.weights().slice()
  const of = (update: ImplicitRewardOptions['update']) => implicitReward(model, { update })
  assert.equal(of('never').prepare, undefined)
  assert.deepEqual(await of('never').learn({ groups, outputs: [], advantages: [] }), {})
  assert.deepEqual(await of('before').learn({ groups, outputs: [], advantages: [] }), {})
  assert.deepEqual(model.weights(), weights)
  assert.ok(Math.abs(((await of('before').prepare?.(groups))?.loss ?? 0) - Math.LN2) < 1e-6)
  assert.notDeepEqual(model.weights(), weights)
  await model.close()
})

test('groups of one class can be left out; outcomes beyond 0 to 1 are refused', async () => {
  const [groups, model] = [await someGroups(), tinyPolicy(2)]
  const [{ prompt, rollouts }] = groups
  const same = { prompt, rollouts, scores: rollouts.map(() => ({ kind: 'scored', value: 1 }) as const) }
  const companion = implicitReward(model, { within: [0.2, 0.8] })
  assert.deepEqual(await companion.learn({ groups: [same], outputs: [], advantages: [] }), {})
  const high = { prompt, rollouts, scores: rollouts.map(() => ({ kind: 'scored', value: 3 }) as const) }
  await assert.rejects(
    implicitReward(model).learn({ groups: [high], outputs: [], advantages: [] }),
    /an outcome is a number from 0 to 1, this one is 3/,
  )
  await model.close()
})

async function trained(more: Pick<Parameters<typeof policyGradient>[0], 'credit' | 'companions'>) {
  const policy = tinyPolicy(1)
  const { history } = await policyGradient({
    policy,
    task: tinyTask(),
    objective: clipped(),
    prompts: 3,
    groupSize: 4,
    steps: 2,
    maxTokens: 4,
    seed: 1,
    folder: false,
    ...more,
  })
  await policy.close()
  return { weights: policy.weights(), history }
}

test('in the loop: the first step is RLOO’s, the second is not; the companion’s numbers are in the history', async () => {
  const model = tinyPolicy(1)
  const own = await trained({ credit: prime(), companions: [implicitReward(model)] })
  const plain = await trained({ credit: rloo() })
  const of = ({ history }: typeof own, name: string) => history.map(({ metrics }) => metrics[name])
  assert.equal(of(own, 'gradientNorm')[0], of(plain, 'gradientNorm')[0])
  assert.ok(of(own, 'implicitReward/loss').every(Number.isFinite))
  assert.ok(of(own, 'prime/largestReturn')[1] > 0)
  await model.close()
})

test('learning before the credit reads makes even the first step PRIME’s', async () => {
  const model = tinyPolicy(1)
  const { history } = await trained({
    credit: whiten(prime()),
    companions: [implicitReward(model, { update: 'before' })],
  })
  assert.ok(history[0].metrics['prime/largestReturn'] > 0)
  await model.close()
})

test('without a companion that gives them, process rewards are missed by name', async () => {
  await assert.rejects(trained({ credit: prime() }), /no companion gives them/)
})

test('an impossible token costs no infinity', async () => {
  const [groups, model] = [await someGroups(), tinyPolicy(2)]
  const impossible = {
    forward: async (sequences: ReturnType<typeof sequencesOf>) =>
      sequences.map(({ tokens, promptLength }) => ({
        logprobs: new Float32Array(tokens.length - promptLength).fill(-Infinity),
      })),
  }
  const companion = implicitReward(model, { reference: impossible })
  const [{ processRewards }] = await companion.forward(sequencesOf(groups), ['processRewards'])
  assert.ok(processRewards?.every((q) => q === 20))
  const { loss } = await companion.learn({ groups, outputs: [], advantages: [] })
  assert.ok(Number.isFinite(loss))
  await model.close()
})
