/**
 * A pool of worker threads that do jobs for code nobody trusts with time or memory: a job past its deadline is killed
 * with its thread, even in an endless loop, and the next job gets a fresh one. A worker does one job at a time, so a
 * kill loses that job alone.
 *
 * It guards against loops, crashes and memory, not against malice: the code runs with this process's rights.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../data/error.ts'
import { workerFlags } from '../data/workerFlags.ts'
import type { Answer, FromWorker, ToWorker, WorkerStart } from './poolWorker.ts'

export interface PoolOptions {
  /** URL of the module that does the jobs; its default export is a `MakeHandler`. */
  readonly handler: string
  /** Given to each worker's `MakeHandler`; must survive structured cloning. */
  readonly data?: unknown
  /** Most threads at once. */
  readonly workers: number
  /** Heap of each worker in megabytes. Default 512. A worker that wants more is lost with its job. */
  readonly memoryMb?: number
  /** Milliseconds a worker may take to load its modules. Default 30 000. */
  readonly startMs?: number
}

/** Makes what answers jobs, once in every worker. Jobs and answers must survive structured cloning. */
export type MakeHandler = (data: unknown) => Handler | Promise<Handler>
export type Handler = (job: unknown) => unknown

/** How a job ended: 'threw' is the handler's own error, 'lost' the worker's (crash, exit, out of memory, no start). */
export type Outcome = Answer | { readonly kind: 'lost' | 'deadline' | 'aborted'; readonly message: string }

export interface JobOptions {
  /** Milliseconds for this job, counted from when a ready worker takes it; waiting and start-up are not counted. */
  readonly deadlineMs: number
  /** Aborting kills the job. */
  readonly signal?: AbortSignal
}

export interface WorkerPool {
  /** The outcome of a job; never rejects. */
  run(job: unknown, options: JobOptions): Promise<Outcome>
  /** Kills all workers; what they or the queue still held is 'lost'. */
  close(): Promise<void>
}

/** Starts no thread before the first job. Idle workers do not keep the process alive. */
export function workerPool(options: PoolOptions): WorkerPool {
  const slots: Slot[] = Array.from({ length: Math.max(1, options.workers) }, () => ({}))
  const queue: Task[] = []
  const dying = new Set<Promise<unknown>>()
  let closed = false
  let jobs = 0

  const pump = () => {
    for (const slot of slots) {
      if (slot.task !== undefined) continue
      const task = queue.shift()
      if (task === undefined) return
      slot.task = task
      if (slot.worker === undefined) start(slot)
      else give(slot, slot.worker)
    }
  }

  const start = (slot: Slot) => {
    const { handler, data, memoryMb = 512, startMs = 30_000 } = options
    const workerData: WorkerStart = { handler, data }
    const resourceLimits = { maxOldGenerationSizeMb: memoryMb }
    let worker: Worker
    try {
      worker = new Worker(ENTRY, { workerData, resourceLimits, ...workerFlags() })
    } catch (thrown) {
      kill(slot, lost(`the worker could not start: ${messageOf(thrown)}`))
      return
    }
    slot.worker = worker
    slot.timer = after(startMs, () => kill(slot, lost(`the worker did not start within ${startMs} ms`)))
    // Events of a worker that was replaced meanwhile say nothing of the slot's present job.
    const mine =
      <T>(act: (event: T) => void) =>
      (event: T) => {
        if (slot.worker === worker) act(event)
      }
    worker.on(
      'message',
      mine((message: FromWorker | null | undefined) => receive(slot, worker, message)),
    )
    worker.on(
      'error',
      mine((error: unknown) => kill(slot, lost(`the worker crashed: ${messageOf(error)}`))),
    )
    worker.on(
      'messageerror',
      mine((error: unknown) => kill(slot, lost(`unreadable answer: ${messageOf(error)}`))),
    )
    worker.on(
      'exit',
      mine((code: number) => kill(slot, lost(`the worker exited with code ${code}`))),
    )
    // An error after the worker was given up must not reach the process.
    worker.on('error', () => {})
  }

  const receive = (slot: Slot, worker: Worker, message: FromWorker | null | undefined) => {
    if (message?.kind === 'ready') give(slot, worker)
    else if (message?.kind === 'unfit') kill(slot, lost(`the worker could not start: ${message.message}`))
    else if (message?.kind === 'answer' && message.id === slot.task?.id) {
      finish(slot, message.outcome)
      pump()
    }
  }

  const give = (slot: Slot, worker: Worker) => {
    const { task } = slot
    clearTimeout(slot.timer)
    if (task === undefined) return
    worker.ref()
    slot.timer = after(task.deadlineMs, () => {
      kill(slot, { kind: 'deadline', message: `no answer within ${task.deadlineMs} ms` })
    })
    const message: ToWorker = { id: task.id, job: task.job }
    try {
      worker.postMessage(message)
    } catch (thrown) {
      finish(slot, { kind: 'threw', message: `the job cannot be sent to a worker: ${messageOf(thrown)}` })
      pump()
    }
  }

  const finish = (slot: Slot, outcome: Outcome) => {
    const { task } = slot
    clearTimeout(slot.timer)
    slot.task = undefined
    slot.worker?.unref()
    task?.resolve(outcome)
  }

  const kill = (slot: Slot, outcome: Outcome) => {
    const { worker } = slot
    slot.worker = undefined
    if (worker !== undefined) {
      const death = worker.terminate().finally(() => dying.delete(death))
      dying.add(death)
    }
    finish(slot, outcome)
    pump()
  }

  const abandon = (task: Task, outcome: Outcome) => {
    const waiting = queue.indexOf(task)
    if (waiting >= 0) {
      queue.splice(waiting, 1)
      task.resolve(outcome)
      return
    }
    const slot = slots.find((candidate) => candidate.task === task)
    if (slot !== undefined) kill(slot, outcome)
  }

  return {
    async run(job, { deadlineMs, signal }) {
      const aborted = (): Outcome => ({ kind: 'aborted', message: messageOf(signal?.reason) })
      if (closed) return CLOSED
      if (signal?.aborted) return aborted()
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const task: Task = { id: ++jobs, job, deadlineMs, resolve }
      const abort = () => abandon(task, aborted())
      signal?.addEventListener('abort', abort, { once: true })
      queue.push(task)
      pump()
      const outcome = await promise
      signal?.removeEventListener('abort', abort)
      return outcome
    },
    async close() {
      closed = true
      for (const task of queue.splice(0)) task.resolve(CLOSED)
      for (const slot of slots) kill(slot, CLOSED)
      await Promise.all(dying)
    },
  }
}

interface Task {
  readonly id: number
  readonly job: unknown
  readonly deadlineMs: number
  readonly resolve: (outcome: Outcome) => void
}

/** A place for one worker: empty until its first job and again after each kill. */
interface Slot {
  worker?: Worker | undefined
  task?: Task | undefined
  timer?: NodeJS.Timeout | undefined
}

// The same file runs from source and from a build: its neighbour has the same extension.
const ENTRY = new URL(`./poolWorker${extname(import.meta.url)}`, import.meta.url)

const CLOSED: Outcome = { kind: 'lost', message: 'the worker pool is closed' }

function lost(message: string): Outcome {
  return { kind: 'lost', message }
}

// Node's timers hold 31 bits; a longer wait than 24 days is no limit.
function after(milliseconds: number, act: () => void): NodeJS.Timeout | undefined {
  return milliseconds < 2 ** 31 ? setTimeout(act, milliseconds) : undefined
}
