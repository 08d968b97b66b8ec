/**
 * Decoding a Parquet file with hyparquet, into JSON. Uncompressed, Snappy, gzip, Brotli and Zstandard pages are read.
 */
import type { FileHandle } from 'node:fs/promises'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { type AsyncBuffer, type Compressors, type FileMetaData, parquetReadObjects } from 'hyparquet'
import type { Json } from './message.ts'

/** A row's columns by name; nested columns are nested objects. */
export type ParquetValue = { readonly [column: string]: Json }

export interface RowsToDecode {
  readonly file: AsyncBuffer
  readonly metadata: FileMetaData
  /** Top-level columns; all where undefined. */
  readonly columns: readonly string[] | undefined
  readonly rowStart: number
  readonly rowEnd: number
}

/** Rows `rowStart` to `rowEnd` as JSON. A corrupt page is an error of the library's, or an endless loop. */
export async function decodeRows({ columns, ...range }: RowsToDecode): Promise<ParquetValue[]> {
  const rows = await parquetReadObjects({
    ...range,
    compressors,
    utf8: false,
    ...(columns && { columns: [...columns] }),
  })
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, toJson(cell)])))
}

/**
 * The file as the library reads it. A range that makes no sense gives few bytes or none, which fails where they are
 * parsed: the library reads ahead, and an error already here could be one that nobody waits for.
 */
export async function asyncBuffer(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat()
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start))
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(bytes.length - done, 2 ** 30), start + done)
        if (bytesRead === 0) return bytes.buffer.slice(0, done)
        done += bytesRead
      }
      return bytes.buffer
    },
  }
}

/** Node's own decompressors; Snappy is the library's. No page may grow past the size its header gives (0 is a size). */
const compressors: Compressors = {
  GZIP: (input, size) => gunzipSync(input, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (input, size) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, size) }),
  ZSTD: (input, size) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, size) }),
}

function toJson(cell: unknown): Json {
  if (cell === null || cell === undefined) return null
  if (typeof cell === 'string' || typeof cell === 'boolean') return cell
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : null
  if (typeof cell === 'bigint') return Number.isSafeInteger(Number(cell)) ? Number(cell) : `${cell}`
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.toISOString()
  if (cell instanceof Uint8Array) return textOrBase64(cell)
  if (Array.isArray(cell)) return cell.map(toJson)
  if (ArrayBuffer.isView(cell) && Symbol.iterator in cell) return Array.from(cell as Iterable<unknown>, toJson)
  return Object.fromEntries(Object.entries(cell).map(([key, value]): [string, Json] => [key, toJson(value)]))
}

function textOrBase64(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  }
}
