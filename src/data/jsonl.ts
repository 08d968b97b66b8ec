/**
 * JSON Lines: one JSON value a line. Reads a file of any size in a stream (gzip too, by the name's ending `.gz`);
 * a byte order mark, CRLF and blank lines are no matter.
 */
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { GuerdonError, messageOf } from './error.ts'
import type { Json } from './message.ts'

/** A value and the line it stood on, counted from 1. */
export interface JsonlRow {
  readonly line: number
  readonly value: Json
}

/** A line that could not be read: where, why, and how it begins. */
export interface BrokenLine {
  readonly line: number
  readonly reason: string
  readonly excerpt: string
}

/** What to do with a broken line: stop with an error (the default), or report it and go on. */
export type BrokenPolicy =
  | { readonly broken?: 'throw' }
  | { readonly broken: 'skip'; readonly onBroken: (line: BrokenLine) => void }

export type JsonlOptions = BrokenPolicy & {
  /** 'drop' leaves out a last line without a newline that is not JSON: what a crash in mid-write leaves behind. */
  readonly tornTail?: 'drop'
}

/** No JSON line is this long; such a "line" is a file of another kind, and it is never gathered in memory. */
const longestLine = 256 * 2 ** 20

/**
 * The values of a JSON Lines file in order, never more than one line in memory. Throws a GuerdonError for a file
 * that is not there, and for a broken line unless `broken: 'skip'`.
 */
export async function* readJsonl(path: string, options: JsonlOptions = {}): AsyncGenerator<JsonlRow, void, undefined> {
  for await (const raw of readLines(path)) {
    const row = parseLine(raw)
    if (row === 'blank') continue
    if ('value' in row) {
      yield row
      continue
    }
    if (options.tornTail === 'drop' && !raw.terminated) return
    if (options.broken === 'skip') options.onBroken(row)
    else throw brokenLineError(path, row)
  }
}

/** The error for a broken line: `file:10000: what is wrong … → way out`. */
export function brokenLineError(path: string, broken: BrokenLine): GuerdonError {
  const array = broken.line === 1 && broken.excerpt === '"["'
  return new GuerdonError(`${broken.reason}: ${broken.excerpt}`, {
    where: `${path}:${broken.line}`,
    fix: array
      ? "this looks like one JSON array; write one value a line instead (jq -c '.[]')"
      : "mend the line, or pass broken: 'skip' to leave such lines out and have them reported",
  })
}

type RawLine = { readonly line: number; readonly terminated: boolean } & (
  | { readonly kind: 'line'; readonly bytes: Uint8Array }
  | { readonly kind: 'overlong'; readonly start: Uint8Array }
)

/** Cuts the byte stream at line feeds; bytes, so that a character split between two chunks stays whole. */
async function* readLines(path: string): AsyncGenerator<RawLine, void, undefined> {
  let parts: Uint8Array[] = []
  let length = 0
  let line = 1
  const take = (piece: Uint8Array) => {
    // Past the limit only the start is kept, for the error.
    if (length <= longestLine) parts.push(piece)
    length += piece.length
  }
  const finish = (terminated: boolean): RawLine => {
    const raw: RawLine =
      length > longestLine
        ? { kind: 'overlong', line, terminated, start: parts[0] }
        : { kind: 'line', line, terminated, bytes: parts.length === 1 ? parts[0] : Buffer.concat(parts, length) }
    parts = []
    length = 0
    line++
    return raw
  }
  for await (const chunk of byteStream(path)) {
    let from = 0
    for (let newline = chunk.indexOf(10); newline !== -1; newline = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, newline))
      yield finish(true)
      from = newline + 1
    }
    if (from < chunk.length) take(chunk.subarray(from))
  }
  if (length > 0) yield finish(false)
}

async function* byteStream(path: string): AsyncGenerator<Buffer, void, undefined> {
  const file = createReadStream(path, { highWaterMark: 2 ** 18 })
  const stream = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  file.on('error', (error) => stream.destroy(error))
  try {
    for await (const chunk of stream) yield chunk
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new GuerdonError(missing ? 'there is no such file' : `could not be read: ${messageOf(cause)}`, {
      where: path,
      cause,
    })
  } finally {
    file.destroy()
  }
}

// Fatal, so that bytes that are no text are an error and not silently replaced; drops a byte order mark.
const utf8 = new TextDecoder('utf-8', { fatal: true })

function parseLine(raw: RawLine): JsonlRow | BrokenLine | 'blank' {
  if (raw.kind === 'overlong') {
    const reason = `the line is longer than ${longestLine / 2 ** 20} MiB, so this is hardly JSON Lines`
    return { line: raw.line, reason, excerpt: excerptOf(raw.start) }
  }
  try {
    const text = utf8.decode(raw.bytes)
    if (text.trim() === '') return 'blank'
    const value: Json = JSON.parse(text)
    return { line: raw.line, value }
  } catch (thrown) {
    const reason = thrown instanceof SyntaxError ? `not JSON (${messageOf(thrown)})` : 'not valid UTF-8 text'
    return { line: raw.line, reason, excerpt: excerptOf(raw.bytes) }
  }
}

function excerptOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 320)).trim()
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
