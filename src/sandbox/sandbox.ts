/**
 * The sandbox: runs programs nobody trusts, in processes that can do nothing, and has tests judge them from outside.
 * Workers start when the first program comes (the first Python worker in 1-3 s, later ones in 0.2 s from its snapshot).
 */
import { availableParallelism } from 'node:os'
import { GuerdonError, messageOf } from '../data/error.ts'
import {
  defaultLimits,
  type Language,
  type Limits,
  type Program,
  type Run,
  type Tests,
  type Verdict,
} from './program.ts'
import { keepSnapshot, readSnapshot } from './snapshotFile.ts'
import { runProgram, tryProgram } from './trial.ts'
import { startWorker, Vanished, type WorkerProcess } from './workerProcess.ts'
import { type Workforce, workforce } from './workforce.ts'

export interface SandboxOptions {
  /** How many programs run at once. Default: the number of processors, at most 8. */
  readonly workers?: number
  readonly limits?: Partial<Limits>
}

export interface Sandbox {
  /** How many programs it runs at once. */
  readonly workers: number
  /** Runs a program from top to bottom as a script with this standard input. Never rejects. */
  run(program: Program, stdin?: string, signal?: AbortSignal): Promise<Run>
  /** Runs a program and judges it by tests that it can neither see nor reach. Never rejects. */
  test(program: Program, tests: Tests, signal?: AbortSignal): Promise<Verdict>
  /** Ends all worker processes. An unused sandbox costs nothing and an idle one does not keep the process alive. */
  close(): void
  [Symbol.dispose](): void
}

/** Programs after which a worker is replaced, whatever it did: a bound on whatever could pile up in a process. */
const LIFETIME = 5000

/** How often a trial is held whose worker vanishes: if all of a trial's workers and the spare died together, four times. */
const TRIES = 5

/** Opens a sandbox. No process is started before the first program. */
export function openSandbox(options: SandboxOptions = {}): Sandbox {
  const limits = checked({ ...defaultLimits, ...options.limits })
  const workers = options.workers ?? Math.min(8, availableParallelism())
  if (!Number.isInteger(workers) || workers < 1) {
    throw new GuerdonError(`workers is ${workers}`, { where: 'sandbox', fix: 'give a whole number from 1' })
  }
  const forces = new Map<string, Workforce>()
  let closed = false
  const force = (role: 'subject' | 'judge', language: Language): Workforce => {
    if (closed) throw new Error('the sandbox is closed')
    const key = `${language} ${role}`
    const start = () => recruit(language, limits.memory * 2 ** 20)
    // A process that has run programs never becomes a judge. Judges are rarely lost and need no spare.
    const made = forces.get(key) ?? workforce(start, workers, role === 'subject' ? 1 : 0, LIFETIME)
    forces.set(key, made)
    return made
  }
  const close = () => {
    closed = true
    for (const made of forces.values()) made.close()
  }
  return {
    workers,
    run: (program, stdin = '', signal) =>
      attempt(async () => {
        const subjects = force('subject', program.language)
        const subject = await subjects.take()
        try {
          return await runProgram(subject, program, stdin, { limits, signal })
        } finally {
          subjects.give(subject)
        }
      }),
    test: (program, tests, signal) =>
      attempt(async () => {
        const judges = force('judge', program.language)
        const subjects = force('subject', program.language)
        const judge = await judges.take()
        try {
          const subject = await subjects.take()
          try {
            return await tryProgram(subject, judge, program, tests, { limits, signal })
          } finally {
            subjects.give(subject)
          }
        } finally {
          judges.give(judge)
        }
      }),
    close,
    [Symbol.dispose]: close,
  }
}

/**
 * Whatever goes wrong on this side is the sandbox's failure. A trial whose worker vanished (ended by something outside,
 * such as the system's want of memory) is held again.
 */
async function attempt<T>(trial: () => Promise<T>): Promise<T | { readonly kind: 'broken'; readonly reason: string }> {
  for (let tries = TRIES; ; tries--) {
    try {
      return await trial()
    } catch (thrown) {
      if (thrown instanceof Vanished && tries > 1) continue
      return { kind: 'broken', reason: messageOf(thrown) }
    }
  }
}

/** What the first worker of a language leaves for all later ones, of any sandbox in this process. */
const snapshots = new Map<Language, Promise<Uint8Array | undefined>>()

/** Starts a worker. The first of a language makes a snapshot of its interpreter; the others wait and start from it. */
async function recruit(language: Language, memoryBytes: number): Promise<WorkerProcess> {
  const known = snapshots.get(language)
  if (known !== undefined) return startWorker(language, memoryBytes, await known, () => undefined)
  const made = Promise.withResolvers<Uint8Array | undefined>()
  snapshots.set(language, made.promise)
  // Where nobody waits for it, a failure is told once, to whoever wanted this worker.
  made.promise.catch(() => undefined)
  const keep = (snapshot: Uint8Array) => {
    made.resolve(snapshot)
    void keepSnapshot(snapshot)
  }
  try {
    const kept = language === 'python' ? await readSnapshot() : undefined
    const started = startWorker(language, memoryBytes, kept, keep)
    // A snapshot on disk that does not start is made anew.
    const first = await (kept === undefined
      ? started
      : started.catch(() => startWorker(language, memoryBytes, undefined, keep)))
    made.resolve(kept)
    return first
  } catch (thrown) {
    snapshots.delete(language)
    made.reject(thrown)
    throw thrown
  }
}

function checked(limits: Limits): Limits {
  for (const [name, value] of Object.entries(limits)) {
    if (!(typeof value === 'number' && value > 0 && Number.isFinite(value))) {
      throw new GuerdonError(`the limit ${name} is ${value}`, { where: 'sandbox', fix: 'give a positive number' })
    }
  }
  if (limits.memory < 48) {
    throw new GuerdonError(`the memory limit is ${limits.memory} MiB`, {
      where: 'sandbox',
      fix: 'give at least 48: the Python interpreter itself takes 30',
    })
  }
  return limits
}
