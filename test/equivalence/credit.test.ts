import {
  bnpo,
  type Credit,
  gae,
  grpo,
  matchNorm,
  reinforce,
  rloo,
  tempo,
  topEntropy,
  withKl,
} from '../../src/credit/index.ts'
import type { Readout } from '../../src/data/readout.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored } from '../../src/data/score.ts'
import { flat, group, noOutputs, randomBatch } from '../credit/groups.ts'
import { equivalences, type Numbers } from './equivalence.ts'

interface Batch {
  readonly groups: Group[]
  readonly outputs: Readout[][]
}

/** A credit on the random batch of a seed, changed where the claim needs it. */
const on =
  (credit: Credit, change: (batch: Batch) => Batch = (batch) => batch) =>
  (seed: number): Float32Array[][] => {
    const { groups, outputs } = change(randomBatch(seed))
    return credit.assign(groups, outputs)
  }

/** Each advantage mapped, with its group, rollout and token. */
const mapped =
  (
    assign: (seed: number) => Float32Array[][],
    of: (advantage: number, at: { seed: number; g: number; i: number; t: number }) => number,
  ) =>
  (seed: number): Numbers =>
    assign(seed).map((rows, g) =>
      rows.map((row, i) => Array.from(row, (advantage, t) => of(advantage, { seed, g, i, t }))),
    )

const isScored = (seed: number, g: number, i: number) => randomBatch(seed).groups[g].scores[i].kind === 'scored'

const withoutCritic = ({ groups, outputs }: Batch): Batch => ({
  groups,
  outputs: outputs.map((row) => row.map((one) => ({ ...one, values: new Float32Array(one.values?.length ?? 0) }))),
})

/** Dense rewards for every scored rollout, taken from numbers the batch has anyway. */
const dense = ({ groups, outputs }: Batch): Batch => ({
  groups: groups.map((one, g) => ({
    ...one,
    scores: one.scores.map((score, i) => {
      const { entropy } = outputs[g][i]
      return score.kind === 'scored' && entropy !== undefined ? scored(score.value, { tokens: entropy }) : score
    }),
  })),
  outputs,
})

const unique = ({ groups, outputs }: Batch): Batch => ({
  groups: groups.map((one) => ({
    ...one,
    rollouts: one.rollouts.map((rollout, i) => ({
      ...rollout,
      sequence: { ...rollout.sequence, tokens: rollout.sequence.tokens.with(rollout.sequence.promptLength, 50 + i) },
    })),
  })),
  outputs,
})

const firstGroup = ({ groups, outputs }: Batch): Batch => ({ groups: groups.slice(0, 1), outputs: outputs.slice(0, 1) })

/** Success rates 1/4, 1/2 and 3/4, to which BNPO fits alpha = beta = 3/2. */
const threePrompts = [
  [1, 1, 0, 0],
  [1, 0, 0, 0],
  [1, 1, 1, 0],
].map((scores) => flat(scores))

equivalences([
  { claim: 'TEMPO of weight 0 is GRPO', left: on(tempo({ weight: 0 })), right: on(grpo()) },
  {
    claim: 'TEMPO of weight 0 without the deviation is Dr. GRPO',
    left: on(tempo({ weight: 0, normalise: 'none' })),
    right: on(grpo({ normalise: 'none' })),
  },
  {
    claim: 'TEMPO of answers that share nothing is GRPO with the first token counted twice',
    left: on(tempo(), unique),
    right: mapped(on(grpo(), unique), (advantage, { t }) => (t === 0 ? 2 : 1) * advantage),
    tolerance: 1e-6,
  },
  {
    claim: 'GAE with lambda 1, gamma 1 and values 0 is REINFORCE without baseline',
    left: on(gae({ lambda: 1, gamma: 1 }), withoutCritic),
    right: on(reinforce(), withoutCritic),
  },
  {
    claim: 'the same with dense rewards',
    left: on(gae({ lambda: 1, gamma: 1 }), (batch) => withoutCritic(dense(batch))),
    right: on(reinforce(), dense),
  },
  {
    claim: 'GAE with lambda 1 and gamma 1 is REINFORCE with the value as its baseline',
    left: on(gae({ lambda: 1, gamma: 1 }), dense),
    right: mapped(on(reinforce(), dense), (reward, { seed, g, i, t }) =>
      isScored(seed, g, i) ? reward - (randomBatch(seed).outputs[g][i].values?.[t] ?? Number.NaN) : 0,
    ),
    tolerance: 1e-5,
  },
  {
    claim: 'BNPO of one prompt (alpha = beta = 1) is REINFORCE with the group mean',
    left: on(bnpo(), firstGroup),
    right: on(reinforce({ baseline: 'group' }), firstGroup),
    tolerance: 1e-6,
  },
  {
    claim: 'BNPO with alpha = beta = 3/2 is GRPO with the population deviation, times pi/8',
    left: () => bnpo().assign(threePrompts, noOutputs(threePrompts)),
    // From the sample deviation of four to the population's.
    right: () =>
      grpo({ epsilon: 0 })
        .assign(threePrompts, noOutputs(threePrompts))
        .map((rows) => rows.map((row) => row.map((advantage) => (Math.PI / 8) * Math.sqrt(4 / 3) * advantage))),
    tolerance: 1e-6,
    seeds: 1,
  },
  {
    claim: 'RLOO is G/(G-1) times REINFORCE with the group mean',
    left: on(rloo()),
    right: mapped(on(reinforce({ baseline: 'group' })), (advantage, { seed, g }) => {
      const count = randomBatch(seed).groups[g].scores.filter(({ kind }) => kind === 'scored').length
      return count < 2 ? 0 : (advantage * count) / (count - 1)
    }),
    tolerance: 1e-6,
  },
  {
    claim: 'Dr. GRPO is REINFORCE with the group mean',
    left: on(grpo({ normalise: 'none' })),
    right: on(reinforce({ baseline: 'group' })),
    tolerance: 1e-6,
  },
  {
    claim: 'one group is a batch: both baselines of REINFORCE agree on it',
    left: on(reinforce({ baseline: 'batch' }), firstGroup),
    right: on(reinforce({ baseline: 'group' }), firstGroup),
  },
  { claim: 'a credit matched to its own norm is itself', left: on(matchNorm(tempo(), tempo())), right: on(tempo()) },
  { claim: 'the top 100% by entropy is everything', left: on(topEntropy(gae(), { rho: 1 })), right: on(gae()) },
  { claim: 'KL of weight 0 in the reward is none', left: on(withKl(gae(), { beta: 0 })), right: on(gae()) },
  {
    claim: 'KL in the reward of a one-token answer is the same for dense and for sequence-level credits',
    left: () => oneToken(withKl(reinforce({ baseline: 'group' }), { beta: 0.3 })),
    right: () => oneToken(withKl(grpo({ normalise: 'none' }), { beta: 0.3 })),
    tolerance: 1e-6,
    seeds: 1,
  },
])

function oneToken(credit: Credit): Numbers {
  const groups = [group([[1], [2], [3]], [1, 0, 0.5])]
  return credit.assign(groups, [[-2, -0.5, -1.25].map((reference) => ({ reference: Float32Array.of(reference) }))])
}
