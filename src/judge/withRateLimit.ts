/** A judge that keeps to a provider's limits on requests and tokens a minute. */
import { textOf } from '../data/message.ts'
import { type AnyQuestion, givenUp } from './defineJudge.ts'
import type { Judge } from './judge.ts'
import { rateWindow } from './rateWindow.ts'
import { positive, slept, unlessAborted } from './waiting.ts'
import { wrapped } from './wrapped.ts'

export interface RateLimit {
  readonly requestsPerMinute?: number
  /** Input and output together. */
  readonly tokensPerMinute?: number
}

type Settle = (tokens: number) => void

/** What an answer without a token limit is taken to need, until its usage is known. */
const usualOutput = 500

/**
 * No minute sees more requests or tokens than the limits; calls wait their turn. Tokens are estimated before a call (a
 * quarter of the bytes, and `maxTokens` or 500) and corrected after it. After a reply with retry-after nothing is sent
 * until then, but for a minute at most. Put it inside `withRetries`, so that tries count.
 */
export function withRateLimit(judge: Judge, limit: RateLimit): Judge {
  positive(limit.requestsPerMinute ?? 1, 'requestsPerMinute')
  positive(limit.tokensPerMinute ?? 1, 'tokensPerMinute')
  const requests = limit.requestsPerMinute === undefined ? undefined : rateWindow(limit.requestsPerMinute, 60)
  const tokens = limit.tokensPerMinute === undefined ? undefined : rateWindow(limit.tokensPerMinute, 60)
  let notBefore = 0
  let turn = Promise.resolve()

  /** Waits for this call's turn and for room in both windows, and takes it. Undefined where the caller gave up. */
  async function enter(estimate: number, signal: AbortSignal | undefined): Promise<Settle | undefined> {
    const before = turn
    const { promise, resolve } = Promise.withResolvers<void>()
    turn = before.then(() => promise)
    try {
      await unlessAborted(before, signal)
      for (;;) {
        if (signal?.aborted === true) return undefined
        const now = seconds()
        const wait = Math.max(notBefore - now, requests?.wait(1, now) ?? 0, tokens?.wait(estimate, now) ?? 0)
        if (wait > 0) {
          await slept(wait, signal)
          continue
        }
        requests?.take(1, now)
        return tokens?.take(estimate, now) ?? (() => undefined)
      }
    } finally {
      resolve()
    }
  }

  return wrapped(judge, async (attempt, question, signal) => {
    const settle = await enter(estimatedTokens(question), signal)
    if (settle === undefined) return givenUp
    const answer = await attempt(signal)
    const used = answer.usage.inputTokens + answer.usage.outputTokens
    if (used > 0) settle(used)
    if (!answer.ok && answer.retry?.afterSeconds !== undefined) {
      notBefore = Math.max(notBefore, seconds() + Math.min(answer.retry.afterSeconds, 60))
    }
    return answer
  })
}

function estimatedTokens({ messages, maxTokens = usualOutput }: AnyQuestion): number {
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(textOf(content)), 0)
  return Math.ceil(bytes / 4) + maxTokens
}

function seconds(): number {
  return performance.now() / 1000
}
