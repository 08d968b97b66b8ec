/** A price for every token beyond a number that is free: r - price max(0, L - free), the habit of PAR (arXiv 2502.18770). */
import { completionLength } from '../data/rollout.ts'
import { mapScored, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface LengthBeyondOptions {
  /** Tokens of an answer that cost nothing. Default 300. */
  readonly free?: number
  /** Default 0.01. */
  readonly price?: number
}

/** Values less the price of the tokens beyond `free`. Unlike `softOverlong` without a bound. */
export function lengthBeyond(options: LengthBeyondOptions = {}): Shaping {
  const { free = 300, price = 0.01 } = options
  return {
    name: 'lengthBeyond',
    shape: (groups) =>
      mapScored(groups, (score, { rollout }) =>
        withValue(score, score.value - price * Math.max(0, completionLength(rollout.sequence) - free)),
      ),
  }
}
