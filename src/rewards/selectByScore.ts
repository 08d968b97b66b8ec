/**
 * Choosing what to train on by how well a base model already does: BLEUBERI's data selection (arXiv 2505.11080). Score
 * the base model's answers with `bleuberi`, then keep the hardest prompts.
 */
import { random } from '../data/random.ts'
import type { Score } from '../data/score.ts'

/** Lowest scores, highest scores, the middle of the ranking, or any. */
export type Difficulty = 'hard' | 'easy' | 'medium' | 'random'

export interface SelectOptions {
  /** How many to keep; all that were scored where there are fewer. */
  readonly count: number
  /** Default 'hard'. */
  readonly difficulty?: Difficulty
  /** For 'random'. Default 0. */
  readonly seed?: number | string
}

/** The chosen items, highest score first. scores[i] is that of items[i]; items that were Unscored are left out. */
export function selectByScore<T>(items: readonly T[], scores: readonly Score[], options: SelectOptions): T[] {
  const { count, difficulty = 'hard', seed = 0 } = options
  const ranked = items
    .flatMap((item, i) => {
      const score = scores[i]
      return score.kind === 'scored' ? [{ item, value: score.value }] : []
    })
    .sort((a, b) => b.value - a.value)
  const kept = Math.min(count, ranked.length)
  const pick = {
    hard: () => ranked.slice(ranked.length - kept),
    easy: () => ranked.slice(0, kept),
    medium: () => ranked.slice(Math.floor((ranked.length - kept) / 2), Math.floor((ranked.length + kept) / 2)),
    random: () => {
      const chosen = new Set(random(seed).shuffle(ranked).slice(0, kept))
      return ranked.filter((entry) => chosen.has(entry))
    },
  }
  return pick[difficulty]().map(({ item }) => item)
}
