/** The inside of a Parquet reader's thread: decodes one row group at a time, when it is asked for. */
import { open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { parquetMetadataAsync } from 'hyparquet'
import { messageOf } from './error.ts'
import { asyncBuffer, decodeRows, type ParquetValue } from './parquetFile.ts'

/** What the thread is started with. */
export interface ParquetWork {
  readonly path: string
  readonly columns: readonly string[] | undefined
}

/** Rows of the group that was asked for. */
export interface RowRange {
  readonly rowStart: number
  readonly rowEnd: number
}

export type ParquetAnswer = { readonly rows: readonly ParquetValue[] } | { readonly message: string }

if (parentPort !== null) await serve(parentPort, workerData)

async function serve(port: NonNullable<typeof parentPort>, { path, columns }: ParquetWork): Promise<void> {
  const file = await asyncBuffer(await open(path))
  const metadata = await parquetMetadataAsync(file)
  port.on('message', async (range: RowRange) => {
    let answer: ParquetAnswer
    try {
      answer = { rows: await decodeRows({ file, metadata, columns, ...range }) }
    } catch (thrown) {
      answer = { message: messageOf(thrown) }
    }
    port.postMessage(answer)
  })
}
