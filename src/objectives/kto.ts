/**
 * KTO (Ethayarajh et al. 2024, arXiv 2402.01306, eq. 8): an answer's log-ratio r against a point of reference z, the
 * policy's drift from the reference, under a value function that flattens both ways:
 *
 *     up: λ_up (1 - σ(beta (r - z)))     down: λ_down (1 - σ(beta (z - r)))     z = max(0, mean log-ratio of mismatched answers)
 *
 * z carries no gradient; mismatched answers are those of other prompts, read after this one.
 */
import { type FeedbackObjective, judged, type Reduction, reduced } from './feedback.ts'
import { sequenceLogRatio, sigmoid, sigmoidSlope } from './pair.ts'

export interface KtoOptions {
  /** Default 0.1. */
  readonly beta?: number
  /** λ_up. Default 1. */
  readonly desirableWeight?: number
  /** λ_down. Default 1. */
  readonly undesirableWeight?: number
  /**
   * 'mismatched' is the paper's z, at the cost of a forward pass over as many answers again; 'batch' takes the batch's
   * own log-ratios; 'none' is z = 0, which makes it APO-zero on single answers. Default 'mismatched'.
   */
  readonly baseline?: 'mismatched' | 'batch' | 'none'
  /** Default 'sample-mean'. */
  readonly reduction?: Reduction
}

/** KTO's loss. Metric: `drift` (z, in nats). */
export function kto(options: KtoOptions = {}): FeedbackObjective {
  const { beta = 0.1, desirableWeight = 1, undesirableWeight = 1 } = options
  const { baseline = 'mismatched', reduction = 'sample-mean' } = options
  return {
    name: 'kto',
    needs: ['logprobs', 'reference'],
    over: 'answers',
    ...(baseline === 'mismatched' ? { mismatched: true } : {}),
    reward: (readout) => beta * sequenceLogRatio(readout, 'kto'),
    evaluate(batch) {
      const answers = judged(batch, beta, 'kto')
      const ratios =
        baseline === 'none'
          ? []
          : answers.map(({ item, reward }) =>
              baseline === 'batch' ? reward / beta : sequenceLogRatio(item.mismatched ?? {}, 'kto (mismatched)'),
            )
      const finite = ratios.filter(Number.isFinite)
      const z = Math.max(0, finite.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, finite.length))
      const losses = answers.map(({ item, reward }) => {
        const sign = item.desirable ? 1 : -1
        const logit = sign * (reward - beta * z)
        const weight = item.desirable ? desirableWeight : undesirableWeight
        return { loss: weight * sigmoid(-logit), slope: -sign * weight * sigmoidSlope(logit) }
      })
      const found = reduced(answers, losses, { beta, reduction })
      return { ...found, metrics: { ...found.metrics, drift: z } }
    },
  }
}
