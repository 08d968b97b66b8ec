/**
 * Scoring a request's samples inside a scoring process: piece by piece (a sample, or a prompt's samples where the reward
 * is listwise), all at once, each under its deadline. What has not answered by then is Unscored; the rest is kept.
 */
import { setImmediate } from 'node:timers/promises'
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

type GiveUp = (reason: Error) => void

/** A turn that is waited for. In a list for the reason that the dispatcher's jobs are. */
interface Waiting {
  readonly job: number
  readonly giveUp: GiveUp
}

/** Pieces are started for this many milliseconds before timers and other requests have their turn. */
const turnMs = 10

export function scoring({ reward, deadlineMs, progress, begin }: ScoringOptions): Scoring {
  const waiting: Waiting[] = []
  const gate = limiter(reward.concurrency)

  return {
    async score(samples, job) {
      const scores = new Array<Score>(samples.length)
      const found = pieces(reward, samples)
      const until = performance.now() + job.leftMs

      /** Where a piece has answered already, or was given up, the first word stands. */
      const keep = (at: number, answers: readonly Score[]) => {
        const piece = found[at]
        for (let i = 0; i < piece.length; i++) scores[piece[i]] ??= answers[i]
      }
      /** Asks for one piece; what it does before its first await is its own doing, and marked so. */
      const askOne = (at: number, signal: AbortSignal, limitMs: number): Score[] | Promise<Score[]> => {
        const piece = found[at].map((sample) => samples[sample])
        progress.begin(job.id, at, limitMs)
        const answers = answerOf(reward, piece, signal)
        progress.end()
        return answers
      }
      /** Starts pieces for a while, under one deadline. Gives where it stopped, and what is to be waited for, if anything. */
      const turn = (from: number, most: number): { readonly next: number; readonly answered?: Promise<void> } => {
        const started = performance.now()
        const limitMs = Math.max(1, Math.min(deadlineMs, until - started))
        const deadline = new AbortController()
        const open: Promise<void>[] = []
        let next = from
        do {
          const at = next++
          const settled = job.settled?.[at]
          const answers = settled === undefined ? askOne(at, deadline.signal, limitMs) : found[at].map(() => settled)
          if (Array.isArray(answers)) keep(at, answers)
          else open.push(answers.then((late) => keep(at, late)))
        } while (next < found.length && next - from < most && performance.now() - started < turnMs)
        if (open.length === 0) return { next }

        const { promise: answered, resolve } = Promise.withResolvers<void>()
        const end = () => {
          clearTimeout(timer)
          const at = waiting.indexOf(waited)
          if (at >= 0) waiting.splice(at, 1)
          resolve()
        }
        // Called, and not a listener of the signal: a signal that is listened to outlives its request until the whole heap
        // is collected, and a thousand requests a second fill it.
        const giveUp: GiveUp = (reason) => {
          deadline.abort(reason)
          const late = unscored('deadline', `${reward.name}: ${reason.message}`)
          for (let at = from; at < next; at++) for (const sample of found[at]) scores[sample] ??= late
          end()
        }
        const expire = () => giveUp(new Error(`no answer within ${Math.round(limitMs)} ms`))
        const timer = setTimeout(expire, Math.min(limitMs, 2 ** 31 - 1))
        const waited: Waiting = { job: job.id, giveUp }
        waiting.push(waited)
        void Promise.all(open).then(end)
        return { next, answered }
      }

      if (job.alone) {
        for (let at = 0; at < found.length; at++) {
          begin(job.id, at)
          await turn(at, 1).answered
        }
      } else if (gate !== undefined) {
        await Promise.all(found.map((_, at) => gate(async () => turn(at, 1).answered)))
      } else {
        const waits: Promise<void>[] = []
        for (let at = 0; at < found.length; ) {
          if (at > 0) await setImmediate()
          const { next, answered } = turn(at, Number.POSITIVE_INFINITY)
          if (answered !== undefined) waits.push(answered)
          at = next
        }
        if (waits.length > 0) await Promise.all(waits)
      }
      return scores
    },
    cancel(job) {
      const gone = waiting.filter((turn) => turn.job === job)
      for (const { giveUp } of gone) giveUp(new Error('the caller has gone'))
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
