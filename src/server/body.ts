/**
 * Reading request bodies without being harmed by them: no body longer than the limit, none that takes longer than its
 * time, and never more than so many bytes of all requests in memory at once.
 */
import type { IncomingMessage } from 'node:http'

export interface BodyLimits {
  /** Bytes of one body. */
  readonly most: number
  /** Milliseconds from the first byte to the last. */
  readonly withinMs: number
}

/** Why a body was not read: the HTTP status, and what is said. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Bytes that the bodies of all requests may hold at once. */
export interface Budget {
  readonly most: number
  held: number
}

/** The bytes of a body; they count against the budget until they are given back. Throws `Refused`. */
export function readBody(incoming: IncomingMessage, limits: BodyLimits, budget: Budget): Promise<Buffer> {
  const tooLong = () => new Refused(413, `the body is longer than ${limits.most} bytes`)
  const announced = Number(incoming.headers['content-length'] ?? 0)
  if (announced > limits.most) return Promise.reject(tooLong())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    let timer: NodeJS.Timeout | undefined
    let ended = false
    const end = (refused?: Refused) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      if (refused === undefined) return resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length))
      chunks.length = 0
      budget.held -= length
      reject(refused)
    }
    const slow = () => end(new Refused(408, `the body was not whole within ${limits.withinMs} ms`))
    incoming.on('data', (chunk: Buffer) => {
      // After a refusal the rest passes through unread.
      if (ended) return
      length += chunk.length
      budget.held += chunk.length
      chunks.push(chunk)
      if (length > limits.most) return end(tooLong())
      if (budget.held > budget.most) return end(new Refused(503, 'the bodies of other requests fill the memory'))
      // Most bodies are whole with their first chunk, and need no timer.
      timer ??= length >= announced && announced > 0 ? undefined : setTimeout(slow, limits.withinMs)
    })
    incoming.on('end', () => end())
    incoming.on('close', () => {
      // Comes after every body; an error costs too much to be made for nothing.
      if (!ended) end(new Refused(499, 'the caller has gone'))
    })
    if (announced === 0) timer = setTimeout(slow, limits.withinMs)
  })
}
