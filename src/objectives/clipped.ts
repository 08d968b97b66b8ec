/**
 * The clipped surrogate of PPO (Schulman et al. 2017, eq. 7), with rho = pi / pi_sampler and advantage A:
 *
 *     L = -agg_t min(rho A, clip(rho, 1 - low, 1 + high) A)  [+ coefficient agg_t KL_t]
 *
 * high > low is DAPO's clip-higher (arXiv 2503.14476). Level 'sequence' is GSPO (arXiv 2507.18071): every token of an answer
 * has the ratio s = exp(mean_t log rho_t). Level 'sequence-token' is GSPO-token (its eq. 13), s times
 * pi_t / (pi_t held), for advantages that differ within an answer. Dual clip c (arXiv 1912.09729) bounds the loss of a negative advantage by c |A|.
 */
import type { Want } from '../data/readout.ts'
import { type KlEstimator, klEstimate, klSlope } from '../policy/kl.ts'
import { type Aggregate, tokenWeights } from './aggregate.ts'
import type { Objective, ObjectiveItem } from './objective.ts'
import { count, noStatistics, ratioMetrics, ratioOf, ratioSlope } from './ratio.ts'
import { readoutOf } from './readoutOf.ts'

export interface ClippedOptions {
  /** The ratio counts down to 1 - low. Default 0.2; Infinity: no bound. */
  readonly low?: number
  /** The ratio counts up to 1 + high. Default 0.2; Infinity: no bound. */
  readonly high?: number
  /** Default 'token-mean'. */
  readonly aggregate?: Aggregate
  /** Whose ratio: each token's own, or its whole answer's, with one or with a token's own advantage. Default 'token'. */
  readonly level?: 'token' | 'sequence' | 'sequence-token'
  /** Bound c > 1 of the ratio where the advantage is negative. Default: none. */
  readonly dualClip?: number
  /** KL to the reference policy as a term of the loss. Default: none. Needs `reference`. */
  readonly kl?: { readonly coefficient: number; readonly estimator: KlEstimator }
}

/**
 * PPO's clipped loss and its exact gradient. Metrics: `clipFraction` (share of tokens whose gradient the bounds removed),
 * `ratio` and `behaviourKl` (KL of the sampling policy to this one, k3) as means per token, `referenceKl` with `kl`.
 *
 * At level 'sequence' the gradient is that of the loss as written: an answer's advantages act through their mean, as in
 * GSPO, where an answer has just one; at 'sequence-token' each acts on its own token.
 */
export function clipped(options: ClippedOptions = {}): Objective {
  const { low = 0.2, high = 0.2, aggregate = 'token-mean', level = 'token', dualClip, kl } = options
  const needs: Want[] = kl === undefined ? ['logprobs'] : ['logprobs', 'reference']

  /** min(rho A, clip(rho) A), and not below c A for A < 0. */
  const surrogate = (ratio: number, advantage: number) => {
    const bounded = Math.min(1 + high, Math.max(1 - low, ratio))
    const least = Math.min(ratio * advantage, bounded * advantage)
    return dualClip !== undefined && advantage < 0 ? Math.max(least, dualClip * advantage) : least
  }

  return {
    name: level === 'token' ? 'clipped' : `clipped-${level}`,
    needs,
    evaluate(batch) {
      const weights = tokenWeights(
        batch.map(({ advantages }) => advantages.length),
        aggregate,
      )
      const statistics = noStatistics()
      let loss = 0
      let referenceKl = 0

      const byToken = ({ advantages, rollout }: ObjectiveItem, logprobs: Float32Array, weight: number) => {
        const gradient = new Float32Array(advantages.length)
        for (let t = 0; t < advantages.length; t++) {
          const logRatio = logprobs[t] - rollout.logprobs[t]
          const ratio = ratioOf(logRatio)
          const value = surrogate(ratio, advantages[t])
          const free = value === ratio * advantages[t]
          loss -= weight * value
          if (free) gradient[t] = -weight * advantages[t] * ratioSlope(logRatio, ratio)
          count(statistics, logRatio, ratio, !free)
        }
        return gradient
      }

      const bySequence = ({ advantages, rollout }: ObjectiveItem, logprobs: Float32Array, weight: number) => {
        const { length } = advantages
        let sum = 0
        for (let t = 0; t < length; t++) sum += logprobs[t] - rollout.logprobs[t]
        const logRatio = sum / Math.max(1, length)
        const ratio = ratioOf(logRatio)
        const gradient = new Float32Array(length)
        let slope = 0
        for (let t = 0; t < length; t++) {
          const value = surrogate(ratio, advantages[t])
          const free = value === ratio * advantages[t]
          loss -= weight * value
          if (free) gradient[t] = -weight * advantages[t] * ratioSlope(logRatio, ratio)
          if (free) slope -= weight * advantages[t]
          count(statistics, logRatio, ratio, !free)
        }
        if (level === 'sequence-token') return gradient
        return gradient.fill((slope * ratioSlope(logRatio, ratio)) / Math.max(1, length))
      }

      const gradients = batch.map((item, i) => {
        const { length } = item.advantages
        const logprobs = readoutOf(item.readout, 'logprobs', 'clipped', length)
        const gradient = (level === 'token' ? byToken : bySequence)(item, logprobs, weights[i])
        if (kl === undefined) return gradient
        const reference = readoutOf(item.readout, 'reference', 'clipped', length)
        const weight = weights[i] * kl.coefficient
        for (let t = 0; t < length; t++) {
          const estimate = klEstimate(kl.estimator, logprobs[t], reference[t])
          referenceKl += estimate
          loss += weight * estimate
          gradient[t] += weight * klSlope(kl.estimator, logprobs[t], reference[t])
        }
        return gradient
      })
      const metrics = ratioMetrics(statistics)
      if (kl === undefined) return { loss, gradients, metrics }
      return { loss, gradients, metrics: { ...metrics, referenceKl: referenceKl / Math.max(1, statistics.tokens) } }
    },
  }
}
