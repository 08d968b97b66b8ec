/**
 * A judge that asks again where asking again may help: exponential backoff with jitter. Before retry k (from 0) it
 * waits base · 2^k · (1 + u) / 2 seconds, u uniform in [0, 1); where the server said how long (retry-after), that long
 * and up to `base` more. Source: "equal jitter" of M. Brooker, Exponential Backoff and Jitter (AWS, 2015).
 */
import { type Random, random } from '../data/random.ts'
import type { Judge, Usage } from './judge.ts'
import { addUsage } from './usage.ts'
import { slept } from './waiting.ts'
import { wrapped } from './wrapped.ts'

export interface RetryOptions {
  /** Most calls for one answer, the first included. Default 5. */
  readonly attempts?: number
  /** Seconds. Default 0.5. */
  readonly base?: number
  /** Seconds it waits at most at once. A server that asks for more gets no retry. Default 60. */
  readonly longest?: number
  /** Of the jitter. Default 0. */
  readonly seed?: number
}

/**
 * The judge with retries of what failed with `retry`: 429, 5xx, lost connections, a try's own deadline. Prose, refusals
 * and wrong keys are not asked again. The answer's usage is that of all tries together.
 */
export function withRetries(judge: Judge, options: RetryOptions = {}): Judge {
  const { attempts = 5, base = 0.5, longest = 60, seed = 0 } = options
  const jitter = random(seed)
  return wrapped(judge, async (attempt, _question, signal) => {
    let spent: Usage | undefined
    for (let tried = 1; ; tried++) {
      const answer = await attempt(signal)
      spent = spent === undefined ? answer.usage : addUsage(spent, answer.usage)
      if (answer.ok || answer.retry === undefined) return { ...answer, usage: spent }
      const wait = backoff(tried - 1, answer.retry.afterSeconds, { base, longest }, jitter)
      const more = tried < attempts && wait !== undefined
      if (more && (await slept(wait, signal))) continue
      const reason = tried === 1 ? answer.reason : `${answer.reason} (${tried} tries)`
      if (!more) return { ...answer, reason, usage: spent }
      return { ok: false, at: 'deadline', reason: `the caller stopped waiting; before: ${reason}`, usage: spent }
    }
  })
}

/** Seconds before retry `k`; undefined where the server asked for more than the longest wait. */
export function backoff(
  k: number,
  afterSeconds: number | undefined,
  { base, longest }: { readonly base: number; readonly longest: number },
  jitter: Random,
): number | undefined {
  if (afterSeconds === undefined) return (Math.min(base * 2 ** k, longest) * (1 + jitter.next())) / 2
  return afterSeconds > longest ? undefined : afterSeconds + base * jitter.next()
}
