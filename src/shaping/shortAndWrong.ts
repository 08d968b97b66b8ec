/**
 * HARMO's generalised length penalty, "Beyond Monolithic Rewards" (2025, arXiv 2510.05283), against the drift to ever
 * shorter answers. The paper's form could not be read; this one follows from what its reviews say of it. With C the
 * right answers of a group, L_C their mean length, and any other answer i of length L_i:
 *
 *     -most min(1, (L_C - L_i) / (tau L_C))                  where L_i < L_C
 *     -most min(1, (L_i - (1 + tau) L_C) / (tau L_C))        where L_i > (1 + tau) L_C, with `twoSided`
 *
 * Right answers and groups without one are left alone: brevity brings no profit.
 */
import { rightness } from '../data/rightness.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import { withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface ShortAndWrongOptions {
  /** P_max. Default 0.5. */
  readonly most?: number
  /** Default 0.5. */
  readonly tau?: number
  /** Wrong answers that are much longer are penalised too. Default false. */
  readonly twoSided?: boolean
  /** The score part that says whether an answer is right (above 1/2). Default: the value. */
  readonly part?: string
}

/**
 * Values with a penalty in [-most, 0] on wrong answers shorter than the right ones. Off where a group has no right answer:
 * it cannot stop an early collapse. Long wrong answers are now better than short ones: bound the length as well.
 */
export function shortAndWrong(options: ShortAndWrongOptions = {}): Shaping {
  return { name: 'shortAndWrong', shape: (groups) => groups.map((group) => penalised(group, options)) }
}

function penalised(group: Group, options: ShortAndWrongOptions): Group {
  const { most = 0.5, tau = 0.5, twoSided = false, part } = options
  const right = rightness(group, { part })
  const lengths = group.rollouts.map(({ sequence }) => completionLength(sequence))
  const good = lengths.filter((_, i) => right[i] === true)
  if (good.length === 0) return group
  const usual = good.reduce((sum, length) => sum + length, 0) / good.length
  const excess = (length: number) => {
    if (length < usual) return usual - length
    return twoSided ? Math.max(0, length - (1 + tau) * usual) : 0
  }
  return {
    ...group,
    scores: group.scores.map((score, i) =>
      score.kind === 'unscored' || right[i] !== false
        ? score
        : withValue(score, score.value - most * Math.min(1, excess(lengths[i]) / (tau * usual))),
    ),
  }
}
