/** A Parquet file's decoder in a thread of its own, which a corrupt page cannot keep for ever. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ParquetValue } from './parquetFile.ts'
import type { ParquetAnswer, ParquetWork, RowRange } from './parquetWorker.ts'
import { workerFlags } from './workerFlags.ts'

export interface ParquetThread extends AsyncDisposable {
  /** The rows of a row group of so many uncompressed bytes. Rejects where it cannot be decoded, in time and memory too. */
  rows(range: RowRange, bytes: number): Promise<readonly ParquetValue[]>
}

// A sound row group takes milliseconds a megabyte, and some ten times its size as objects.
const [LEAST_MS, MS_A_MEGABYTE] = [5_000, 2_000]
const [LEAST_MB, MB_A_MEGABYTE] = [1_024, 50]

// The same file runs from source and from a build: its neighbour has the same extension.
const ENTRY = new URL(`./parquetWorker${extname(import.meta.url)}`, import.meta.url)

/** Starts a thread for each row group that is larger than those before, else goes on with the one there is. */
export function parquetThread(path: string, columns: readonly string[] | undefined): ParquetThread {
  let worker: Worker | undefined
  let memory = 0
  const end = async () => {
    await worker?.terminate()
    worker = undefined
  }
  const open = async (megabytes: number): Promise<Worker> => {
    const needed = LEAST_MB + MB_A_MEGABYTE * megabytes
    if (worker !== undefined && needed <= memory) return worker
    await end()
    memory = needed
    const workerData: ParquetWork = { path, columns }
    const made = new Worker(ENTRY, { workerData, resourceLimits: { maxOldGenerationSizeMb: memory }, ...workerFlags() })
    // Between row groups it keeps no process alive; an error of its own is told to whoever waits for rows.
    made.unref()
    made.on('error', () => undefined)
    worker = made
    return made
  }
  return {
    async rows(range, bytes) {
      const megabytes = Math.max(0, bytes) / 2 ** 20
      const thread = await open(megabytes)
      const { promise, resolve, reject } = Promise.withResolvers<ParquetAnswer>()
      const limit = LEAST_MS + MS_A_MEGABYTE * megabytes
      const late = () => reject(new Error(`a row group took longer than ${Math.round(limit / 1000)} s to decode`))
      const timer = setTimeout(late, Math.min(limit, 2 ** 31 - 1))
      const gone = (code: number) => reject(new Error(`the thread that decoded it ended with code ${code}`))
      thread.once('message', resolve).once('error', reject).once('exit', gone)
      thread.ref()
      thread.postMessage(range)
      try {
        const answer = await promise
        if ('message' in answer) throw new Error(answer.message)
        return answer.rows
      } catch (thrown) {
        await end()
        throw thrown
      } finally {
        clearTimeout(timer)
        thread.off('message', resolve).off('error', reject).off('exit', gone)
        thread.unref()
      }
    },
    [Symbol.asyncDispose]: end,
  }
}
