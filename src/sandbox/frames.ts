/**
 * How a worker process and its owner speak: frames over one two-way pipe. A frame is a kind (one letter), flags and a
 * payload: [length of the payload: u32 little-endian][kind: u8][flags: u8][payload].
 * The owner reads as a stream; the worker blocks on each read, because the interpreter it runs cannot wait otherwise.
 */
import { readSync, writeSync } from 'node:fs'

/** `request` asks the other side to do something, `done` answers it; `output` carries what a program printed. */
export const Kind = {
  request: 82,
  done: 68,
  output: 79,
  image: 73,
  ready: 89,
  reset: 90,
  limits: 76,
  crash: 88,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

/** What a worker noticed while the program ran; bits of a frame's flags. */
export const Flag = { timeout: 1, memory: 2, output: 4 } as const

export interface Frame {
  readonly kind: number
  readonly flags: number
  readonly payload: Uint8Array
}

/** Bytes before a frame's payload. */
export const frameHeader = 6

/** The bytes of a frame. */
export function encodeFrame(kind: Kind, payload: Uint8Array, flags = 0): Uint8Array {
  const bytes = new Uint8Array(frameHeader + payload.length)
  writeHeader(bytes, 0, kind, payload.length, flags)
  bytes.set(payload, frameHeader)
  return bytes
}

/** Writes the first bytes of a frame that begins at `at`, for one whose payload is written apart from them. */
export function writeHeader(bytes: Uint8Array, at: number, kind: Kind, length: number, flags = 0): void {
  bytes[at] = length
  bytes[at + 1] = length >>> 8
  bytes[at + 2] = length >>> 16
  bytes[at + 3] = length >>> 24
  bytes[at + 4] = kind
  bytes[at + 5] = flags
}

/**
 * Cuts a stream of bytes into frames. `limit` is the longest payload believed, in bytes; a longer one makes `push`
 * throw, because whoever sends it is not to be trusted any more.
 */
export function frameReader(limit: number): { push(bytes: Uint8Array): Frame[] } {
  let pieces: Uint8Array[] = []
  let held = 0
  let wanted = frameHeader
  const take = (): Uint8Array => {
    const joined = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, held)
    pieces = []
    held = 0
    return joined
  }
  return {
    push(bytes) {
      pieces.push(bytes)
      held += bytes.length
      const frames: Frame[] = []
      while (held >= wanted) {
        const joined = take()
        const length = new DataView(joined.buffer, joined.byteOffset).getUint32(0, true)
        if (length > limit) throw new RangeError(`a frame of ${length} bytes is over the limit of ${limit}`)
        const end = frameHeader + length
        const rest = joined.length >= end ? joined.subarray(end) : joined
        if (joined.length >= end)
          frames.push({ kind: joined[4], flags: joined[5], payload: joined.subarray(frameHeader, end) })
        wanted = joined.length >= end ? frameHeader : end
        if (rest.length > 0) pieces.push(rest)
        held = rest.length
      }
      return frames
    },
  }
}

/** Blocks until the next frame has come through the file descriptor. The owner's end closing ends the process. */
export function readFrame(fd: number): Frame {
  const header = readExactly(fd, frameHeader)
  const length = new DataView(header.buffer).getUint32(0, true)
  return { kind: header[4], flags: header[5], payload: readExactly(fd, length) }
}

/** Blocks until the whole frame is written. */
export function writeFrame(fd: number, kind: Kind, payload: Uint8Array, flags = 0): void {
  const bytes = encodeFrame(kind, payload, flags)
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}

function readExactly(fd: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const count = readSync(fd, bytes, at, length - at, null)
    if (count === 0) process.exit(0)
    at += count
  }
  return bytes
}
