/**
 * Hands requests to scoring processes and survives their deaths. What a process had not answered when it ended goes to
 * another one: a request that was accepted is answered. A piece that ends or blocks its process is found, answered for as
 * Unscored, and left out the next time:
 *
 *     blocked  the watchdog names the piece: it is settled, its process killed, everything else asked again
 *     died     its jobs are asked again alone, piece by piece, each announced, so that the next death has a name
 *     killed   by a signal from elsewhere: its jobs are asked again; from the second time on, alone
 */
import { GuerdonError } from '../data/error.ts'
import { type Unscored, unscored } from '../data/score.ts'
import type { IsolatedModule } from '../rewards/isolatedWorker.ts'
import type { Log } from './log.ts'
import type { AnswerHead, Control, Introduction } from './messages.ts'
import { type EndCause, type ScoringProcess, scoringProcess } from './scoringProcess.ts'

export interface DispatcherOptions {
  readonly module: IsolatedModule
  /** Processes that score at once; one more is kept ready to take the place of one that ends. */
  readonly workers: number
  /** Milliseconds for one piece. */
  readonly deadlineMs: number
  /** Requests that a process has at once. */
  readonly inFlight: number
  /** Requests that wait at most; more are refused. */
  readonly queueLimit: number
  readonly memoryMb: number
  readonly startMs: number
  readonly unscoredValue?: number
  readonly log: Log
}

export interface Answer {
  readonly head: AnswerHead
  readonly body: Buffer
}

/** Nobody can take the request now; it may be sent again. */
export class Overloaded extends Error {}

/** A request that was accepted. */
export interface Ticket {
  /** Rejects with `Overloaded` where its time was over before it was answered. */
  readonly answer: Promise<Answer>
  /** Nobody waits for the answer any more. */
  cancel(): void
}

export interface Dispatcher {
  readonly reward: Introduction
  readonly state: {
    readonly queued: number
    readonly inFlight: number
    readonly ready: number
    readonly deaths: number
  }
  /** Takes a request. Throws `Overloaded` where too many wait already. */
  run(route: string, body: Uint8Array, leftMs: number): Ticket
  /** Kills the processes; what they still had is rejected. */
  close(): void
}

interface Job {
  readonly id: number
  readonly route: string
  readonly body: Uint8Array
  readonly until: number
  /** Pieces that are answered for already. */
  settled: Record<number, Unscored> | undefined
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: Error) => void
  /** Processes that ended under it. */
  deaths: number
  /** The piece it has begun, where it runs alone. */
  piece: number | undefined
  worker: Worker | undefined
}

interface Worker {
  readonly process: ScoringProcess
  /** In the order they were given to it. */
  readonly jobs: Job[]
  ready: boolean
  /** Runs a job that must run alone. */
  alone: boolean
}

/** Deaths after which a job runs alone. */
const suspicious = 2
const sweepMs = 200
/** How much longer than its own deadline a request may take before nobody waits for it. */
const graceMs = 2000

/** Starts the processes and waits for the first. Throws a GuerdonError where the reward cannot be loaded. */
export async function dispatcher(options: DispatcherOptions): Promise<Dispatcher> {
  const { log } = options
  const workers: Worker[] = []
  const queue: Job[] = []
  const introduced = Promise.withResolvers<Introduction>()
  let [ids, deaths, failures] = [0, 0, 0]
  let closed = false
  let reward: Introduction | undefined

  const recruit = () => {
    if (closed) return
    const jobs: Job[] = []
    const process = scoringProcess(
      {
        start: {
          module: options.module,
          deadlineMs: options.deadlineMs,
          ...(options.unscoredValue === undefined ? {} : { unscoredValue: options.unscoredValue }),
        },
        memoryMb: options.memoryMb,
        startMs: options.startMs,
      },
      {
        ready(introduction) {
          reward ??= introduction
          failures = 0
          worker.ready = true
          log('info', 'worker ready', { pid: process.pid })
          introduced.resolve(introduction)
          pump()
        },
        answer: (head, body) => {
          const job = take(jobs, head.id)
          if (job === undefined) return
          worker.alone = false
          job.resolve({ head, body })
          pump()
        },
        control: (control) => heed(worker, control),
        ended: (cause, reason) => bury(worker, cause, reason),
      },
    )
    const worker: Worker = { process, jobs, ready: false, alone: false }
    workers.push(worker)
  }

  /** The watchdog says that the process is stuck: what is to blame is settled, and the process makes room. */
  const heed = (worker: Worker, control: Control) => {
    const job = worker.jobs.find(({ id }) => id === control.job)
    if (control.kind === 'begin') {
      if (job !== undefined) job.piece = control.piece
      return
    }
    const piece = control.piece ?? job?.piece
    const late = () =>
      unscored('deadline', `${reward?.name}: no answer within ${control.ms} ms; its process was killed`)
    if (job !== undefined && piece !== undefined) settle(job, piece, late())
    // Where the caller has gone there is nobody to tell, but the process must go all the same.
    else if (control.job === undefined)
      for (const each of worker.jobs) {
        // After an await the piece cannot be told: whoever was there is asked again alone, where it can.
        if (each.piece !== undefined) settle(each, each.piece, late())
        each.deaths = suspicious
      }
    for (const each of worker.jobs) each.piece = undefined
    worker.process.kill(`stuck for ${control.ms} ms`)
  }

  const bury = (worker: Worker, cause: EndCause, reason: string) => {
    workers.splice(workers.indexOf(worker), 1)
    if (closed) return
    deaths++
    log(cause === 'unfit' ? 'error' : 'warn', 'worker ended', {
      pid: worker.process.pid,
      reason,
      requests: worker.jobs.length,
    })
    if (reward === undefined) {
      introduced.reject(new GuerdonError(reason, { where: 'the reward' }))
      return
    }
    for (const job of worker.jobs) {
      job.worker = undefined
      if (job.piece !== undefined) settle(job, job.piece, unscored('sandbox', `${reward.name}: ${reason}`))
      job.piece = undefined
      // A signal from elsewhere is nobody's fault, until it comes again.
      if (cause !== 'ended') job.deaths += cause === 'killed' ? 1 : suspicious
    }
    // In front, in the order they came: they have waited longest.
    queue.unshift(...worker.jobs)
    // A reward that no longer loads is tried again, less and less often.
    if (!worker.ready) failures++
    setTimeout(recruit, failures === 0 ? 0 : Math.min(10_000, 100 * 2 ** failures))
    pump()
  }

  const pump = () => {
    while (queue.length > 0) {
      const alone = queue[0].deaths >= suspicious
      const worker = free(alone)
      if (worker === undefined) return
      const job = queue.shift()
      if (job !== undefined) give(worker, job, alone)
    }
  }
  /** Of the processes at work (the spare one is not) the one with the least to do. */
  const free = (alone: boolean): Worker | undefined => {
    let best: Worker | undefined
    let seen = 0
    for (const worker of workers) {
      if (!worker.ready) continue
      if (seen++ === options.workers) break
      if (worker.alone || worker.jobs.length >= (alone ? 1 : options.inFlight)) continue
      if (best === undefined || worker.jobs.length < best.jobs.length) best = worker
    }
    return best
  }
  const give = (worker: Worker, job: Job, alone: boolean) => {
    job.worker = worker
    worker.alone = alone
    worker.jobs.push(job)
    const { id, route, settled, until, body } = job
    const leftMs = Math.max(1, Math.ceil(until - performance.now()))
    worker.process.send({ id, route, leftMs, settled, alone: alone || undefined }, body)
  }
  /** Gives up on a job, wherever it is; one that is answered is nowhere. */
  const drop = (job: Job, reason: Error) => {
    const { worker } = job
    if (take(worker?.jobs ?? queue, job.id) === undefined) return
    if (worker !== undefined) {
      worker.alone = false
      worker.process.cancel(job.id)
    }
    job.reject(reason)
    pump()
  }
  const sweep = setInterval(() => {
    const now = performance.now()
    for (const job of [...queue, ...workers.flatMap(({ jobs }) => jobs)]) {
      const late = now - job.until
      if (job.worker === undefined ? late > 0 : late > graceMs)
        drop(job, new Overloaded(`no answer within the request's time; ${queue.length} requests are waiting`))
    }
  }, sweepMs)

  for (let i = 0; i <= options.workers; i++) recruit()
  const close = () => {
    closed = true
    clearInterval(sweep)
    const left = queue.splice(0)
    for (const { process, jobs } of workers.splice(0)) {
      left.push(...jobs.splice(0))
      process.kill('the server is closed')
    }
    for (const job of left) job.reject(new Overloaded('the server is closed'))
  }
  const introduction = await introduced.promise.catch((thrown) => {
    close()
    throw thrown
  })

  return {
    reward: introduction,
    get state() {
      const ready = workers.filter((worker) => worker.ready).length
      return { queued: queue.length, inFlight: workers.reduce((sum, { jobs }) => sum + jobs.length, 0), ready, deaths }
    },
    run(route, body, leftMs) {
      if (closed) throw new Overloaded('the server is closed')
      if (queue.length >= options.queueLimit) throw new Overloaded(`${queue.length} requests are waiting`)
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      const until = performance.now() + leftMs
      const job: Job = {
        id: ++ids,
        route,
        body,
        until,
        settled: undefined,
        resolve,
        reject,
        deaths: 0,
        piece: undefined,
        worker: undefined,
      }
      queue.push(job)
      pump()
      return { answer: promise, cancel: () => drop(job, new Overloaded('the caller has gone')) }
    },
    close,
  }
}

function settle(job: Job, piece: number, answer: Unscored): void {
  job.settled ??= {}
  job.settled[piece] = answer
}

/**
 * Takes the job of this number out of a list. Lists, and no Map by number: a Map that keeps gaining and losing entries
 * leaves tables behind that point to each other, and one of them grown old holds every job of all later ones until the
 * whole heap is collected.
 */
function take(jobs: Job[], id: number): Job | undefined {
  const at = jobs.findIndex((job) => job.id === id)
  return at < 0 ? undefined : jobs.splice(at, 1)[0]
}
