/**
 * Scoring a request's samples inside a scoring process: piece by piece (a sample, or a prompt's samples where the reward
 * is listwise), all at once, each under its deadline. What has not answered by then is Unscored; the rest is kept.
 */
import { setImmediate } from 'node:timers/promises'
import { messageOf } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import { type Score, unscored } from '../data/score.ts'
import { answerOf, pieces } from '../rewards/ask.ts'
import type { Reward } from '../rewards/reward.ts'
import type { JobHead } from './messages.ts'
import type { Progress } from './progress.ts'

export interface Scoring {
  /** One Score per sample, always. */
  score(samples: readonly Sample[], job: JobHead): Promise<Score[]>
  /** Nobody waits for this job any more. */
  cancel(job: number): void
}

export interface ScoringOptions {
  readonly reward: Reward
  /** Milliseconds for one piece. */
  readonly deadlineMs: number
  readonly progress: Progress
  /** Told before each piece of a job that runs alone. */
  readonly begin: (job: number, piece: number) => void
}

/** Pieces are started for this many milliseconds before timers and other requests have their turn. */
const turnMs = 10

export function scoring({ reward, deadlineMs, progress, begin }: ScoringOptions): Scoring {
  const running = new Map<number, Set<AbortController>>()
  const gate = limiter(reward.concurrency)

  return {
    async score(samples, job) {
      const scores = new Array<Score>(samples.length)
      const found = pieces(reward, samples)
      const until = performance.now() + job.leftMs
      const controllers = new Set<AbortController>()
      running.set(job.id, controllers)

      /** Starts pieces for a while, under one deadline; resolves to where it stopped and what is still to be waited for. */
      const turn = (from: number, most: number): { readonly next: number; readonly answered: Promise<void> } => {
        const started = performance.now()
        const limitMs = Math.max(1, Math.min(deadlineMs, until - started))
        const deadline = new AbortController()
        controllers.add(deadline)
        const asked: Promise<void>[] = []
        let next = from
        do {
          const at = next++
          const settled = job.settled[at]
          if (settled === undefined) asked.push(askOne(at, deadline.signal, limitMs))
          else for (const sample of found[at]) scores[sample] = settled
        } while (next < found.length && asked.length < most && performance.now() - started < turnMs)
        const answered = within(Promise.all(asked), deadline, limitMs).then((late) => {
          controllers.delete(deadline)
          // Whoever has not answered by now is not heard any more.
          if (late !== undefined)
            for (let at = from; at < next; at++) for (const sample of found[at]) scores[sample] ??= late
        })
        return { next, answered }
      }
      /** Asks for one piece; what it does before its first await is its own doing, and marked so. */
      const askOne = (at: number, signal: AbortSignal, limitMs: number): Promise<void> => {
        const piece = found[at]
        progress.begin(job.id, at, limitMs)
        const asked = answerOf(
          reward,
          piece.map((sample) => samples[sample]),
          signal,
        )
        progress.end()
        return asked.then((answers) => {
          for (let i = 0; i < piece.length; i++) scores[piece[i]] ??= answers[i]
        })
      }
      /** Undefined where all have answered in time, else what the others are given. */
      const within = (all: Promise<unknown>, deadline: AbortController, limitMs: number): Promise<Score | undefined> =>
        new Promise((resolve) => {
          const expire = () => deadline.abort(new Error(`no answer within ${Math.round(limitMs)} ms`))
          const timer = setTimeout(expire, Math.min(limitMs, 2 ** 31 - 1))
          deadline.signal.onabort = () => {
            clearTimeout(timer)
            resolve(unscored('deadline', `${reward.name}: ${messageOf(deadline.signal.reason)}`))
          }
          all.then(() => {
            clearTimeout(timer)
            resolve(undefined)
          })
        })

      if (job.alone) {
        for (let at = 0; at < found.length; at++) {
          begin(job.id, at)
          await turn(at, 1).answered
        }
      } else if (gate !== undefined) {
        await Promise.all(found.map((_, at) => gate(() => turn(at, 1).answered)))
      } else {
        const waits: Promise<void>[] = []
        for (let at = 0; at < found.length; ) {
          if (at > 0) await setImmediate()
          const { next, answered } = turn(at, Number.POSITIVE_INFINITY)
          waits.push(answered)
          at = next
        }
        await Promise.all(waits)
      }
      running.delete(job.id)
      return scores
    },
    cancel(job) {
      for (const controller of running.get(job) ?? []) controller.abort(new Error('the caller has gone'))
    },
  }
}

/** Runs at most `most` tasks at a time; undefined where there is no limit. */
function limiter(most: number | undefined): ((task: () => Promise<void>) => Promise<void>) | undefined {
  if (most === undefined) return undefined
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running >= most) await new Promise<void>((resume) => waiting.push(resume))
    else running++
    await task()
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}
