/**
 * What the server and its scoring processes say to each other. On the data pipe: frames whose payload is
 * [length of the head: u32 little-endian][head: JSON][body: bytes], so that a request's body is handed on unread. On the
 * control pipe, which only a scoring process writes: lines of JSON, written at once even by a process that is stuck.
 */
import type { Socket } from 'node:net'
import type { Unscored, UnscoredAt } from '../data/score.ts'
import { frameHeader, type Kind, writeHeader } from '../sandbox/frames.ts'

/** A request on its way to a scoring process; the body goes with it. */
export interface JobHead {
  readonly id: number
  /** The path of the route whose shape the body has. */
  readonly route: string
  /** Milliseconds until the request's own deadline. */
  readonly leftMs: number
  /** Pieces that are answered for already, because they ended an earlier process. */
  readonly settled?: Readonly<Record<number, Unscored>> | undefined
  /** Piece by piece, each announced on the control pipe, because a process has ended under this job. */
  readonly alone?: true | undefined
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

/** More than a frame's header and the length of the head take. */
const headerRoom = 16
/** Messages are written one behind the other into pieces of so many bytes, and each batch goes out as one part of its piece. */
const pieceBytes = 1 << 18
/** A body of more bytes than this is cheaper to write apart than to copy. */
const longBody = 1 << 16
/** Messages that go out before the turn ends, so that the other side works while this one still does. */
const enough = 8

/** Sends messages; those of one turn of the event loop go out together. */
export function messageWriter(pipe: Socket): (kind: Kind, head: object, body?: Uint8Array | string) => void {
  let piece = Buffer.allocUnsafe(pieceBytes)
  let [from, end, messages] = [0, 0, 0]
  let turn: NodeJS.Immediate | undefined
  const flush = () => {
    clearImmediate(turn)
    if (end > from) pipe.write(piece.subarray(from, end))
    from = end
    messages = 0
  }
  return (kind, head, given = '') => {
    const json = JSON.stringify(head)
    const apart = given.length > longBody
    const body = apart && typeof given === 'string' ? Buffer.from(given) : given
    const text = typeof body === 'string' ? body : ''
    // A character takes three bytes at most.
    const room = headerRoom + 3 * (json.length + text.length) + (apart ? 0 : body.length)
    if (end + room > piece.length) {
      flush()
      // What was written may not have gone out yet: its piece is left to it.
      piece = Buffer.allocUnsafe(Math.max(pieceBytes, room))
      from = 0
      end = 0
    }
    const headAt = end + frameHeader + 4
    const bodyAt = headAt + piece.write(json, headAt)
    let payloadEnd = bodyAt + piece.write(text, bodyAt)
    if (typeof body !== 'string' && !apart) {
      piece.set(body, bodyAt)
      payloadEnd += body.length
    }
    writeHeader(piece, end, kind, payloadEnd - end - frameHeader + (apart ? body.length : 0))
    piece.writeUInt32LE(bodyAt - headAt, end + frameHeader)
    end = payloadEnd
    messages++
    if (apart) {
      flush()
      pipe.write(body)
    } else if (messages === 1) turn = setImmediate(flush)
    else if (messages === enough) flush()
  }
}

/** A payload's head, still to be given its type, and its body. */
export function decodeMessage(payload: Uint8Array): { readonly head: string; readonly body: Buffer } {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  const end = 4 + bytes.readUInt32LE(0)
  return { head: bytes.toString('utf8', 4, end), body: bytes.subarray(end) }
}
