/**
 * PRIME's companion (2025, arXiv 2502.01456): a second language model phi that learns, from the verifier's outcomes alone,
 * to classify answers by beta sum_t q_t with q_t = log pi_phi(y_t) - log pi_ref(y_t). Its q_t is then a reward for each token.
 * Started from the policy's own start, q is 0 and PRIME is RLOO.
 */

import { isWithin } from '../credit/withinSuccess.ts'
import { outcomeOf } from '../data/rightness.ts'
import type { Group, Sequence } from '../data/rollout.ts'
import { type OutcomeLossOptions, outcomeLoss } from '../objectives/outcomeLoss.ts'
import type { Adam, FrozenPolicy, Policy } from '../policy/policy.ts'
import type { Companion } from './companion.ts'

export interface ImplicitRewardOptions {
  /** Scale of the logit. Default 0.05 (answers of thousands of tokens); short answers want 0.2 to 0.5. */
  readonly beta?: number
  /** Default 'crossEntropy'. */
  readonly loss?: OutcomeLossOptions['loss']
  /** 'after': the credit reads q from before this step's update. 'before': from after it, a second forward. 'never': a frozen model. Default 'after'. */
  readonly update?: 'after' | 'before' | 'never'
  /** What q is relative to. Default: the model as it is given; the policy itself is the other choice of the paper. */
  readonly reference?: FrozenPolicy
  /** Default: learning rate 2e-3 (nano models; the paper's is twice the policy's), clip norm 10. */
  readonly adam?: Adam
  /** The score part that is the outcome, from 0 to 1. Default: the value. */
  readonly part?: string
  /** Only groups whose share of right answers lies within teach: a group of one class has no contrast. Default [0, 1], all. */
  readonly within?: readonly [low: number, high: number]
}

/** Makes a language model the source of `processRewards`. Log-ratios are cut to +-20, so that none is infinite. */
export function implicitReward(model: Policy, options: ImplicitRewardOptions = {}): Companion {
  const { beta = 0.05, update = 'after', part, within = [0, 1] } = options
  const { adam = { learningRate: 2e-3, clipNorm: 10 }, reference = model.freeze() } = options
  const objective = outcomeLoss({ pool: 'sum', scale: beta, loss: options.loss })
  const ratios = async (sequences: readonly Sequence[]) => {
    const [own, other] = await Promise.all([
      model.forward(sequences, ['logprobs']),
      reference.forward(sequences, ['logprobs']),
    ])
    return own.map(({ logprobs }, i) => logRatios(logprobs, other[i].logprobs))
  }
  const learn = async (groups: readonly Group[]): Promise<Record<string, number>> => {
    const lessons = groups.flatMap((group, g) => {
      if (!isWithin(group, { low: within[0], high: within[1], part })) return []
      return group.rollouts.flatMap(({ sequence }, i) => {
        const score = group.scores[i]
        if (score.kind === 'unscored') return []
        const outcome = outcomeOf(score, part, `prompt '${group.prompt.id}', rollout ${i}`)
        return outcome === undefined ? [] : [{ sequence, outcome, group: g }]
      })
    })
    if (lessons.length === 0) return {}
    const sequences = lessons.map(({ sequence }) => sequence)
    const logits = await ratios(sequences)
    const { loss, gradients, metrics } = objective.evaluate(
      lessons.map(({ outcome, group }, i) => ({ logits: logits[i], outcome, group })),
    )
    await model.backward(
      sequences,
      gradients.map((logprobs) => ({ logprobs })),
    )
    const { gradientNorm } = await model.step(adam)
    return { loss, gradientNorm, ...metrics }
  }
  return {
    name: 'implicitReward',
    gives: ['processRewards'],
    forward: async (sequences) => (await ratios(sequences)).map((processRewards) => ({ processRewards })),
    ...(update === 'before' ? { prepare: learn } : {}),
    learn: async ({ groups }) => (update === 'after' ? learn(groups) : {}),
    save: (folder) => model.save(folder),
    load: (folder) => model.load(folder),
  }
}

const MOST = 20

/** log p - log p_ref of each token, cut to +-20; 0 where both are -Infinity. */
function logRatios(own: Float32Array | undefined, other: Float32Array | undefined): Float32Array {
  return Float32Array.from(own ?? [], (logprob, t) => {
    const ratio = logprob - (other?.[t] ?? logprob)
    return Number.isNaN(ratio) ? 0 : Math.min(MOST, Math.max(-MOST, ratio))
  })
}
