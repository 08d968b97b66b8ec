/**
 * A reward in worker threads: what cannot be interrupted from within (an endless loop, a catastrophic regular
 * expression, a leak) is killed from without, and only its own sample is lost.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { extname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { GuerdonError } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import { type Score, unscored } from '../data/score.ts'
import { type Outcome, type WorkerPool, workerPool } from '../sandbox/workerPool.ts'
import { checkedScores, pieces } from './ask.ts'
import type { Description, IsolatedJob, IsolatedModule } from './isolatedWorker.ts'
import { pieceQueue } from './pieceQueue.ts'
import type { Reward } from './reward.ts'

export interface IsolatedOptions {
  /** The export that is the reward. Default 'default'. */
  readonly exportName?: string
  /** Threads. Default: one less than the processor has, at least 1. */
  readonly workers?: number
  /** Milliseconds for one sample (one prompt's samples where the reward is listwise). Default 10 000. */
  readonly deadlineMs?: number
  /** Heap of each worker in megabytes. Default 512. */
  readonly memoryMb?: number
  /** Milliseconds for loading the module. Default 30 000. */
  readonly startMs?: number
}

/** Close it when done: its workers do not keep the process alive, but they hold memory. */
export interface IsolatedReward extends Reward, AsyncDisposable {
  close(): Promise<void>
}

/**
 * The reward that a module exports, run in worker threads. Each sample is a call of its own under its own deadline;
 * a listwise reward gets each prompt's samples in one call. Past the deadline the thread is terminated and the sample is
 * Unscored at 'deadline'; a worker that crashes, exits or runs out of memory makes it Unscored at 'sandbox'. Quick calls
 * share a message to their thread; those that shared it with the one that was killed are made again.
 * Samples and scores are copied between threads. For time and memory, not for malice: see `workerPool`.
 *
 *     await using reward = await isolated('./reward.ts', { deadlineMs: 2_000 })
 *
 * @param module a path (from the working directory) or a file URL
 * @throws GuerdonError where the file is missing, does not load, or exports no such reward
 */
export async function isolated(module: string | URL, options: IsolatedOptions = {}): Promise<IsolatedReward> {
  const { exportName = 'default', deadlineMs = 10_000, startMs = 30_000 } = options
  const { workers = Math.max(1, availableParallelism() - 1), memoryMb = 512 } = options
  const url = fileUrl(module)
  const data: IsolatedModule = { url: url.href, exportName }
  const pool = workerPool({ handler: HANDLER, data, workers, memoryMb, startMs })
  const description = await describe(pool, url, exportName, startMs)

  const askPool = pieceQueue(pool, workers, deadlineMs)
  const score = async (samples: readonly Sample[], signal?: AbortSignal) => {
    const scores = new Array<Score>(samples.length)
    const jobs = pieces(description, samples).map(async (piece) => {
      const outcome = await askPool(
        piece.map((at) => samples[at]),
        signal,
      )
      const answers = toScores(outcome, piece.length, description.name)
      piece.forEach((at, i) => {
        scores[at] = answers[i]
      })
    })
    await Promise.all(jobs)
    return scores
  }
  return {
    ...description,
    concurrency: workers,
    score,
    close: pool.close,
    [Symbol.asyncDispose]: pool.close,
  }
}

// The same file runs from source and from a build: its neighbour has the same extension.
const HANDLER = new URL(`./isolatedWorker${extname(import.meta.url)}`, import.meta.url).href

function fileUrl(module: string | URL): URL {
  const url = module instanceof URL || module.startsWith('file:') ? new URL(module) : pathToFileURL(resolve(module))
  if (url.protocol === 'file:' && !existsSync(fileURLToPath(url))) {
    throw new GuerdonError('there is no such file', {
      where: fileURLToPath(url),
      fix: 'give the path of the module that exports the reward, from the working directory',
    })
  }
  return url
}

async function describe(pool: WorkerPool, url: URL, exportName: string, startMs: number): Promise<Description> {
  const job: IsolatedJob = { kind: 'describe' }
  const outcome = await pool.run(job, { deadlineMs: startMs })
  if (outcome.kind === 'done' && isDescription(outcome.value)) return outcome.value
  await pool.close()
  throw new GuerdonError(outcome.kind === 'done' ? 'the worker answered something else' : outcome.message, {
    where: fileURLToPath(url),
    fix: `export a reward as '${exportName}', for example with defineReward`,
  })
}

function isDescription(value: unknown): value is Description {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
}

function toScores(outcome: Outcome, count: number, name: string): Score[] {
  if (outcome.kind === 'done') return checkedScores(outcome.value, count, name)
  const at = { threw: 'reward', lost: 'sandbox', deadline: 'deadline', aborted: 'deadline' } as const
  const verb = outcome.kind === 'threw' ? ' threw' : ''
  return new Array<Score>(count).fill(unscored(at[outcome.kind], `${name}${verb}: ${outcome.message}`))
}
