import {
  bnpo,
  type Credit,
  gae,
  grpo,
  matchNorm,
  oreal,
  prime,
  pure,
  reinforce,
  rloo,
  tempo,
  thr,
  topEntropy,
  withinSuccess,
  withKl,
} from '../../src/credit/index.ts'
import type { Readout } from '../../src/data/readout.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored } from '../../src/data/score.ts'
import { clipDelta, grpoLambda, type Shaping } from '../../src/shaping/index.ts'
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

const advantages = ['rloo', 'grpo', 'reinforce', 'gae'] as const

const untrained = ({ groups, outputs }: Batch): Batch => ({
  groups,
  outputs: outputs.map((row) =>
    row.map((one) => ({ ...one, processRewards: new Float32Array(one.processRewards?.length ?? 0) })),
  ),
})

/** Every answer of five tokens. */
const oneLength = ({ groups, outputs }: Batch): Batch => ({
  groups: groups.map(({ rollouts, scores }) =>
    group(
      rollouts.map((_, i) => [i, 1, 2, 3, 4]),
      [...scores],
    ),
  ),
  outputs,
})

/** Every answer with as many steps as it has tokens for, at most `most`, the last on the last token; rewards from its entropy. */
const stepped =
  (most: number) =>
  ({ groups, outputs }: Batch): Batch => ({
    groups: groups.map((one, g) => ({
      ...one,
      rollouts: one.rollouts.map((rollout) => {
        const count = Math.min(most, rollout.logprobs.length)
        return {
          ...rollout,
          stepEnds: Int32Array.from({ length: count }, (_, j) => rollout.logprobs.length - count + j),
        }
      }),
      scores: one.scores.map((score, i) =>
        score.kind === 'scored' ? scored(score.value, { steps: outputs[g][i].entropy?.slice(-most) }) : score,
      ),
    })),
    outputs,
  })

const shapedBy =
  (shaping: Shaping) =>
  (batch: Batch, most = 3): Batch => {
    const { groups, outputs } = stepped(most)(batch)
    return { groups: [...shaping.shape(groups)], outputs }
  }

const withoutSteps = ({ groups, outputs }: Batch): Batch => ({
  groups: groups.map((one) => ({
    ...one,
    scores: one.scores.map((score) => (score.kind === 'scored' ? scored(score.value) : score)),
  })),
  outputs,
})

const balanced = [flat([1, 0, 0, 1]), flat([0, 1])]

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
  {
    claim: 'THR that keeps every token and steers none is GRPO',
    left: on(thr(grpo(), { tau: 0, p: 0 })),
    right: on(grpo()),
  },
  {
    claim: 'THR that keeps the largest 100% is THR without a threshold',
    left: on(thr(grpo(), { tau: { keep: 1 }, p: 0.3 })),
    right: on(thr(grpo(), { tau: 0, p: 0.3 })),
  },
  {
    claim: 'PRIME without process rewards is RLOO, GRPO, REINFORCE or GAE',
    left: (seed) => advantages.map((advantage) => on(prime({ advantage, weight: 0 }))(seed)),
    right: (seed) => [rloo(), grpo(), reinforce(), gae()].map((credit) => on(credit)(seed)),
  },
  {
    claim: 'PRIME at its start, where the companion is its own reference, is RLOO',
    left: on(prime(), untrained),
    right: on(rloo(), untrained),
  },
  {
    claim: "PRIME's two baselines agree on the first token",
    left: mapped(on(prime({ baseline: 'code' })), (advantage, { t }) => (t === 0 ? advantage : 0)),
    right: mapped(on(prime({ baseline: 'paper' })), (advantage, { t }) => (t === 0 ? advantage : 0)),
    tolerance: 1e-5,
  },
  {
    claim: 'PURE of answers of one length without steps is RLOO',
    left: on(pure(), oneLength),
    right: on(rloo(), oneLength),
    tolerance: 1e-5,
  },
  {
    claim: 'PURE of one step an answer is the sum',
    left: on(pure({ steps: 'reward' }), stepped(1)),
    right: on(pure({ steps: 'reward', form: 'sum' }), stepped(1)),
  },
  {
    claim: 'PURE without temperature is strict, and with a high one the mean',
    left: (seed) => [
      on(pure({ steps: 'reward', temperature: 1e-6 }), stepped(3))(seed),
      on(pure({ steps: 'reward', temperature: 1e9 }), stepped(3))(seed),
    ],
    right: (seed) => [
      on(pure({ steps: 'reward', form: 'strict' }), stepped(3))(seed),
      on(pure({ steps: 'reward', form: 'mean' }), stepped(3))(seed),
    ],
    tolerance: 1e-5,
  },
  {
    claim: 'OREAL without a reward model, on as many right as wrong answers of one token, is four times RLOO',
    left: () => oreal({ weights: 'none', negative: 1 }).assign(balanced, noOutputs(balanced)),
    right: () =>
      rloo()
        .assign(balanced, [])
        .map((rows) => rows.map((row) => row.map((advantage) => 4 * advantage))),
    tolerance: 1e-6,
    seeds: 1,
  },
  {
    claim: 'GRPO-lambda with lambda 0 is GRPO',
    left: on(grpo(), ({ groups, outputs }) => ({ groups: [...grpoLambda({ lambda: 0 }).shape(groups)], outputs })),
    right: on(grpo()),
  },
  {
    claim: 'Clip with a bound that nothing is below is the outcome alone',
    left: on(reinforce(), shapedBy(clipDelta({ eta: Number.NEGATIVE_INFINITY, delta: false }))),
    right: on(reinforce(), (batch) => withoutSteps(stepped(3)(batch))),
  },
  {
    claim: 'neither Clip nor Delta is the plain sum of step rewards',
    left: on(reinforce({ baseline: 'group' }), shapedBy(clipDelta({ eta: false, delta: false }))),
    right: on(reinforce({ baseline: 'group' }), stepped(3)),
  },
  {
    claim: 'Delta pays one step nothing',
    left: on(reinforce(), (batch) => shapedBy(clipDelta({ eta: false }))(batch, 1)),
    right: on(reinforce(), (batch) => withoutSteps(stepped(1)(batch))),
  },
  {
    claim: 'a credit within success rates of 0 to 1 is itself',
    left: on(withinSuccess(tempo(), { low: 0, high: 1 })),
    right: on(tempo()),
  },
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
