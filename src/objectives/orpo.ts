/**
 * ORPO (Hong et al. 2024, arXiv 2403.07691, eq. 6-7): supervised tuning on the chosen answer with an odds ratio that
 * tells it from the rejected one. With l the mean log-prob a token and log odds(l) = l - log(1 - e^l):
 *
 *     L = mean [ -l_w - lambda log σ( log odds(l_w) - log odds(l_l) ) ]
 */
import type { Readout } from '../data/readout.ts'
import { evenly, logSigmoid, meanLogprob, type PairObjective, pairObjective, sigmoid } from './pair.ts'

export interface OrpoOptions {
  /** Weight of the odds ratio. Default 0.1. */
  readonly lambda?: number
}

/**
 * ORPO's loss. Rewards in the metrics are mean log-probs. An answer of probability one has infinite odds: from a mean
 * log-prob of -1e-6 on the odds count as those of -1e-6 and have no slope.
 */
export function orpo(options: OrpoOptions = {}): PairObjective {
  const { lambda = 0.1 } = options
  const reward = (readout: Readout) => meanLogprob(readout, 'orpo')
  return pairObjective({
    name: 'orpo',
    needs: ['logprobs'],
    reward,
    loss({ chosen, rejected }) {
      const [w, l] = [odds(reward(chosen)), odds(reward(rejected))]
      const pull = lambda * sigmoid(l.log - w.log)
      const perToken = (readout: Readout, slope: number) =>
        evenly(readout, slope / Math.max(1, readout.logprobs?.length ?? 0))
      return {
        loss: -reward(chosen) - lambda * logSigmoid(w.log - l.log),
        chosen: perToken(chosen, -1 - pull * w.slope),
        rejected: perToken(rejected, pull * l.slope),
        metrics: { logOddsRatio: w.log - l.log },
      }
    },
  })
}

const CERTAIN = -1e-6

/** log(p / (1 - p)) for p = e^l, and its derivative 1 / (1 - p). */
function odds(l: number): { readonly log: number; readonly slope: number } {
  const held = Math.min(l, CERTAIN)
  const rest = -Math.expm1(held)
  return { log: held - Math.log(rest), slope: l > CERTAIN ? 0 : 1 / rest }
}
