/** Right or wrong: how methods made for 0/1 verifiers read a score. */
import { GuerdonError } from './error.ts'
import type { Group } from './rollout.ts'
import type { Scored } from './score.ts'

export interface RightnessOptions {
  /** The score part that says whether an answer is right. Default: the value. */
  readonly part?: string
  /** Right is above this. Default 0.5. */
  readonly threshold?: number
}

/** Of each rollout: whether it is right; undefined where it is Unscored or lacks the part. */
export function rightness(group: Group, { part, threshold = 0.5 }: RightnessOptions = {}): (boolean | undefined)[] {
  return group.scores.map((score) => {
    if (score.kind === 'unscored') return undefined
    const verdict = part === undefined ? score.value : score.parts?.[part]
    return verdict === undefined ? undefined : verdict > threshold
  })
}

/** The verdict as a number in [0, 1]: a soft label. Throws a GuerdonError for one outside. */
export function outcomeOf(score: Scored, part: string | undefined, where: string): number | undefined {
  const outcome = part === undefined ? score.value : score.parts?.[part]
  if (outcome === undefined || (outcome >= 0 && outcome <= 1)) return outcome
  throw new GuerdonError(`an outcome is a number from 0 to 1, this one is ${outcome}`, {
    where,
    fix: "name the 0/1 part of the score, such as part: 'answer'",
  })
}
