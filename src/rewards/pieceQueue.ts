/**
 * Pieces of work for a pool of workers, several to a message: a message costs more than a quick reward does. A worker
 * takes new pieces for a few milliseconds and then hands back what it has, so that each piece keeps its own deadline, and
 * says in shared memory which piece it is at, so that a kill is blamed on that piece alone; the others are asked again.
 */
import { messageOf } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import type { Outcome, WorkerPool } from '../sandbox/workerPool.ts'
import type { IsolatedJob } from './isolatedWorker.ts'

/** The outcome of asking the reward about these samples in one call; never rejects. */
export type AskPool = (samples: readonly Sample[], signal?: AbortSignal) => Promise<Outcome>

interface Piece {
  readonly samples: readonly Sample[]
  readonly settle: (outcome: Outcome) => void
  settled: boolean
  /** In a batch that failed without anyone to blame: asked by itself the next time. */
  alone: boolean
  /** Tells the worker that holds it that its answer is no longer wanted. */
  leave?: () => void
}

/** Most pieces in a message. */
const MOST = 32
/** How long a worker goes on with new pieces of a message, in milliseconds. */
export const TURN_MS = 20

/** Shares out pieces over `workers` threads; a piece that takes longer than `deadlineMs` is killed with its thread. */
export function pieceQueue(pool: WorkerPool, workers: number, deadlineMs: number): AskPool {
  const waiting: Piece[] = []
  // One message at work and one behind it for each thread, so that none waits for this one.
  const lanes = 2 * workers
  let atWork = 0
  let planned = false

  const plan = () => {
    if (planned) return
    planned = true
    // After all that this turn has to ask.
    queueMicrotask(() => {
      planned = false
      while (atWork < lanes && waiting.length > 0) void work(take())
    })
  }

  const take = (): Piece[] => {
    if (waiting[0].alone) return waiting.splice(0, 1)
    const share = Math.min(MOST, Math.ceil(waiting.length / (lanes - atWork)))
    const alone = waiting.findIndex((piece, i) => i < share && piece.alone)
    return waiting.splice(0, alone < 0 ? share : alone)
  }

  const work = async (batch: readonly Piece[]) => {
    atWork++
    const turn = new Int32Array(new SharedArrayBuffer(4 * (1 + batch.length)))
    const stop = new AbortController()
    batch.forEach((piece, i) => {
      piece.leave = () => {
        Atomics.store(turn, 1 + i, 1)
        if (Atomics.load(turn, 0) === 1 + i) stop.abort()
      }
    })
    const job: IsolatedJob = { kind: 'score', pieces: batch.map(({ samples }) => samples), turn }
    const limit = batch.length === 1 ? deadlineMs : deadlineMs + TURN_MS
    const outcome = await pool.run(job, { deadlineMs: limit, signal: stop.signal })
    atWork--
    if (outcome.kind === 'done' && Array.isArray(outcome.value)) {
      const answers: readonly Outcome[] = outcome.value
      for (const [i, answer] of answers.entries()) batch[i].settle(answer)
    } else {
      const blamed = batch.length === 1 ? 0 : Atomics.load(turn, 0) - 1
      const late = outcome.kind === 'deadline'
      batch[blamed]?.settle(late ? { ...outcome, message: `no answer within ${deadlineMs} ms` } : outcome)
      if (blamed < 0) for (const piece of batch) piece.alone = true
    }
    waiting.unshift(...batch.filter(({ settled }) => !settled))
    plan()
  }

  return (samples, signal) => {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const aborted = (): Outcome => ({ kind: 'aborted', message: messageOf(signal?.reason) })
    if (signal?.aborted) return Promise.resolve(aborted())
    const abort = () => {
      piece.settle(aborted())
      const at = waiting.indexOf(piece)
      if (at >= 0) waiting.splice(at, 1)
      else piece.leave?.()
    }
    const piece: Piece = {
      samples,
      settled: false,
      alone: false,
      settle(outcome) {
        if (piece.settled) return
        piece.settled = true
        signal?.removeEventListener('abort', abort)
        resolve(outcome)
      },
    }
    signal?.addEventListener('abort', abort, { once: true })
    waiting.push(piece)
    plan()
    return promise
  }
}
