/**
 * What a reward says of a sample. A wrong answer is a low score; a question the reward could not answer is no score
 * at all: `Unscored` travels unchanged from the grader to the loss and is counted by cause, never read as 0.
 */

/** A judgement. `value` is the scalar that trains; everything else explains it or refines it. */
export interface Scored {
  readonly kind: 'scored'
  /** The scalar reward, finite. */
  readonly value: number
  /** Named components, kept by every combinator so that each can be plotted, credited or debugged apart. */
  readonly parts?: Readonly<Record<string, number>>
  /** Dense rewards, one per step of the completion (`completion.steps`). */
  readonly steps?: Float32Array
  /** Dense rewards, one per token of the completion. */
  readonly tokens?: Float32Array
  /** Text for whoever reads the rollout, or for feedback-conditioned training: a traceback, a critique. */
  readonly feedback?: string
  /** How sure the reward is of its value, in [0, 1]. */
  readonly confidence?: number
}

/** Where a reward failed to answer. */
export type UnscoredAt = 'reward' | 'judge' | 'sandbox' | 'network' | 'deadline'

export interface Unscored {
  readonly kind: 'unscored'
  readonly at: UnscoredAt
  readonly reason: string
}

export type Score = Scored | Unscored

/** A score of this value. A value that is not a finite number becomes Unscored, so that NaN never trains anything. */
export function scored(value: number, more: Omit<Scored, 'kind' | 'value'> = {}): Score {
  if (!Number.isFinite(value)) return unscored('reward', `the reward returned ${value}, which is not a finite number`)
  return { kind: 'scored', value, ...more }
}

/** The answer of a reward that has none. */
export function unscored(at: UnscoredAt, reason: string): Unscored {
  return { kind: 'unscored', at, reason }
}
