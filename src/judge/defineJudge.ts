/**
 * A judge from a function that lets a model speak: the reading of what it said (schemas, refusals, cut texts) is the
 * same for every model and is done here.
 */
import { GuerdonError, messageOf } from '../data/error.ts'
import { random } from '../data/random.ts'
import type { Answer, Judge, Question, Unanswered } from './judge.ts'
import { readAnswer, type Said } from './readAnswer.ts'
import { nothingUsed } from './usage.ts'

/** What a model is asked: the question, whatever its answer's shape. */
export type AnyQuestion = Question<unknown>

/**
 * A judge whose model speaks through `speak`, for anything that is not covered by the judges of this room. What `speak`
 * or `logprobs` throws becomes an answer at 'judge' with that reason, or at 'deadline' once the signal is aborted. Only
 * a GuerdonError is thrown on: it says that the judge cannot work at all.
 */
export function defineJudge(
  name: string,
  speak: (question: AnyQuestion, signal?: AbortSignal) => Promise<Said | Unanswered>,
  more: Pick<Judge, 'identity' | 'logprobs' | 'close'> = {},
): Judge {
  const { logprobs } = more
  const answered = async <T>(signal: AbortSignal | undefined, answer: () => Promise<Answer<T>>): Promise<Answer<T>> => {
    try {
      if (signal?.aborted === true) return givenUp
      return await answer()
    } catch (thrown) {
      if (thrown instanceof GuerdonError) throw thrown
      if (signal?.aborted === true) return givenUp
      return { ok: false, at: 'judge', reason: `${name} threw: ${messageOf(thrown)}`, usage: nothingUsed }
    }
  }
  return {
    name,
    ...more,
    ask: <T>(question: Question<T>, signal?: AbortSignal) =>
      answered(signal, async (): Promise<Answer<T>> => {
        const said = await speak(question, signal)
        return 'kind' in said ? readAnswer(said, question) : said
      }),
    ...(logprobs === undefined
      ? {}
      : {
          logprobs: (question, choices, signal) => answered(signal, () => logprobs(question, choices, signal)),
        }),
  }
}

/** The answer of a judge whose caller no longer waits. */
export const givenUp: Unanswered = {
  ok: false,
  at: 'deadline',
  reason: 'the caller stopped waiting',
  usage: nothingUsed,
}

/**
 * The seed of a question's draw, in [0, 2^31): it differs between repetitions, and follows from the question's seed
 * (default 0). Undefined for a question that draws nothing, at temperature 0.
 */
export function drawSeed(question: AnyQuestion): number | undefined {
  if ((question.temperature ?? 0) === 0) return undefined
  return random(`${question.seed ?? 0}/${question.repetition ?? 0}`).int(0, 2 ** 31 - 1)
}
