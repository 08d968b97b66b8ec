/**
 * Lanes: threads that share one small model's weights, each with an engine of one thread, and divide a call's sequences
 * among them. A small model's operators are over too soon to be worth dividing: two threads inside each of them wait for
 * each other at every one, two lanes only at the end.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { GuerdonError } from '../../data/error.ts'
import type { Readout, Want } from '../../data/readout.ts'
import type { Sequence } from '../../data/rollout.ts'
import { workerFlags } from '../../data/workerFlags.ts'
import { type AdamWOptions, type AdamWState, nextUpdate, type Stretch, stretch } from '../../nn/adamw.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { isSmall, type Layout } from '../../nn/parameters.ts'
import type { ForwardOptions } from '../policy.ts'
import type { BackwardResult, BackwardWork } from './backward.ts'
import type { SamplingWeights } from './decodeProgram.ts'
import type { LaneAnswer, LaneJob, LaneMessage, LaneStart } from './laneWorker.ts'
import { pieceLimits } from './microbatch.ts'
import type { FinishedRow, RowParts, RowRequest } from './rows.ts'

export interface Lanes {
  forward(
    values: Float32Array,
    sequences: readonly Sequence[],
    want: readonly Want[],
    options: ForwardOptions,
  ): Promise<Readout[]>
  /** Adds to `gradient`, lane by lane in their order. */
  backward(values: Float32Array, work: BackwardWork, gradient: Float32Array): Promise<BackwardResult>
  /** One step of AdamW on shared arrays. Gives the gradient's norm; where that is not finite nothing is changed. */
  step(values: Float32Array, gradient: Float32Array, state: AdamWState, options: AdamWOptions): Promise<number>
  /** Whether they have been started. */
  readonly running: boolean
  /** @param generation changes with the weights */
  decode(
    values: Float32Array,
    generation: number,
    parts: Pick<RowParts, 'rows' | 'known' | 'ends'>,
    requests: readonly RowRequest[],
    signal?: AbortSignal,
  ): AsyncGenerator<FinishedRow>
  close(): Promise<void>
}

const mostLanes = 4

/** How many lanes a model is given on a processor with this many threads; 1: none. */
export function laneCount(plan: Layout, threads: number): number {
  return isSmall(plan) ? Math.min(threads, mostLanes) : 1
}

/**
 * Whether a call is large enough: below, starting threads and compiling in each costs more than it saves. It depends on the
 * call alone, so that a run that is resumed divides its calls as before.
 *
 * @param passes 1 for a forward pass, 3 with the gradient
 */
export function worthLanes(parameters: number, rows: number, tokens: number, passes: 1 | 3): boolean {
  return rows >= 16 && 2 * passes * parameters * tokens >= 1e9
}

// The same file runs from source and from a build: its neighbour has the same extension.
const ENTRY = new URL(`./laneWorker${extname(import.meta.url)}`, import.meta.url)

/** Threads are started with the first call. */
export function openLanes(
  count: number,
  settings: {
    readonly config: DecoderConfig
    readonly plan: Layout
    readonly threads: number
    readonly budget: number
    readonly sampling: SamplingWeights
  },
): Lanes {
  const { config, plan, sampling } = settings
  const { size } = plan
  const threads = Math.max(1, Math.floor(settings.threads / count))
  let opened: readonly Lane[] | undefined
  const lanes = () => {
    opened ??= Array.from({ length: count }, () =>
      openLane({
        config,
        sampling,
        threads,
        limits: pieceLimits(plan, settings.budget / count, threads),
        gradient: sharedFloats(size),
        parked: new Int32Array(new SharedArrayBuffer(4)),
      }),
    )
    return opened
  }

  /** A job for every lane, each with its stretch of the model's flat arrays. */
  const each = (job: (of: Stretch) => Unnumbered<LaneJob>) =>
    Promise.all(lanes().map((lane, i) => lane.ask(job(stretch(size, i, count))).answer))

  return {
    get running() {
      return opened !== undefined
    },
    async step(values, gradient, state, options) {
      const answers = await each((of) => ({ kind: 'squares', gradient, of }))
      const sums = answers.flatMap((answer) => (answer.kind === 'squares' ? answer.sums : []))
      const next = nextUpdate(sums, state, options)
      if (!Number.isFinite(next.norm)) return next.norm
      const { first, second } = state
      await each((of) => ({ kind: 'update', values, gradient, moments: { first, second }, options, update: next, of }))
      state.steps = next.step
      return next.norm
    },
    async forward(values, sequences, want, options) {
      const shares = dealt(sequences, count)
      const readouts: Readout[] = new Array(sequences.length)
      await Promise.all(
        lanes().map(async (lane, i) => {
          const own = shares[i].map((at) => sequences[at])
          const answer = await lane.ask({ kind: 'forward', values, sequences: own, want, options }).answer
          if (answer.kind === 'forward') for (const [k, at] of shares[i].entries()) readouts[at] = answer.readouts[k]
        }),
      )
      return readouts
    },
    async backward(values, { sequences, coefficients, teachers }, gradient) {
      const shares = dealt(sequences, count)
      const logprobs: Float32Array[] = new Array(sequences.length)
      const divergence: Float32Array[] = new Array(sequences.length)
      await Promise.all(
        lanes().map(async (lane, i) => {
          const own = <T>(each: readonly T[]) => shares[i].map((at) => each[at])
          const work = {
            sequences: own(sequences),
            coefficients: own(coefficients),
            ...(teachers === undefined ? {} : { teachers: own(teachers) }),
          }
          const answer = await lane.ask({ kind: 'backward', values, work }).answer
          if (answer.kind !== 'backward') return
          for (const [k, at] of shares[i].entries()) {
            logprobs[at] = answer.result.logprobs[k]
            if (answer.result.divergence !== undefined) divergence[at] = answer.result.divergence[k]
          }
        }),
      )
      const from = lanes().map((lane) => lane.gradient)
      await each((of) => ({ kind: 'gather', into: gradient, from, of }))
      return teachers === undefined ? { logprobs } : { logprobs, divergence }
    },
    async *decode(values, generation, parts, requests, signal) {
      const arrived: FinishedRow[] = []
      let failure: { readonly error: unknown } | undefined
      let wake = () => {}
      const rows = Math.ceil(parts.rows / count)
      let working = count
      const jobs = lanes().map((lane, i) =>
        lane.ask({ kind: 'decode', values, generation, ...parts, rows, requests: share(requests, i, count) }, (row) => {
          arrived.push(row)
          wake()
        }),
      )
      for (const { answer } of jobs)
        answer
          .catch((error: unknown) => {
            failure ??= { error }
          })
          .finally(() => {
            working--
            wake()
          })
      const aborted = () => wake()
      signal?.addEventListener('abort', aborted)
      try {
        for (;;) {
          signal?.throwIfAborted()
          if (failure !== undefined) throw failure.error
          yield* arrived.splice(0)
          if (arrived.length > 0 || failure !== undefined) continue
          if (working === 0) return
          const { promise, resolve } = Promise.withResolvers<void>()
          wake = resolve
          await promise
        }
      } finally {
        signal?.removeEventListener('abort', aborted)
        if (working > 0) for (const { cancel } of jobs) cancel()
      }
    },
    async close() {
      await Promise.all((opened ?? []).map((lane) => lane.close()))
      opened = undefined
    },
  }
}

interface Asked {
  readonly answer: Promise<LaneAnswer>
  /** Its answer is not waited for any more. */
  cancel(): void
}

interface Lane {
  readonly gradient: Float32Array
  ask(job: Unnumbered<LaneJob>, onRow?: (row: FinishedRow) => void): Asked
  close(): Promise<void>
}

/** Without its number, each kind by itself. */
type Unnumbered<J> = J extends unknown ? Omit<J, 'id'> : never

/** Threads that run, by how they are told to stop for good. */
const running = new Map<Worker, Int32Array>()

/**
 * Node ends the threads of a process that exits, wherever they are. One that is inside ONNX Runtime then brings the process
 * down with it, so they are parked between two programs first: milliseconds for a token, at most a second for a piece.
 */
function parkAll(): void {
  const message: LaneMessage = { kind: 'park' }
  for (const worker of running.keys()) worker.postMessage(message)
  for (const parked of running.values()) Atomics.wait(parked, 0, 0, 10_000)
}

function openLane(workerData: LaneStart): Lane {
  const waiting = new Map<number, PromiseWithResolvers<LaneAnswer> & { readonly onRow?: (row: FinishedRow) => void }>()
  const worker = new Worker(ENTRY, { workerData, ...workerFlags() })
  const ended = Promise.withResolvers<void>()
  let next = 0
  let death: Error | undefined
  if (running.size === 0) process.on('exit', parkAll)
  running.set(worker, workerData.parked)
  // Between jobs it keeps no process alive.
  worker.unref()
  const settle = (id: number) => {
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
  }
  worker.on('message', (answer: LaneAnswer) => {
    const asked = waiting.get(answer.id)
    if (asked === undefined) return
    if (answer.kind === 'row') return asked.onRow?.(answer.row)
    settle(answer.id)
    if (answer.kind !== 'failed') asked.resolve(answer)
    else asked.reject(answer.mendable ? new GuerdonError(answer.message) : new Error(answer.message))
  })
  worker.on('error', (error) => {
    death ??= error
  })
  worker.on('exit', (code) => {
    running.delete(worker)
    if (running.size === 0) process.off('exit', parkAll)
    death ??= new Error(`a thread of the engine ended with code ${code}`)
    for (const [id, { reject }] of [...waiting]) {
      settle(id)
      reject(death)
    }
    ended.resolve()
  })
  const post = (message: LaneMessage) => worker.postMessage(message)
  return {
    gradient: workerData.gradient,
    ask(job, onRow) {
      const id = next++
      const asked = Promise.withResolvers<LaneAnswer>()
      if (death !== undefined) asked.reject(death)
      else {
        waiting.set(id, { ...asked, ...(onRow === undefined ? {} : { onRow }) })
        worker.ref()
        post({ ...job, id })
      }
      return {
        answer: asked.promise,
        cancel: () => {
          if (waiting.has(id)) post({ kind: 'cancel', id })
        },
      }
    },
    async close() {
      if (death !== undefined) return
      worker.ref()
      post({ kind: 'close' })
      await ended.promise
    },
  }
}

/** A copy in memory that threads share. */
export function sharedCopy(values: Float32Array): Float32Array {
  const copy = sharedFloats(values.length)
  copy.set(values)
  return copy
}

function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length))
}

/** Which sequences each lane gets: the longest first, there and back over the lanes, so that all have about the same work. */
function dealt(sequences: readonly Sequence[], count: number): readonly (readonly number[])[] {
  const order = [...sequences.keys()].sort((a, b) => sequences[b].tokens.length - sequences[a].tokens.length || a - b)
  const shares: number[][] = Array.from({ length: count }, () => [])
  for (const [turn, at] of order.entries()) {
    const round = Math.floor(turn / count)
    shares[round % 2 === 0 ? turn % count : count - 1 - (turn % count)].push(at)
  }
  return shares
}

/** A lane's share of the completions: neighbours stay together, so that few prompts are read twice. */
function share(requests: readonly RowRequest[], lane: number, count: number): readonly RowRequest[] {
  const total = requests.reduce((sum, { indices }) => sum + indices.length, 0)
  const [from, to] = [lane, lane + 1].map((i) => Math.round((total * i) / count))
  let at = 0
  return requests.map((request) => {
    const start = at
    at += request.indices.length
    return { ...request, indices: request.indices.slice(Math.max(0, from - start), Math.max(0, to - start)) }
  })
}
