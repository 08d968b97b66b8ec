/** The safe way to score: a bounded number of calls in flight, each under its own deadline, and never a throw. */
import type { Sample } from '../data/message.ts'
import type { Score } from '../data/score.ts'
import { ask, pieces } from './ask.ts'
import type { Reward } from './reward.ts'

export interface ScoreOptions {
  /** Milliseconds one call of the reward may take, counted from when it starts. Default 60 000; Infinity sets no limit. */
  readonly deadlineMs?: number
  /** Gives up on everything that has not answered yet. */
  readonly signal?: AbortSignal
  /** Most calls in flight. Default 64, or fewer where the reward says so. */
  readonly concurrency?: number
}

/**
 * Scores samples whatever the reward does: the answer has their length and order, and it always comes. A reward is
 * called for one sample at a time, a listwise one for one prompt's samples at a time, so that a call that hangs loses
 * nothing else. Past its deadline a call's signal is aborted and its samples become Unscored at 'deadline'.
 *
 * A reward that blocks this thread (an endless loop) cannot be stopped from within it: run such code in `isolated`.
 */
export async function scoreAll(
  reward: Reward,
  samples: readonly Sample[],
  options: ScoreOptions = {},
): Promise<Score[]> {
  const { deadlineMs = 60_000, signal, concurrency = 64 } = options
  const scores = new Array<Score>(samples.length)
  const waiting = pieces(reward, samples).values()
  const lane = async () => {
    // The lanes share one iterator: each takes the next piece when it is done with its own.
    for (const piece of waiting) {
      const answers = await askWithin(
        reward,
        piece.map((at) => samples[at]),
        deadlineMs,
        signal,
      )
      piece.forEach((at, i) => {
        scores[at] = answers[i]
      })
    }
  }
  const lanes = Math.max(1, Math.min(concurrency, reward.concurrency ?? concurrency, samples.length))
  await Promise.all(Array.from({ length: lanes }, lane))
  return scores
}

// Node's timers hold 31 bits; a longer deadline than 24 days is none.
const LONGEST_TIMER = 2 ** 31 - 1

async function askWithin(
  reward: Reward,
  samples: readonly Sample[],
  deadlineMs: number,
  outer: AbortSignal | undefined,
): Promise<Score[]> {
  const controller = new AbortController()
  const cancel = () => controller.abort(outer?.reason)
  const expire = () => controller.abort(new Error(`no answer within ${deadlineMs} ms`))
  const timer = deadlineMs <= LONGEST_TIMER ? setTimeout(expire, deadlineMs) : undefined
  if (outer?.aborted) cancel()
  else outer?.addEventListener('abort', cancel, { once: true })
  try {
    return await ask(reward, samples, controller.signal)
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', cancel)
  }
}
