/**
 * Rows of a Parquet file as JSON, one row group in memory at a time. Uncompressed, Snappy, gzip, Brotli and Zstandard
 * pages are read. Long integers beyond 2^53 become text, dates ISO 8601 text, numbers that JSON lacks (NaN) null,
 * and bytes their text, or base64 where they are none. A thread decodes the pages: the library may loop for ever over a
 * corrupt one, and is then stopped from outside.
 */
import { open } from 'node:fs/promises'
import { type FileMetaData, parquetMetadataAsync } from 'hyparquet'
import { GuerdonError, messageOf } from './error.ts'
import { asyncBuffer, type ParquetValue } from './parquetFile.ts'
import { parquetThread } from './parquetThread.ts'

/** A row, counted from 1, with its columns by name; nested columns are nested objects. */
export interface ParquetRow {
  readonly row: number
  readonly value: ParquetValue
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
    await using thread = parquetThread(path, columns)
    let rowStart = 0
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows)
      const rows = await naming(path, () => thread.rows({ rowStart, rowEnd }, Number(group.total_byte_size)))
      for (const [i, value] of rows.entries()) yield { row: rowStart + i + 1, value }
      rowStart = rowEnd
    }
  } finally {
    await handle.close()
  }
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
