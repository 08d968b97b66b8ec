/**
 * Several judges as one (P. Verga et al., Replacing Judges with Juries, arXiv 2404.18796), and one judge asked several
 * times. The answer carries all votes and their spread.
 */
import { GuerdonError } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import { type Combine, combineVotes } from './combineVotes.ts'
import type { Answer, Answered, Judge, PanelReport, Question, Unanswered, Usage } from './judge.ts'
import { addUsage } from './usage.ts'

export interface PanelOptions {
  /** Default: the judges' names, joined. */
  readonly name?: string
  /** What becomes of numbers (see `combineVotes`). Default 'mean'. */
  readonly combine?: Combine
  /** The fewest judges that must answer. Default: more than half. */
  readonly quorum?: number
}

/**
 * A judge that asks all of `judges` at once and combines their values, which must be JSON (no dates, no maps). A mean of
 * whole numbers need not be whole: the schema holds for each vote, not for what is made of them. Where fewer than the
 * quorum answer, there is no answer, and the reason names every judge that gave none. Log-probs are those of the mean
 * probability, where every judge has them. Throws a GuerdonError without judges.
 */
export function panel(judges: readonly Judge[], options: PanelOptions = {}): Judge {
  if (judges.length === 0) throw new GuerdonError('a panel needs at least one judge')
  const { name = judges.map((judge) => judge.name).join(' + '), combine = 'mean' } = options
  const quorum = options.quorum ?? Math.floor(judges.length / 2) + 1
  const withLogprobs = judges.flatMap(({ name, logprobs }) => (logprobs === undefined ? [] : [{ name, logprobs }]))
  return {
    name,
    identity: JSON.stringify([judges.map((judge) => judge.identity ?? judge.name), combine, quorum]),
    async ask<T>(question: Question<T>, signal?: AbortSignal): Promise<Answer<T>> {
      const answers = await Promise.all(judges.map((judge) => judge.ask(question, signal)))
      const votes = answers.map((answer, i) => ({ judge: judges[i].name, answer }))
      return decide(votes, quorum, (values) => combineValues(values, combine))
    },
    ...(withLogprobs.length < judges.length
      ? {}
      : {
          logprobs: async (question, choices, signal) => {
            const answers = await Promise.all(withLogprobs.map(({ logprobs }) => logprobs(question, choices, signal)))
            const votes = answers.map((answer, i) => ({ judge: withLogprobs[i].name, answer }))
            return decide(votes, quorum, meanProbability)
          },
        }),
    close: async () => {
      await Promise.all(judges.map((judge) => judge.close?.()))
    },
  }
}

export interface RepeatedOptions extends Omit<PanelOptions, 'quorum'> {
  /** For questions at temperature 0, whose answers would all be the same. Default 0.7. */
  readonly temperature?: number
}

/**
 * A judge that asks `judge` every question `times` times, each time an independent draw (also from a cache inside it),
 * and combines the values like a panel's. Log-probs are asked once: they are the same each time.
 */
export function repeated(judge: Judge, times: number, options: RepeatedOptions = {}): Judge {
  const { temperature = 0.7, name = judge.name, ...rest } = options
  const draws = Array.from(
    { length: times },
    (_, draw): Judge => ({
      name: `${judge.name} #${draw + 1}`,
      ask: (question, signal) => {
        const repetition = (question.repetition ?? 0) * times + draw
        return judge.ask({ ...question, repetition, temperature: question.temperature || temperature }, signal)
      },
    }),
  )
  const { identity, logprobs, close } = judge
  return {
    ...panel(draws, { ...rest, name }),
    identity: `${times} draws at ${temperature} of ${identity ?? judge.name}`,
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(close === undefined ? {} : { close }),
  }
}

interface Vote<T> {
  readonly judge: string
  readonly answer: Answer<T>
}

function decide<T>(
  votes: readonly Vote<T>[],
  quorum: number,
  combine: (values: readonly T[]) => { readonly value: T; readonly spread: number },
): Answer<T> {
  const given = votes.map(({ answer }) => answer).filter((answer) => answer.ok)
  const usage = votes.map(({ answer }) => answer.usage).reduce(addUsage)
  const text = votes.map(({ judge, answer }) => `${judge}: ${answer.text ?? ''}`).join('\n')
  return given.length < quorum || given.length === 0
    ? noQuorum(votes, text, usage)
    : agreed(given, combine(given.map(({ value }) => value)), { votes, text, usage })
}

function agreed<T>(
  given: readonly Answered<T>[],
  { value, spread }: { readonly value: T; readonly spread: number },
  { votes, text, usage }: { readonly votes: PanelReport['votes']; readonly text: string; readonly usage: Usage },
): Answered<T> {
  return { ok: true, value, text, usage, cached: given.every(({ cached }) => cached), panel: { votes, spread } }
}

function noQuorum(votes: PanelReport['votes'], text: string, usage: Usage): Unanswered {
  const missing = votes.flatMap(({ judge, answer }) => (answer.ok ? [] : [{ judge, answer }]))
  const reasons = missing.map(({ judge, answer }) => `${judge}: ${answer.reason}`).join('; ')
  return {
    ok: false,
    at: missing[0].answer.at,
    reason: `${missing.length} of ${votes.length} judges gave no answer (${reasons})`,
    text,
    usage,
    panel: { votes, spread: 0 },
    ...(missing.some(({ answer }) => answer.retry !== undefined) ? { retry: {} } : {}),
  }
}

function combineValues<T>(values: readonly T[], combine: Combine): { readonly value: T; readonly spread: number } {
  const json: unknown = values
  const combined = combineVotes(json as readonly Json[], combine)
  const value: unknown = combined.value
  return { value: value as T, spread: combined.spread }
}

function meanProbability(rows: readonly (readonly number[])[]) {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const columns = rows[0].map((_, choice) => rows.map((row) => Math.exp(row[choice])))
  const deviations = columns.map((column) => Math.sqrt(mean(column.map((p) => (p - mean(column)) ** 2))))
  return { value: columns.map((column) => Math.log(mean(column))), spread: Math.max(...deviations) }
}
