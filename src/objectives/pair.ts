/** What objectives on preferences share: the item, and how much more likely a policy has become to give an answer. */
import type { Readout } from '../data/readout.ts'
import { readoutOf } from './readoutOf.ts'

/** Two answers to one prompt; each readout has `logprobs` and `reference` over its own completion. */
export interface PairItem {
  readonly chosen: Readout
  readonly rejected: Readout
}

/** sum_t (log p_t - log p_ref,t): the whole answer's log-ratio to the reference. */
export function sequenceLogRatio(readout: Readout, objective: string): number {
  const logprobs = readoutOf(readout, 'logprobs', objective)
  const reference = readoutOf(readout, 'reference', objective, logprobs.length)
  let sum = 0
  for (let t = 0; t < logprobs.length; t++) sum += logprobs[t] - reference[t]
  return sum
}

/** log(1 / (1 + e^-x)) without overflow. */
export function logSigmoid(x: number): number {
  return Math.min(0, x) - Math.log1p(Math.exp(-Math.abs(x)))
}

/** 1 / (1 + e^-x) without overflow. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))
}
