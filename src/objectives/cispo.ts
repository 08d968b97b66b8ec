/**
 * CISPO (MiniMax-M1, 2025, arXiv 2506.13585, eq. 4-5): the importance weight is cut, the gradient is not. With rho held
 * constant in the derivative,
 *
 *     L = -agg_t clip(rho_t, 1 - low, 1 + high) A_t log pi_t        dL/dlogp_t = -w clip(rho_t) A_t
 *
 * so every token learns, where PPO's clip silences those past its bounds.
 */
import { type Aggregate, tokenWeights } from './aggregate.ts'
import type { Objective } from './objective.ts'
import { count, noStatistics, ratioMetrics, ratioOf } from './ratio.ts'
import { readoutOf } from './readoutOf.ts'

export interface CispoOptions {
  /** The weight is at least 1 - low. Default 1: no lower bound, as in the paper. */
  readonly low?: number
  /** The weight is at most 1 + high. Default 4, a cap of 5 (what TRL calls `epsilon_high=5`). */
  readonly high?: number
  /** Default 'token-mean'. */
  readonly aggregate?: Aggregate
}

/** CISPO's loss and gradient. Metrics: `clipFraction` (share of weights cut), `ratio`, `behaviourKl`. */
export function cispo(options: CispoOptions = {}): Objective {
  const { low = 1, high = 4, aggregate = 'token-mean' } = options
  return {
    name: 'cispo',
    needs: ['logprobs'],
    evaluate(batch) {
      const weights = tokenWeights(
        batch.map(({ advantages }) => advantages.length),
        aggregate,
      )
      const statistics = noStatistics()
      let loss = 0
      const gradients = batch.map(({ advantages, rollout, readout }, i) => {
        const logprobs = readoutOf(readout, 'logprobs', 'cispo', advantages.length)
        const gradient = new Float32Array(advantages.length)
        for (let t = 0; t < gradient.length; t++) {
          const logRatio = logprobs[t] - rollout.logprobs[t]
          const ratio = ratioOf(logRatio)
          const bounded = Math.min(1 + high, Math.max(1 - low, ratio))
          const slope = -weights[i] * bounded * advantages[t]
          loss += slope * logprobs[t]
          gradient[t] = slope
          count(statistics, logRatio, ratio, bounded !== ratio)
        }
        return gradient
      })
      return { loss, gradients, metrics: ratioMetrics(statistics) }
    },
  }
}
