/**
 * What the server and its scoring processes say to each other. On the data pipe: frames whose payload is
 * [length of the head: u32 little-endian][head: JSON][body: bytes], so that a request's body is handed on unread. On the
 * control pipe, which only a scoring process writes: lines of JSON, written at once even by a process that is stuck.
 */
import type { Socket } from 'node:net'
import type { Unscored, UnscoredAt } from '../data/score.ts'
import { type Kind, writeHeader } from '../sandbox/frames.ts'

/** A request on its way to a scoring process; the body goes with it. */
export interface JobHead {
  readonly id: number
  /** The path of the route whose shape the body has. */
  readonly route: string
  /** Milliseconds until the request's own deadline. */
  readonly leftMs: number
  /** Pieces that are answered for already, because they ended an earlier process. */
  readonly settled: Readonly<Record<number, Unscored>>
  /** Piece by piece, each announced on the control pipe, because a process has ended under this job. */
  readonly alone: boolean
}

/** What it answers; the body is the HTTP response's. */
export interface AnswerHead {
  readonly id: number
  readonly status: number
  readonly samples: number
  readonly unscored: readonly UnscoredCause[]
}

export interface UnscoredCause {
  readonly at: UnscoredAt
  readonly count: number
  /** What the first of them said. */
  readonly reason: string
}

/** The first thing a process says: what its reward is, or why there is none. */
export interface Introduction {
  readonly name: string
  readonly range?: readonly [number, number]
  readonly concurrency?: number
}

export type Control =
  /** A job that runs alone has begun with this piece. */
  | { readonly kind: 'begin'; readonly job: number; readonly piece: number }
  /** The thread has been stuck for as long as a piece may take, in this piece where that is known. */
  | { readonly kind: 'stuck'; readonly ms: number; readonly job?: number; readonly piece?: number }

/** Longest payload believed: a body of the greatest size allowed, or the answer to one. */
export const longestPayload = 1 << 30

/** A message as bytes to be written one after the other; a body of bytes is not copied. */
export function encodeMessage(kind: Kind, head: object, body: Uint8Array | string = ''): readonly Uint8Array[] {
  const json = JSON.stringify(head)
  const length = Buffer.byteLength(json)
  const text = typeof body === 'string' ? body : ''
  const textLength = Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(headerRoom + length + textLength)
  const from = writeHeader(bytes, kind, 4 + length + (typeof body === 'string' ? textLength : body.length))
  bytes.writeUInt32LE(length, from)
  bytes.write(json, from + 4)
  bytes.write(text, from + 4 + length)
  const written = bytes.subarray(0, from + 4 + length + textLength)
  return typeof body === 'string' ? [written] : [written, body]
}

/** More than a frame's header and the length of the head take. */
const headerRoom = 16
/** Bytes that are cheaper to copy into one piece than to write apart. */
const shortTurn = 1 << 16

/** Messages that go out before the turn ends, so that the other side works while this one still does. */
const enough = 8

/** Writes that go out together with the others of the same turn of the event loop. */
export function messageWriter(pipe: Socket): (message: readonly Uint8Array[]) => void {
  let held: Uint8Array[] = []
  let [messages, length] = [0, 0]
  let turn: NodeJS.Immediate | undefined
  const flush = () => {
    clearImmediate(turn)
    if (length <= shortTurn) pipe.write(Buffer.concat(held, length))
    else {
      pipe.cork()
      for (const bytes of held) pipe.write(bytes)
      pipe.uncork()
    }
    held = []
    messages = 0
    length = 0
  }
  return (message) => {
    for (const bytes of message) {
      held.push(bytes)
      length += bytes.length
    }
    if (++messages === 1) turn = setImmediate(flush)
    else if (messages === enough) flush()
  }
}

/** A payload's head, still to be given its type, and its body. */
export function decodeMessage(payload: Uint8Array): { readonly head: string; readonly body: Buffer } {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const end = 4 + bytes.readUInt32LE(0)
  return { head: bytes.toString('utf8', 4, end), body: bytes.subarray(end) }
}
