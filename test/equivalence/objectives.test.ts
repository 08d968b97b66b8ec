import { reinforce, withKl } from '../../src/credit/index.ts'
import { random } from '../../src/data/random.ts'
import type { Group } from '../../src/data/rollout.ts'
import {
  cispo,
  clipped,
  dpo,
  type Objective,
  type ObjectiveItem,
  supervised,
  valueLoss,
} from '../../src/objectives/index.ts'
import { flat } from '../credit/groups.ts'
import { gridRows, items } from '../objectives/items.ts'
import { equivalences, type Numbers } from './equivalence.ts'

/** A random minibatch; `lengths` and `onPolicy` as the claim needs them. */
function batch(seed: number, options: { length?: number; onPolicy?: boolean } = {}): ObjectiveItem[] {
  const source = random(seed)
  const lengths = Array.from({ length: 4 }, () => options.length ?? source.int(1, 5))
  const draw = (mean: number) => gridRows(source, lengths, mean, 0.6)
  const [logprobs, sampled, advantages, reference] = [draw(-1.5), draw(-1.5), draw(0), draw(-1.5)]
  return items(logprobs, options.onPolicy ? logprobs : sampled, advantages, reference)
}

const gradients =
  (objective: Objective, of: (seed: number) => ObjectiveItem[]) =>
  (seed: number): Numbers =>
    objective.evaluate(of(seed)).gradients

const both =
  (objective: Objective, of: (seed: number) => ObjectiveItem[]) =>
  (seed: number): Numbers => {
    const { loss, gradients } = objective.evaluate(of(seed))
    return [loss, gradients]
  }

const oneToken = (seed: number) => batch(seed, { length: 1 })
const evenLengths = (seed: number) => batch(seed, { length: 4 })
const oneAdvantage = (seed: number) =>
  batch(seed).map((item) => ({ ...item, advantages: item.advantages.map(() => item.advantages[0]) }))
const onPolicy = (seed: number) => batch(seed, { onPolicy: true })
const unbounded = { low: Infinity, high: Infinity }

/** -(1/N) rho A: the gradient of the plain importance-weighted objective. */
const importanceWeighted = (seed: number): Numbers => {
  const drawn = batch(seed)
  const tokens = drawn.reduce((sum, { advantages }) => sum + advantages.length, 0)
  return drawn.map(({ advantages, rollout, readout }) =>
    Array.from(advantages, (advantage, t) => {
      const logprob = readout.logprobs?.[t] ?? Number.NaN
      return (-Math.exp(logprob - rollout.logprobs[t]) * advantage) / tokens
    }),
  )
}

const beta = 0.7

/** One-token answers just sampled, credited by REINFORCE; the KL is in the reward or, below, in the loss. */
function credited(seed: number, klInReward: boolean): ObjectiveItem[] {
  const drawn = batch(seed, { length: 1, onPolicy: true })
  const one = flat(drawn.map(({ advantages }) => advantages[0]))
  const groups: Group[] = [{ ...one, rollouts: drawn.map(({ rollout }) => rollout) }]
  const credit = klInReward ? withKl(reinforce(), { beta, estimator: 'k1' }) : reinforce()
  const [advantages] = credit.assign(groups, [drawn.map(({ readout }) => readout)])
  return drawn.map((item, i) => ({ ...item, advantages: advantages[i] }))
}

equivalences([
  {
    claim: 'GSPO on one-token answers is token-level clipping',
    left: both(clipped({ level: 'sequence' }), oneToken),
    right: both(clipped({ level: 'token' }), oneToken),
  },
  {
    claim: 'GSPO-token with one advantage an answer is GSPO',
    left: both(clipped({ level: 'sequence-token' }), oneAdvantage),
    right: both(clipped({ level: 'sequence' }), oneAdvantage),
    tolerance: 1e-6,
  },
  {
    claim: 'GSPO-token of one-token answers is token-level clipping',
    left: both(clipped({ level: 'sequence-token' }), oneToken),
    right: both(clipped({ level: 'token' }), oneToken),
  },
  {
    claim: 'clipping with infinite bounds has the plain importance-weighted gradient',
    left: gradients(clipped(unbounded), batch),
    right: importanceWeighted,
    tolerance: 1e-6,
  },
  {
    claim: 'CISPO with infinite bounds has the plain importance-weighted gradient',
    left: gradients(cispo(unbounded), batch),
    right: importanceWeighted,
    tolerance: 1e-6,
  },
  {
    claim: 'a dual clip without limit is none',
    left: both(clipped({ dualClip: Infinity }), batch),
    right: both(clipped(), batch),
  },
  {
    claim: 'on-policy, clipping has the gradient of a cross-entropy weighted by the advantages',
    left: gradients(clipped({ aggregate: 'token-mean' }), onPolicy),
    // supervised() divides by sum |w| instead of the number of tokens.
    right: (seed) => {
      const drawn = onPolicy(seed)
      const weights = drawn.flatMap(({ advantages }) => Array.from(advantages))
      const scale = weights.reduce((sum, weight) => sum + Math.abs(weight), 0) / weights.length
      return supervised()
        .evaluate(drawn.map(({ readout, advantages }) => ({ readout, weights: advantages })))
        .gradients.map((row) => row.map((slope) => slope * scale))
    },
    tolerance: 1e-6,
  },
  {
    claim: 'on-policy, CISPO and clipping have the same gradient',
    left: gradients(cispo(), onPolicy),
    right: gradients(clipped(), onPolicy),
  },
  {
    claim: 'with answers of one length the token mean is the sequence mean',
    left: both(clipped({ aggregate: 'token-mean' }), evenLengths),
    right: both(clipped({ aggregate: 'sequence-mean' }), evenLengths),
  },
  {
    claim: 'with answers of the fixed length the fixed-length mean is the sequence mean',
    left: both(clipped({ aggregate: { fixedLength: 4 } }), evenLengths),
    right: both(clipped({ aggregate: 'sequence-mean' }), evenLengths),
  },
  {
    claim: 'KL of weight 0 in the loss is none',
    left: both(clipped({ kl: { coefficient: 0, estimator: 'k3' } }), batch),
    right: both(clipped(), batch),
  },
  {
    claim: 'on-policy, k2 in the loss has the gradient of k1 in the reward (one-token answers)',
    left: gradients(clipped({ kl: { coefficient: beta, estimator: 'k2' } }), (seed) => credited(seed, false)),
    right: gradients(clipped(), (seed) => credited(seed, true)),
    tolerance: 1e-6,
  },
  {
    claim: 'DPO with a share of wrong labels is DPO on the turned pair with the rest',
    left: (seed) => dpo({ labelSmoothing: 0.2 }).evaluate(pairs(seed, false)).loss,
    right: (seed) => dpo({ labelSmoothing: 0.8 }).evaluate(pairs(seed, true)).loss,
    tolerance: 1e-12,
  },
  {
    claim: 'a value clip without limit is none',
    left: (seed) => valueLoss({ clip: Infinity }).evaluate(values(seed)).gradients,
    right: (seed) => valueLoss().evaluate(values(seed)).gradients,
  },
])

function pairs(seed: number, turned: boolean) {
  const [a, b, c, d] = batch(seed).map(({ readout }) => readout)
  return [
    [a, b],
    [c, d],
  ].map(([chosen, rejected]) => (turned ? { chosen: rejected, rejected: chosen } : { chosen, rejected }))
}

function values(seed: number) {
  return batch(seed).map(({ advantages, rollout, readout }) => ({
    values: advantages,
    returns: rollout.logprobs,
    sampled: readout.reference ?? new Float32Array(0),
  }))
}
