/**
 * Rows of a Parquet file as JSON, one row group in memory at a time. Uncompressed, Snappy, gzip, Brotli and Zstandard
 * pages are read. Long integers beyond 2^53 become text, dates ISO 8601 text, numbers that JSON lacks (NaN) null,
 * and bytes their text, or base64 where they are none.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'
import { GuerdonError, messageOf } from './error.ts'
import type { Json } from './message.ts'

/** A row, counted from 1, with its columns by name; nested columns are nested objects. */
export interface ParquetRow {
  readonly row: number
  readonly value: { readonly [column: string]: Json }
}

/**
 * The rows of a Parquet file in order; with `columns`, only these (top-level) columns are read. Throws a GuerdonError
 * that names the file when it is missing, cut short, corrupt or compressed in another way, and one that lists the
 * columns there are when it lacks one of `columns`.
 */
export async function* readParquet(
  path: string,
  options: { readonly columns?: readonly string[] } = {},
): AsyncGenerator<ParquetRow, void, undefined> {
  const handle = await naming(path, () => open(path))
  try {
    const file = await naming(path, () => asyncBuffer(handle))
    const metadata = await naming(path, () => parquetMetadataAsync(file))
    const leaves = leafPaths(metadata)
    await naming(path, async () => checkFooter(metadata, leaves, file.byteLength))
    const there = [...new Set(leaves.map(([column]) => column))]
    const columns = options.columns?.map((column) => {
      if (there.includes(column)) return column
      const what = `it has no column ${JSON.stringify(column)}; its columns are ${there.join(', ')}`
      throw new GuerdonError(what, { where: path })
    })
    let rowStart = 0
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows)
      const range = { file, metadata, rowStart, rowEnd, compressors, utf8: false, ...(columns && { columns }) }
      const rows = await naming(path, () => parquetReadObjects(range))
      for (const [i, row] of rows.entries()) {
        const cells = Object.entries(row).map(([column, cell]): [string, Json] => [column, toJson(cell)])
        yield { row: rowStart + i + 1, value: Object.fromEntries(cells) }
      }
      rowStart = rowEnd
    }
  } finally {
    await handle.close()
  }
}

/**
 * The file as the library reads it. A range that makes no sense gives few bytes or none, which fails where they are
 * parsed: the library reads ahead, and an error already here could be one that nobody waits for.
 */
async function asyncBuffer(handle: FileHandle): Promise<AsyncBuffer> {
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

/** The paths of the schema's leaves, in order: the schema is a tree listed depth first, its root in front. */
function leafPaths({ schema }: FileMetaData): string[][] {
  const leaves: string[][] = []
  const open: { readonly name: string; left: number }[] = []
  for (const { name, num_children: children = 0 } of schema.slice(1)) {
    if (children > 0) open.push({ name, left: children })
    else {
      leaves.push([...open.map((group) => group.name), name])
      for (let group = open.at(-1); group !== undefined && --group.left === 0; group = open.at(-1)) open.pop()
    }
  }
  return leaves
}

/**
 * Holds the footer against itself and the file: each row group has the schema's columns in order, inside the file,
 * with no more rows than values. Without this a corrupt footer could make the library allocate, or drop a promise.
 */
function checkFooter(metadata: FileMetaData, leaves: readonly string[][], fileLength: number): void {
  const paths = leaves.map((leaf) => leaf.join('\0'))
  if (new Set(paths).size !== paths.length) throw new Error('the schema has a column twice')
  for (const group of metadata.row_groups) {
    if (group.columns.length !== leaves.length) throw new Error('a row group lacks columns')
    for (const [i, { meta_data: chunk, file_path: elsewhere }] of group.columns.entries()) {
      if (elsewhere !== undefined) throw new Error(`it keeps columns in another file, ${elsewhere}`)
      if (chunk?.path_in_schema.join('\0') !== paths[i]) {
        throw new Error('the columns of a row group are not those of the schema')
      }
      const start = chunk.dictionary_page_offset ?? chunk.data_page_offset
      const end = start + chunk.total_compressed_size
      if (start < 0n || end < start || end > fileLength) {
        throw new Error(`a column chunk reaches from byte ${start} to ${end} of ${fileLength}`)
      }
      if (group.num_rows < 0n || group.num_rows > chunk.num_values) {
        throw new Error(`a row group of ${group.num_rows} rows has ${chunk.num_values} values`)
      }
    }
  }
}

async function naming<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): GuerdonError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
    return new GuerdonError('there is no such file', { where: path, cause })
  }
  const codec = /unsupported compression codec/.test(messageOf(cause))
  return new GuerdonError(`could not be read as Parquet: ${messageOf(cause)}`, {
    where: path,
    fix: codec
      ? 'write it again with Snappy, gzip or Zstandard'
      : 'the file may be cut short or corrupt; fetch it again',
    cause,
  })
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
