/** What objectives on preferences share: the item, the frame around one pair's loss, and the answers' log-ratios. */
import { GuerdonError } from '../data/error.ts'
import type { Readout, Want } from '../data/readout.ts'
import type { Objective } from './objective.ts'
import { readoutOf } from './readoutOf.ts'

/** Two answers to one prompt; each readout has `logprobs` and whatever else is needed over its own completion. */
export interface PairItem {
  readonly chosen: Readout
  readonly rejected: Readout
}

/** An objective on pairs. */
export interface PairObjective extends Objective<PairItem> {
  readonly over: 'pairs'
  /** What it takes an answer to be worth: it wants the chosen one worth more. Held-out pairs are judged by this. */
  reward(readout: Readout): number
}

/** One pair's loss and its derivatives with respect to the log-probs of both answers. */
export interface PairLoss {
  readonly loss: number
  readonly chosen: Float32Array
  readonly rejected: Float32Array
  /** Further numbers worth plotting; the objective reports their means. */
  readonly metrics?: Readonly<Record<string, number>>
}

/**
 * The objective that is the mean of one pair's loss. `gradients` holds two arrays a pair: 2i for the chosen answer of
 * pair i, 2i + 1 for the rejected one. Metrics, means over pairs: `margin` (chosen less rejected reward), `accuracy`
 * (share of margins above 0), `chosenReward`, `rejectedReward`.
 *
 * A pair whose numbers are not finite (a log-prob of -Infinity) teaches nothing: it is left out of the mean and counted
 * in `unusablePairs`. Throws a GuerdonError where that is so of every pair.
 */
export function pairObjective(parts: {
  readonly name: string
  readonly needs: readonly Want[]
  readonly reward: (readout: Readout) => number
  readonly loss: (item: PairItem) => PairLoss
}): PairObjective {
  const { name, needs, reward, loss: lossOf } = parts
  return {
    name,
    needs,
    over: 'pairs',
    reward,
    evaluate(batch) {
      const judged = batch.map((item) => {
        const [one, chosenReward, rejectedReward] = [lossOf(item), reward(item.chosen), reward(item.rejected)]
        const margin = chosenReward - rejectedReward
        const numbers = { margin, accuracy: margin > 0 ? 1 : 0, chosenReward, rejectedReward, ...one.metrics }
        return { ...one, numbers, usable: Number.isFinite(one.loss) && Number.isFinite(margin) }
      })
      const usable = judged.filter((each) => each.usable)
      if (batch.length > 0 && usable.length === 0)
        throw new GuerdonError(`${name}: no pair of ${batch.length} has finite log-probs under policy and reference`, {
          fix: 'look whether the weights are finite, and whether policy and reference share their vocabulary',
        })
      const share = 1 / Math.max(1, usable.length)
      const metrics: Record<string, number> = { margin: 0, accuracy: 0, chosenReward: 0, rejectedReward: 0 }
      let loss = 0
      for (const each of usable) {
        loss += share * each.loss
        for (const [key, value] of Object.entries(each.numbers)) metrics[key] = (metrics[key] ?? 0) + share * value
      }
      if (usable.length < batch.length) metrics.unusablePairs = batch.length - usable.length
      const gradients = judged.flatMap(({ usable: taught, chosen, rejected }) =>
        [chosen, rejected].map((slopes) => (taught ? slopes.map((slope) => share * slope) : slopes.fill(0))),
      )
      return { loss, gradients, metrics }
    },
  }
}

/** sum_t (log p_t - log p_ref,t): the whole answer's log-ratio to the reference. */
export function sequenceLogRatio(readout: Readout, objective: string): number {
  const logprobs = readoutOf(readout, 'logprobs', objective)
  const reference = readoutOf(readout, 'reference', objective, logprobs.length)
  let sum = 0
  for (let t = 0; t < logprobs.length; t++) sum += logprobs[t] - reference[t]
  return sum
}

/** mean_t log p_t: the answer's log-prob a token; 0 for an answer without tokens. */
export function meanLogprob(readout: Readout, objective: string): number {
  const logprobs = readoutOf(readout, 'logprobs', objective)
  let sum = 0
  for (const logprob of logprobs) sum += logprob
  return sum / Math.max(1, logprobs.length)
}

/** One slope for each of the readout's log-probs. */
export function evenly(readout: Readout, slope: number): Float32Array {
  return new Float32Array(readout.logprobs?.length ?? 0).fill(slope)
}

/** log(1 / (1 + e^-x)) without overflow. */
export function logSigmoid(x: number): number {
  return Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)))
}

/** 1 / (1 + e^-x) without overflow. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))
}

/** d sigmoid(x) / dx. */
export function sigmoidSlope(x: number): number {
  return sigmoid(x) * sigmoid(-x)
}
