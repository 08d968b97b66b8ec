/** Asking a judge once or several times, and what its silence is as a score. */
import { type Unscored, unscored } from '../../data/score.ts'
import type { Judge, Question, Unanswered } from '../../judge/judge.ts'

/** How a judge is asked. */
export interface Draws {
  /** Independent answers to each question, averaged. Default 1. */
  readonly repetitions?: number
  /** Default 0 for one answer, 0.7 for several, which would all be the same at 0. */
  readonly temperature?: number
  /** Most tokens of an answer. Default: the judge's. */
  readonly maxTokens?: number
  /** Default 0. */
  readonly seed?: number
}

/** What of the raw answer is kept in a reason: enough to see what went wrong, not ten thousand tokens. */
const longestKept = 2000

/** A judge's missing answer as a score: where it failed, why, and what it said. */
export function unanswered({ at, reason, text }: Pick<Unanswered, 'at' | 'reason' | 'text'>): Unscored {
  if (text === undefined || text === '') return unscored(at, reason)
  const cut = text.length > longestKept ? `${text.slice(0, longestKept)}… (${text.length} characters)` : text
  return unscored(at, `${reason}; it said: ${cut}`)
}

/** One answer, or the score of none. */
export async function askOnce<T = string>(
  judge: Judge,
  question: Question<T>,
  signal?: AbortSignal,
): Promise<{ readonly value: T } | Unscored> {
  const answer = await judge.ask(question, signal)
  return answer.ok ? { value: answer.value } : unanswered(answer)
}

/**
 * The values of all repetitions that were answered, at least one; or why there is none. Each repetition is a question
 * of its own, also to a cache.
 */
export async function askRepeatedly<T>(
  judge: Judge,
  question: Pick<Question<T>, 'messages' | 'schema'>,
  draws: Draws,
  signal?: AbortSignal,
): Promise<readonly [T, ...T[]] | Unscored> {
  const { repetitions = 1, temperature = repetitions > 1 ? 0.7 : 0, maxTokens, seed = 0 } = draws
  const answers = await Promise.all(
    Array.from({ length: repetitions }, (_, repetition) =>
      askOnce(
        judge,
        { ...question, repetition, temperature, seed, ...(maxTokens === undefined ? {} : { maxTokens }) },
        signal,
      ),
    ),
  )
  const values = answers.flatMap((answer) => ('value' in answer ? [answer.value] : []))
  const [first, ...others] = values
  if (values.length > 0) return [first, ...others]
  const missing = answers.find((answer) => !('value' in answer))
  return missing !== undefined && !('value' in missing) ? missing : unscored('judge', 'the judge was not asked')
}

/** Mean and standard deviation (over n) of what several draws gave. */
export function meanAndSpread(values: readonly number[]): { readonly mean: number; readonly spread: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length
  return { mean, spread: Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length) }
}
