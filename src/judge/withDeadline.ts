/** A judge that answers in time or says that it did not. */
import type { Judge } from './judge.ts'
import { nothingUsed } from './usage.ts'
import { longestTimer, positive, unlessAborted } from './waiting.ts'
import { wrapped } from './wrapped.ts'

/**
 * Each call gets `seconds`; then it is aborted (a request is closed, a local model stops) and the answer is not ok, at
 * 'deadline', at once, whatever the judge does with the signal. Around `withRetries` the deadline is that of all tries
 * together; inside it, each try has its own, and a try that was late is asked again.
 */
export function withDeadline(judge: Judge, seconds: number): Judge {
  const milliseconds = Math.min(positive(seconds, 'deadline'), longestTimer) * 1000
  return wrapped(judge, async (attempt, _question, signal) => {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), milliseconds)
    const either = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])
    try {
      const answer = await unlessAborted(attempt(either), either)
      if (answer !== undefined && (answer.ok || answer.at !== 'deadline')) return answer
      if (!late.signal.aborted || signal?.aborted === true) {
        return answer ?? { ok: false, at: 'deadline', reason: 'the caller stopped waiting', usage: nothingUsed }
      }
      return {
        ok: false,
        at: 'deadline',
        reason: `no answer within ${seconds} s`,
        usage: answer?.usage ?? nothingUsed,
        retry: {},
      }
    } finally {
      clearTimeout(timer)
    }
  })
}
