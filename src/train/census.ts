/** Counting what could not be scored, and the point at which a run must not go on. */
import { GuerdonError } from '../data/error.ts'
import type { Group } from '../data/rollout.ts'
import type { UnscoredAt } from '../data/score.ts'

/** How many samples have a score, how many have none and where that went wrong, with one reason of each kind. */
export interface Census {
  readonly samples: number
  readonly unscored: number
  readonly causes: Readonly<Partial<Record<UnscoredAt, { readonly count: number; readonly reason: string }>>>
}

export function census(groups: readonly Group[]): Census {
  const causes: Partial<Record<UnscoredAt, { count: number; reason: string }>> = {}
  const scores = groups.flatMap((group) => group.scores)
  for (const score of scores) {
    if (score.kind === 'scored') continue
    const cause = (causes[score.at] ??= { count: 0, reason: score.reason })
    cause.count++
  }
  const unscored = Object.values(causes).reduce((total, { count }) => total + count, 0)
  return { samples: scores.length, unscored, causes }
}

/** The census as metrics: the share of unscored samples, in all and by cause. */
export function censusMetrics({ samples, unscored, causes }: Census): Record<string, number> {
  const shares = Object.entries(causes).map(([at, { count }]) => [`unscored/${at}`, count / samples] as const)
  return { unscored: samples === 0 ? 0 : unscored / samples, ...Object.fromEntries(shares) }
}

/** Throws where more than `limit` of the samples have no score, with the causes and what each said first. */
export function requireScores(found: Census, limit: number): void {
  if (found.samples === 0 || found.unscored / found.samples <= limit) return
  const reasons = Object.entries(found.causes).map(([at, { count, reason }]) => `  ${count} at ${at}: ${reason}`)
  throw new GuerdonError(
    `${found.unscored} of ${found.samples} answers could not be scored, more than the limit of ${Number((100 * limit).toPrecision(4))} %:\n${reasons.join('\n')}`,
    { fix: 'mend the reward, or raise unscoredLimit if so many failures are expected' },
  )
}
