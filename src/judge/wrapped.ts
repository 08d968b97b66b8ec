/** What the wrappers share: one place where every call of a judge goes through. */
import type { AnyQuestion } from './defineJudge.ts'
import type { Answer, Judge } from './judge.ts'

/** One call that a wrapper may make, once, several times or not at all. */
export type Attempt<T> = (signal?: AbortSignal) => Promise<Answer<T>>

/** A judge like `inner` whose every call, for an answer or for log-probs, goes through `around`. */
export function wrapped(
  inner: Judge,
  around: <T>(attempt: Attempt<T>, question: AnyQuestion, signal: AbortSignal | undefined) => Promise<Answer<T>>,
): Judge {
  const { name, identity, logprobs, close } = inner
  return {
    name,
    ...(identity === undefined ? {} : { identity }),
    ask: (question, signal) => around((given) => inner.ask(question, given), question, signal),
    ...(logprobs === undefined
      ? {}
      : {
          logprobs: (question, choices, signal) =>
            around((given) => logprobs(question, choices, given), question, signal),
        }),
    ...(close === undefined ? {} : { close }),
  }
}
