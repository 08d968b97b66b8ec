/** The inside of a lane: a thread with an engine of its own that reads out, goes back and decodes its share of a call. */
import { parentPort, workerData } from 'node:worker_threads'
import { GuerdonError, messageOf } from '../../data/error.ts'
import type { Readout, Want } from '../../data/readout.ts'
import type { Sequence } from '../../data/rollout.ts'
import { type AdamWOptions, type AdamWState, type AdamWUpdate, type Stretch, squares, update } from '../../nn/adamw.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { decoderLayout } from '../../nn/decoder.ts'
import type { ForwardOptions } from '../policy.ts'
import { addTo, type BackwardResult, type BackwardWork, goBackward } from './backward.ts'
import type { SamplingWeights } from './decodeProgram.ts'
import { openDecoders } from './decoders.ts'
import type { PieceLimits } from './microbatch.ts'
import { localPrograms } from './programs.ts'
import { readOut } from './readOut.ts'
import { decodeRows, type FinishedRow, type RowRequest } from './rows.ts'
import type { Snapshot } from './weights.ts'

/** What the thread is started with. */
export interface LaneStart {
  readonly config: DecoderConfig
  readonly threads: number
  readonly limits: PieceLimits
  readonly sampling: SamplingWeights
  /** Shared memory that this lane alone adds its gradients to. */
  readonly gradient: Float32Array
  /** Shared memory: 1 once the thread has stopped for good. */
  readonly parked: Int32Array
}

/** Arrays as long as the weights are shared memory; `generation` counts the weights that a decoder was compiled for. */
export type LaneJob = { readonly id: number } & (
  | {
      readonly kind: 'forward'
      readonly values: Float32Array
      readonly sequences: readonly Sequence[]
      readonly want: readonly Want[]
      readonly options: ForwardOptions
    }
  | { readonly kind: 'backward'; readonly values: Float32Array; readonly work: BackwardWork }
  | {
      readonly kind: 'decode'
      readonly values: Float32Array
      readonly generation: number
      readonly rows: number
      readonly known: number
      readonly ends: readonly number[]
      readonly requests: readonly RowRequest[]
    }
  /** Empties a stretch of some arrays into another. */
  | {
      readonly kind: 'gather'
      readonly into: Float32Array
      readonly from: readonly Float32Array[]
      readonly of: Stretch
    }
  | { readonly kind: 'squares'; readonly gradient: Float32Array; readonly of: Stretch }
  | {
      readonly kind: 'update'
      readonly values: Float32Array
      readonly gradient: Float32Array
      readonly moments: Pick<AdamWState, 'first' | 'second'>
      readonly options: AdamWOptions
      readonly update: AdamWUpdate
      readonly of: Stretch
    }
)

/** A job, the end of one that nobody waits for any more, or the end of the thread. */
export type LaneMessage =
  | LaneJob
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'close' }
  /** The process ends: stop where no program is running, and stay there. */
  | { readonly kind: 'park' }

export type LaneAnswer = { readonly id: number } & (
  | { readonly kind: 'forward'; readonly readouts: readonly Readout[] }
  | { readonly kind: 'backward'; readonly result: BackwardResult }
  | { readonly kind: 'row'; readonly row: FinishedRow }
  | { readonly kind: 'squares'; readonly sums: readonly number[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string; readonly mendable: boolean }
)

if (parentPort !== null) serve(parentPort, workerData)

function serve(port: NonNullable<typeof parentPort>, start: LaneStart): void {
  const { config, threads, limits, sampling, gradient } = start
  const plan = decoderLayout(config)
  const engine = { threads, device: 'cpu' } as const
  const programs = localPrograms({ config, plan }, engine)
  const running = new Map<number, AbortController>()
  const decoders = openDecoders(engine, sampling)

  const doJob = async (job: LaneJob, signal: AbortSignal): Promise<LaneAnswer> => {
    const { id } = job
    const holding = (values: Float32Array): Snapshot => ({ config, plan, values })
    switch (job.kind) {
      case 'forward': {
        const { sequences, want, options } = job
        const readouts = await readOut(programs, holding(job.values), limits, sequences, want, options)
        return { id, kind: 'forward', readouts }
      }
      case 'backward': {
        const result = await goBackward(programs, holding(job.values), limits, job.work, gradient, () => 0)
        return { id, kind: 'backward', result }
      }
      case 'gather':
        for (const each of job.from) moveInto(job.into, each, job.of)
        return { id, kind: 'done' }
      case 'squares':
        return { id, kind: 'squares', sums: squares(job.gradient, job.of) }
      case 'update':
        update(plan, job.values, job.gradient, job.moments, job.options, job.update, job.of)
        return { id, kind: 'done' }
      case 'decode': {
        const { rows, known, ends } = job
        const snapshot = holding(job.values)
        const parts = {
          snapshot,
          decode: await decoders.of(snapshot, job.generation, job.requests),
          prefill: programs.prefill,
          rows,
          known,
          ends,
        }
        for await (const row of decodeRows(parts, job.requests, {}, signal))
          port.postMessage({ id, kind: 'row', row } satisfies LaneAnswer)
        return { id, kind: 'done' }
      }
    }
  }

  port.on('message', async (message: LaneMessage) => {
    if (message.kind === 'park') {
      Atomics.store(start.parked, 0, 1)
      Atomics.notify(start.parked, 0)
      Atomics.wait(start.parked, 0, 1)
      return
    }
    if (message.kind === 'close') {
      await decoders.close()
      await programs.close()
      port.close()
      return
    }
    const { id } = message
    if (message.kind === 'cancel') {
      running.get(id)?.abort()
      return
    }
    const controller = new AbortController()
    running.set(id, controller)
    try {
      port.postMessage(await doJob(message, controller.signal))
    } catch (thrown) {
      const failed: LaneAnswer = {
        id,
        kind: 'failed',
        message: messageOf(thrown),
        mendable: thrown instanceof GuerdonError,
      }
      port.postMessage(failed)
    } finally {
      running.delete(id)
    }
  })
}

/** Adds a stretch of one array to another and empties it. */
function moveInto(total: Float32Array, more: Float32Array, { from, to }: Stretch): void {
  addTo(total.subarray(from, to), more.subarray(from, to))
  more.fill(0, from, to)
}
