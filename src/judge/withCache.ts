/** A judge that is asked every question once: what it said is kept on disk, under the key that `cacheKey` makes. */
import { isDeepStrictEqual } from 'node:util'
import { type AnswerStore, answerStore, type StoredAnswer } from './answerStore.ts'
import { cacheKey } from './cacheKey.ts'
import { givenUp } from './defineJudge.ts'
import type { Answer, Answered, Judge, Question } from './judge.ts'
import { readAnswer } from './readAnswer.ts'
import { unlessAborted } from './waiting.ts'

/**
 * The judge with a cache in `folder`, which is made if missing; several processes may share it. Kept are answers and
 * failures at 'judge', which are the model's words too; not what failed at the network or the deadline. The words are
 * kept and the value is read from them again, so an answer whose value does not follow from its words (a panel's) is
 * not kept: cache the panel's judges. Equal questions at the same time are asked once; `repetition` makes them differ.
 *
 * Throws a GuerdonError when the folder cannot be made or written. If writing fails later, the process is warned once.
 */
export function withCache(judge: Judge, folder: string): Judge {
  const once = askedOnce(answerStore(folder))
  const { name, identity, logprobs, close } = judge
  return {
    name,
    ...(identity === undefined ? {} : { identity }),
    ask: (question, signal) =>
      once(cacheKey(judge, question), signal, {
        ask: () => judge.ask(question, signal),
        read: (entry) => readWords(entry, question),
        keep: (answer) => keepWords(answer, question),
      }),
    ...(logprobs === undefined
      ? {}
      : {
          logprobs: (question, choices, signal) =>
            once(cacheKey(judge, question, choices), signal, {
              ask: () => logprobs(question, choices, signal),
              read: readLogprobs,
              keep: ({ value, text, usage }) => ({ kind: 'logprobs', values: [...value], text, usage }),
            }),
        }),
    ...(close === undefined ? {} : { close }),
  }
}

/** How one kind of answer is had, read from an entry and made into one. */
interface Kind<T> {
  ask(): Promise<Answer<T>>
  read(entry: StoredAnswer): Answer<T> | undefined
  keep(answer: Answered<T>): StoredAnswer | undefined
}

function askedOnce(store: AnswerStore) {
  const running = new Map<string, Promise<unknown>>()
  return async <T>(key: string, signal: AbortSignal | undefined, kind: Kind<T>): Promise<Answer<T>> => {
    // Whoever asks the same waits for its end, then looks again: the other may have failed.
    for (let other = running.get(key); other !== undefined; other = running.get(key)) {
      await unlessAborted(other, signal)
      if (signal?.aborted === true) return givenUp
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    running.set(key, promise)
    try {
      const entry = await store.read(key)
      const known = entry === undefined ? undefined : kind.read(entry)
      if (known !== undefined) return { ...known, cached: true }
      const answer = await kind.ask()
      const made = answer.ok ? kind.keep(answer) : keepFailure(answer)
      if (made !== undefined) await store.write(key, made)
      return answer
    } finally {
      running.delete(key)
      resolve()
    }
  }
}

function readWords<T>(entry: StoredAnswer, question: Question<T>): Answer<T> | undefined {
  if (entry.kind !== 'words') return readFailure(entry)
  return readAnswer({ ...entry, kind: 'said', finish: entry.cut ? 'length' : 'stop' }, question)
}

function keepWords<T>(answer: Answered<T>, question: Question<T>): StoredAnswer | undefined {
  const { text, usage, cut = false, value } = answer
  const entry: StoredAnswer = { kind: 'words', text, cut, usage }
  const again = readWords(entry, question)
  return again?.ok === true && isDeepStrictEqual(again.value, value) ? entry : undefined
}

function readLogprobs(entry: StoredAnswer): Answer<readonly number[]> | undefined {
  if (entry.kind !== 'logprobs') return readFailure(entry)
  return { ok: true, value: entry.values, text: entry.text, usage: entry.usage, cached: true }
}

function readFailure(entry: StoredAnswer): Answer<never> | undefined {
  if (entry.kind !== 'none') return undefined
  return { ok: false, at: 'judge', reason: entry.reason, text: entry.text, usage: entry.usage, cached: true }
}

function keepFailure(answer: Answer<unknown> & { readonly ok: false }): StoredAnswer | undefined {
  const { at, reason, text, usage } = answer
  return at === 'judge' && text !== undefined ? { kind: 'none', reason, text, usage } : undefined
}
