import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { grpo } from '../../src/credit/grpo.ts'
import type { Want } from '../../src/data/readout.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import type { Objective } from '../../src/objectives/objective.ts'
import type { FrozenPolicy } from '../../src/policy/policy.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { collect } from '../../src/train/collect.ts'
import { critic } from '../../src/train/critic.ts'
import { gatherReadouts } from '../../src/train/readouts.ts'
import { update } from '../../src/train/update.ts'
import { tinyPolicy, tinyPrompts } from './tiny.ts'

const policy = tinyPolicy(1)
const other = tinyPolicy(2, { valueHead: true })
after(() => Promise.all([policy.close(), other.close()]))

const groups = await collect(tinyPrompts(4), {
  policy,
  reward: defineReward('length', ({ completion }) => completion.text.length),
  groupSize: 3,
  sampling: { maxTokens: 5, seed: 1 },
})
const sequences = groups.flatMap(({ rollouts }) => rollouts.map(({ sequence }) => sequence))

/** The same source, keeping what it is asked for: the wants and the number of sequences. */
function counting<T extends FrozenPolicy>(source: T, asked: [Want[], number][]): T {
  return {
    ...source,
    forward(given, want, options) {
      asked.push([[...want], given.length])
      return source.forward(given, want, options)
    },
  }
}

test('each number comes from whoever gives it, and is asked for once', async () => {
  const [ofPolicy, ofReference, ofCritic]: [Want[], number][][] = [[], [], []]
  const frozen = other.freeze()
  const read = await gatherReadouts(
    {
      policy: counting(policy, ofPolicy),
      reference: counting(frozen, ofReference),
      companions: [critic(counting(other, ofCritic))],
    },
    sequences,
    ['logprobs', 'values', 'reference', 'entropy'],
  )
  assert.deepEqual(
    [ofPolicy, ofReference, ofCritic],
    [[[['logprobs', 'entropy'], 12]], [[['logprobs'], 12]], [[['values'], 12]]],
  )
  const own = await policy.forward(sequences, ['logprobs', 'entropy'])
  const theirs = await other.forward(sequences, ['logprobs', 'values'])
  assert.deepEqual(
    read,
    own.map((each, i) => ({ ...each, values: theirs[i].values, reference: theirs[i].logprobs })),
  )
})

test('nothing is asked for where nothing is wanted; a reference must be there', async () => {
  const asked: [Want[], number][] = []
  const sources = { policy: counting(policy, asked), companions: [] }
  assert.deepEqual(await gatherReadouts(sources, sequences.slice(0, 2), []), [{}, {}])
  assert.deepEqual(asked, [])
  await assert.rejects(gatherReadouts(sources, sequences, ['reference']), /'reference' is wanted, but there is no/)
})

test('over many updates the reference and a critic are read once, the policy before every update but the first', async () => {
  const [ofPolicy, ofReference, ofCritic]: [Want[], number][][] = [[], [], []]
  const inner = clipped({ kl: { coefficient: 0.1, estimator: 'k3' } })
  const objective: Objective = {
    ...inner,
    needs: [...inner.needs, 'values', 'entropy'],
    evaluate(batch) {
      for (const { rollout, readout } of batch)
        for (const each of [readout.logprobs, readout.reference, readout.values, readout.entropy])
          assert.equal(each?.length, rollout.logprobs.length)
      return inner.evaluate(batch)
    },
  }
  const outputs = groups.map(({ rollouts }) => rollouts.map(() => ({})))
  const metrics = await update(groups, grpo().assign(groups, outputs), outputs, {
    policy,
    objective,
    sources: {
      policy: counting(policy, ofPolicy),
      reference: counting(policy.freeze(), ofReference),
      companions: [critic(counting(other, ofCritic))],
    },
    adam: { learningRate: 1e-3 },
    epochs: 2,
    minibatches: 2,
  })
  assert.deepEqual(ofReference, [[['logprobs'], 12]])
  assert.deepEqual(ofCritic, [[['values'], 12]])
  assert.deepEqual(ofPolicy, [
    [['entropy'], 6],
    [['logprobs', 'entropy'], 6],
    [['logprobs', 'entropy'], 6],
    [['logprobs', 'entropy'], 6],
  ])
  // The reference is the policy as it was: the first update sees no distance from it, the later ones do.
  assert.ok(metrics.referenceKl > 0)
})
