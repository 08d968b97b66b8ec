/**
 * DPO with a weight on every token's log-ratio d = log p - log p_ref, where tokens differ in how much they decide:
 *
 *     L = -log σ( beta sum_t a_t d_t(y_w) - beta sum_t b_t d_t(y_l) )
 *
 * TGDPO (2025, arXiv 2506.14574): a = 1 + alpha r̂, b = 1 - alpha r̂ for a token reward r̂, in the paper beta times the
 * log-ratio of an earlier DPO model. cDPO (2024, arXiv 2411.19943): a = 1, b = 1 - s for a token score s in [0, 1] that
 * is low where an answer goes wrong (`contrastiveEstimation`).
 */
import type { Readout } from '../data/readout.ts'
import { logSigmoid, type PairObjective, pairObjective, sequenceLogRatio, sigmoid } from './pair.ts'
import { readoutOf } from './readoutOf.ts'

export interface TgdpoOptions {
  /** Default 0.1. */
  readonly beta?: number
  /** Strength of the guidance. Default 0.5; 0 is DPO. */
  readonly alpha?: number
  /** Weights below 0, which turn a token's direction round, become 0. Default false, as published. */
  readonly clamp?: boolean
}

/** TGDPO's loss. Needs `processRewards`: r̂, one a token. Metric `negativeWeights`: share of weights below 0. */
export function tgdpo(options: TgdpoOptions = {}): PairObjective {
  const { beta = 0.1, alpha = 0.5, clamp = false } = options
  const bounded = (weight: number) => (clamp ? Math.max(0, weight) : weight)
  return tokenWeighted('tgdpo', beta, {
    chosen: (reward) => bounded(1 + alpha * reward),
    rejected: (reward) => bounded(1 - alpha * reward),
  })
}

export interface CdpoOptions {
  /** The paper's gamma: how dear it is to leave the reference. Default 0.1; the paper has 1, its code 0.1. */
  readonly beta?: number
  /**
   * 'answer' is the paper's loss. 'position' is that of its released code: token t of one answer against token t of the
   * other, the mean of -log σ( beta (d_t(y_w) - b_t d_t(y_l)) ) over the longer one's positions. Default 'answer'.
   */
  readonly form?: 'answer' | 'position'
}

/** cDPO's loss. Needs `processRewards`: s, one a token; those of chosen answers are not used. */
export function cdpo(options: CdpoOptions = {}): PairObjective {
  const { beta = 0.1, form = 'answer' } = options
  if (form === 'position') return byPosition(beta)
  return tokenWeighted('cdpo', beta, { chosen: () => 1, rejected: (score) => 1 - score })
}

function byPosition(beta: number): PairObjective {
  const name = 'cdpo-position'
  const read = (readout: Readout) => {
    const logprobs = readoutOf(readout, 'logprobs', name)
    const reference = readoutOf(readout, 'reference', name, logprobs.length)
    const scores = readoutOf(readout, 'processRewards', name, logprobs.length)
    return { ratios: logprobs.map((value, t) => value - reference[t]), scores }
  }
  return pairObjective({
    name,
    needs: ['logprobs', 'reference', 'processRewards'],
    reward: (readout) => beta * sequenceLogRatio(readout, name),
    loss(item) {
      const [w, l] = [read(item.chosen), read(item.rejected)]
      const length = Math.max(w.ratios.length, l.ratios.length)
      const [chosen, rejected] = [new Float32Array(w.ratios.length), new Float32Array(l.ratios.length)]
      let loss = 0
      for (let t = 0; t < length; t++) {
        const weight = 1 - (l.scores[t] ?? 0)
        const margin = beta * ((w.ratios[t] ?? 0) - weight * (l.ratios[t] ?? 0))
        const slope = (beta * sigmoid(-margin)) / length
        loss -= logSigmoid(margin) / length
        if (t < chosen.length) chosen[t] = -slope
        if (t < rejected.length) rejected[t] = slope * weight
      }
      return { loss, chosen, rejected }
    },
  })
}

/** Weights from token rewards, for both sides. Rewards in the metrics are those of plain DPO: unweighted sums. */
function tokenWeighted(
  name: string,
  beta: number,
  weight: Readonly<Record<'chosen' | 'rejected', (reward: number) => number>>,
): PairObjective {
  const side = (readout: Readout, kind: 'chosen' | 'rejected') => {
    const logprobs = readoutOf(readout, 'logprobs', name)
    const reference = readoutOf(readout, 'reference', name, logprobs.length)
    const rewards = readoutOf(readout, 'processRewards', name, logprobs.length)
    const weights = new Float32Array(logprobs.length)
    let sum = 0
    let negative = 0
    for (let t = 0; t < weights.length; t++) {
      weights[t] = weight[kind](rewards[t])
      sum += beta * weights[t] * (logprobs[t] - reference[t])
      if (weights[t] < 0) negative++
    }
    return { weights, sum, negative }
  }
  return pairObjective({
    name,
    needs: ['logprobs', 'reference', 'processRewards'],
    reward: (readout) => beta * sequenceLogRatio(readout, name),
    loss(item) {
      const [w, l] = [side(item.chosen, 'chosen'), side(item.rejected, 'rejected')]
      const margin = w.sum - l.sum
      const slope = beta * sigmoid(-margin)
      return {
        loss: -logSigmoid(margin),
        chosen: w.weights.map((each) => -slope * each),
        rejected: l.weights.map((each) => slope * each),
        metrics: {
          negativeWeights: (w.negative + l.negative) / Math.max(1, w.weights.length + l.weights.length),
        },
      }
    },
  })
}
