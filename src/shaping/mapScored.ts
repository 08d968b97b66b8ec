/** How every shaping walks over a batch: scored rollouts are changed, Unscored ones pass through as they are. */
import type { Group, Rollout } from '../data/rollout.ts'
import { type Score, type Scored, scored } from '../data/score.ts'

/** Where a score stands. */
export interface Place {
  readonly group: Group
  readonly rollout: Rollout
  /** Positions in the batch and in the group. */
  readonly g: number
  readonly i: number
}

/** The groups with every scored rollout's score replaced. */
export function mapScored(groups: readonly Group[], change: (score: Scored, place: Place) => Score): readonly Group[] {
  return groups.map((group, g) => ({
    ...group,
    scores: group.scores.map((score, i) =>
      score.kind === 'unscored' ? score : change(score, { group, rollout: group.rollouts[i], g, i }),
    ),
  }))
}

/** The score with another value; one that is not a finite number makes it Unscored. */
export function withValue(score: Scored, value: number): Score {
  const { kind: _, value: __, ...rest } = score
  return scored(value, rest)
}

/** The values of a group's scored rollouts. */
export function valuesOf(group: Group): number[] {
  return group.scores.flatMap((score) => (score.kind === 'scored' ? score.value : []))
}
