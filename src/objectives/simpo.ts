/**
 * SimPO (Meng et al. 2024, arXiv 2405.14734, eq. 6): no reference; an answer's reward is beta times its mean log-prob, and
 * the chosen one must win by gamma:
 *
 *     L = mean -log σ( r_w - r_l - gamma ),   r = beta / |y| sum_t log p_t
 */
import type { Readout } from '../data/readout.ts'
import { evenly, logSigmoid, meanLogprob, type PairObjective, pairObjective, sigmoid } from './pair.ts'

export interface SimpoOptions {
  /** Default 2. */
  readonly beta?: number
  /** The margin wanted, in units of the reward. Default 1. */
  readonly gamma?: number
}

/** SimPO's loss. Rewards in the metrics are beta times the mean log-prob. */
export function simpo(options: SimpoOptions = {}): PairObjective {
  const { beta = 2, gamma = 1 } = options
  const reward = (readout: Readout) => beta * meanLogprob(readout, 'simpo')
  return pairObjective({
    name: 'simpo',
    needs: ['logprobs'],
    reward,
    loss({ chosen, rejected }) {
      const margin = reward(chosen) - reward(rejected) - gamma
      const slope = (readout: Readout) => (beta * sigmoid(-margin)) / Math.max(1, readout.logprobs?.length ?? 0)
      return {
        loss: -logSigmoid(margin),
        chosen: evenly(chosen, -slope(chosen)),
        rejected: evenly(rejected, slope(rejected)),
      }
    },
  })
}
