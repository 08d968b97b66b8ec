/**
 * DPO (Rafailov et al. 2023, eq. 7), with m = beta (log-ratio of the chosen answer - log-ratio of the rejected one) and
 * label smoothing e, the share of labels taken to be wrong (conservative DPO, Mitchell 2023):
 *
 *     L = mean [ -(1 - e) log sigma(m) - e log sigma(-m) ]        dL/dm = e - sigma(-m)   for each pair
 */
import type { Objective } from './objective.ts'
import { logSigmoid, type PairItem, sequenceLogRatio, sigmoid } from './pair.ts'

export interface DpoOptions {
  /** How dear it is to leave the reference. Default 0.1. */
  readonly beta?: number
  /** In [0, 0.5). Default 0. */
  readonly labelSmoothing?: number
}

/**
 * DPO's loss; `gradients` holds two arrays a pair: 2i for the chosen answer of pair i, 2i + 1 for the rejected one.
 * Needs `reference`. Metrics, means over pairs: `margin` (m), `accuracy` (share of m > 0), `chosenReward` and
 * `rejectedReward` (beta times the log-ratio).
 */
export function dpo(options: DpoOptions = {}): Objective<PairItem> {
  const { beta = 0.1, labelSmoothing = 0 } = options
  return {
    name: 'dpo',
    needs: ['logprobs', 'reference'],
    evaluate(batch) {
      const share = 1 / Math.max(1, batch.length)
      let loss = 0
      const metrics = { margin: 0, accuracy: 0, chosenReward: 0, rejectedReward: 0 }
      const gradients = batch.flatMap(({ chosen, rejected }) => {
        const chosenReward = beta * sequenceLogRatio(chosen, 'dpo')
        const rejectedReward = beta * sequenceLogRatio(rejected, 'dpo')
        const margin = chosenReward - rejectedReward
        loss -= share * ((1 - labelSmoothing) * logSigmoid(margin) + labelSmoothing * logSigmoid(-margin))
        metrics.margin += share * margin
        metrics.accuracy += margin > 0 ? share : 0
        metrics.chosenReward += share * chosenReward
        metrics.rejectedReward += share * rejectedReward
        const slope = share * beta * (labelSmoothing - sigmoid(-margin))
        return [filled(chosen.logprobs, slope), filled(rejected.logprobs, -slope)]
      })
      return { loss, gradients, metrics }
    },
  }
}

function filled(like: Float32Array | undefined, value: number): Float32Array {
  return new Float32Array(like?.length ?? 0).fill(value)
}
