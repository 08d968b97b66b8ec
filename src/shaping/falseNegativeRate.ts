/**
 * The share of right answers that a rule rejects, estimated while training from appeals (arXiv 2510.00915, section 3.4 and
 * appendix B): each rejection goes to a second verifier with probability q. With P_L the appeals it upholds and P_R the
 * answers the rule accepted, of one batch,
 *
 *     FN = |P_L| / q  (Horvitz-Thompson)      rho1 = (FN + a) / (FN + |P_R| + 2a)      rho <- lambda rho + (1 - lambda) rho1
 *
 * It takes the rule's acceptances and the second verifier's word for the truth. A batch with few upheld appeals makes the
 * ratio too small on average (0.27 for 0.30 where 2.4 are expected); the ratio of averaged counts is not.
 */
import { GuerdonError } from '../data/error.ts'
import type { Group } from '../data/rollout.ts'

export interface AppealsRate {
  /** q, as in the reward `appeals`. */
  readonly share: number
  /** lambda of the moving average. Default 0.9. */
  readonly decay?: number
  /** What is averaged: each batch's ratio, as published, or the counts above and below the line. Default 'ratio'. */
  readonly average?: 'ratio' | 'counts'
  /** a, the pseudocount on both sides. Default 1e-5. */
  readonly prior?: number
  /** Batches with fewer accepted answers leave the estimate as it is. Default 1. */
  readonly leastAccepted?: number
}

export interface RateEstimate {
  /** The estimate after this batch; 0 before the first batch that counts. */
  next(groups: readonly Group[]): number
  state(): unknown
  restore(state: unknown): void
}

/** Reads the parts `rule` and `overturned` that the reward `appeals` leaves. Throws a GuerdonError where no score has them. */
export function falseNegativeRate(options: AppealsRate): RateEstimate {
  const { share, decay = 0.9, average = 'ratio', prior = 1e-5, leastAccepted = 1 } = options
  let kept: Kept | undefined
  return {
    next(groups) {
      const parts = ruleParts(groups)
      const accepted = parts.filter(({ rule }) => rule > 0.5).length
      if (accepted >= leastAccepted) {
        const missed = parts.filter(({ overturned }) => overturned > 0.5).length / share
        const now: Kept =
          average === 'ratio'
            ? { above: (missed + prior) / (missed + accepted + 2 * prior), below: 1 }
            : { above: missed + prior, below: missed + accepted + 2 * prior }
        kept = kept === undefined ? now : mixed(kept, now, decay)
      }
      return kept === undefined ? 0 : kept.above / kept.below
    },
    state: () => kept ?? null,
    restore(state) {
      if (isKept(state)) kept = state
    },
  }
}

/** The line's two sides, averaged; under a ratio stands 1. */
interface Kept {
  readonly above: number
  readonly below: number
}

function mixed(before: Kept, now: Kept, decay: number): Kept {
  return {
    above: decay * before.above + (1 - decay) * now.above,
    below: decay * before.below + (1 - decay) * now.below,
  }
}

function isKept(state: unknown): state is Kept {
  return (
    typeof state === 'object' &&
    state !== null &&
    ['above', 'below'].every((key) => Number.isFinite(Reflect.get(state, key)))
  )
}

interface RuleParts {
  readonly rule: number
  readonly overturned: number
}

function ruleParts(groups: readonly Group[]): RuleParts[] {
  const scores = groups.flatMap((group) => group.scores.filter((score) => score.kind === 'scored'))
  const parts = scores.flatMap(({ parts: { rule, overturned } = {} }): RuleParts[] =>
    rule === undefined || overturned === undefined ? [] : [{ rule, overturned }],
  )
  if (parts.length > 0 || scores.length === 0) return parts
  throw new GuerdonError('no score tells of appeals, so their rate cannot be estimated', {
    fix: 'score with appeals(rule, second, { share }), or give falseNegative as a number',
  })
}
