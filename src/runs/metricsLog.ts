/**
 * metrics.jsonl, one line a step, and the same numbers for TensorBoard. The lines are the truth and the event file
 * their image: a resumed run writes it anew from the lines that stayed.
 */
import { open, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { openJsonlLog } from '../data/appendJsonl.ts'
import { type AppendQueue, appendQueue } from '../data/appendQueue.ts'
import { writeStreamAtomic } from '../data/atomicFile.ts'
import { cutStepLog, readStepLog } from './stepLog.ts'
import { eventFileHeader, scalarEvent } from './tensorboard.ts'

/** Numbers by name. 'unscored/judge' is the member `judge` of the family `unscored`: one chart shows a family. */
export type Numbers = Readonly<Record<string, number>>

/** One step's numbers, null where a number was not finite. */
export interface MetricsLine {
  readonly step: number
  /** When the line was written, in seconds since 1970. */
  readonly at: number
  readonly metrics: Readonly<Record<string, number | null>>
  /** All that depends on the clock. */
  readonly time: Readonly<Record<string, number | null>>
}

const numbers = z.number().nullable()
const metricsLine = z
  .object({ step: z.int().nonnegative(), time: z.object({ at: z.number() }).catchall(numbers) })
  .catchall(numbers)
  .transform(({ step, time: { at, ...time }, ...metrics }): MetricsLine => ({ step, at, metrics, time }))

export interface MetricsLog {
  append(step: number, metrics: Numbers, time: Numbers): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** Opens a run's metrics for appending after step `last`; later lines are cut off. `now` in seconds since 1970. */
export async function openMetricsLog(folder: string, last: number, now: () => number): Promise<MetricsLog> {
  const path = metricsFile(folder)
  await cutStepLog(path, last)
  const events = await rebuildEvents(folder, now())
  const lines = await openJsonlLog(path)
  return {
    async append(step, metrics, time) {
      const line = { step, at: now(), metrics: jsonNumbers(metrics), time: jsonNumbers(time) }
      await lines.append({ step, ...line.metrics, time: { at: line.at, ...line.time } })
      await events.append(eventOf(line))
    },
    async flush() {
      await lines.flush()
      await events.flush()
    },
    async close() {
      await lines.close()
      await events.close()
    },
  }
}

/** The lines of a run's metrics.jsonl. */
export function readMetrics(folder: string): AsyncGenerator<MetricsLine, void, undefined> {
  return readStepLog(metricsFile(folder), metricsLine)
}

function metricsFile(folder: string): string {
  return join(folder, 'metrics.jsonl')
}

/** JSON has no word for NaN and the infinities: null. */
function jsonNumbers(numbers: Numbers): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  )
}

function eventOf({ step, at, metrics, time }: MetricsLine): Uint8Array {
  const timed = Object.entries(time).map(([name, value]) => [`time/${name}`, value] as const)
  const finite = [...Object.entries(metrics), ...timed].filter((entry): entry is [string, number] => entry[1] !== null)
  return scalarEvent(at, step, Object.fromEntries(finite))
}

/** Writes the event file anew from metrics.jsonl, removes those of earlier processes, and opens it for appending. */
async function rebuildEvents(folder: string, now: number): Promise<AppendQueue> {
  const name = `events.out.tfevents.${Math.floor(now)}.${hostname()}.${process.pid}`
  await writeStreamAtomic(join(folder, name), async (write) => {
    let header = false
    for await (const line of readMetrics(folder)) {
      if (!header) await write(eventFileHeader(line.at))
      header = true
      await write(eventOf(line))
    }
    if (!header) await write(eventFileHeader(now))
  })
  for (const other of await readdir(folder)) {
    if (/^events\.out\.tfevents\./.test(other) && other !== name) await rm(join(folder, other))
  }
  const path = join(folder, name)
  const file = await open(path, 'a')
  return appendQueue(path, file, (await file.stat()).size)
}
