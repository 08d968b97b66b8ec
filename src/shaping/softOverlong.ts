/**
 * The soft overlong penalty of DAPO (arXiv 2503.14476, eq. 13): with L tokens, at most `most`, the last `buffer` of which cost
 *
 *     0 up to most - buffer,    (most - buffer - L) / buffer in between,    -1 above most
 *
 * so that an answer cut off at the limit is not the first that hears of it.
 */
import { completionLength } from '../data/rollout.ts'
import { mapScored, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface SoftOverlongOptions {
  /** L_max, tokens of the answer, the end token included: usually the run's maxTokens. */
  readonly most: number
  /** L_cache, how many tokens before it the penalty begins. */
  readonly buffer: number
  /** The penalty at L_max. Default 1. */
  readonly weight?: number
}

/** Values less the penalty of long answers, which lies in [0, weight] and never falls with the length. */
export function softOverlong({ most, buffer, weight = 1 }: SoftOverlongOptions): Shaping {
  return {
    name: 'softOverlong',
    shape: (groups) =>
      mapScored(groups, (score, { rollout }) => {
        const beyond = completionLength(rollout.sequence) - (most - buffer)
        return withValue(score, score.value - weight * Math.min(1, Math.max(0, beyond / buffer)))
      }),
  }
}
