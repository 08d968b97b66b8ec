/**
 * Answering one request: whether its caller may ask, its body, the dispatcher's answer, and what is counted and logged of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BodyLimits, type Budget, Refused, readBody } from './body.ts'
import { type Dispatcher, Overloaded } from './dispatcher.ts'
import type { Door, Entry } from './keys.ts'
import type { Log } from './log.ts'
import type { UnscoredCause } from './messages.ts'
import type { ServerMetrics } from './metrics.ts'
import type { Route } from './route.ts'

export interface AnsweringParts {
  readonly dispatcher: Dispatcher
  readonly door: Door
  readonly metrics: ServerMetrics
  readonly log: Log
  readonly limits: BodyLimits
  readonly budget: Budget
  /** Milliseconds for a request, from its last byte to the answer; a caller may ask for fewer. */
  readonly requestMs: number
  readonly accessLog: boolean
  /** Whether the server has been told to end: answers then close their connections. */
  readonly draining: () => boolean
}

/** An answer, for whatever writes it. */
export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer | string
}

export interface Answering {
  ask(route: Route, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Reply>
  /** Lets a caller in, or says why not. */
  enter(incoming: IncomingMessage): Extract<Entry, { kind: 'open' }> | Reply
  /** Counts samples, and logs those that were not scored. */
  tell(route: string, samples: number, unscored: readonly UnscoredCause[]): void
  reply(status: number, body: Buffer | string, headers?: Record<string, string>): Reply
  refusal(status: number, message: string, headers?: Record<string, string>): Reply
}

/** A caller's own deadline for a request, in milliseconds. */
const deadlineHeader = 'x-guerdon-deadline-ms'
const again = { 'retry-after': '1' }

export function answering(parts: AnsweringParts): Answering {
  const { dispatcher, door, metrics, log, limits, budget, draining } = parts

  const reply = (status: number, body: Buffer | string, more?: Record<string, string>): Reply => {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (more !== undefined) Object.assign(headers, more)
    if (draining()) headers.connection = 'close'
    return { status, headers, body }
  }
  const refusal = (status: number, message: string, more: Record<string, string> = {}) =>
    reply(status, JSON.stringify({ error: { message } }), more)
  /** An answer, counted and logged. */
  const ended = (route: string, began: number, client: string, answer: Reply): Reply => {
    const ms = performance.now() - began
    const { status } = answer
    metrics.request(route, status, ms)
    if (parts.accessLog || status >= 500) log(status >= 500 ? 'warn' : 'info', 'request', { route, status, ms, client })
    return answer
  }
  const refused = (thrown: unknown): Reply => {
    if (thrown instanceof Refused)
      // What is left of a body that is not wanted is not worth a connection.
      return refusal(thrown.status, thrown.message, { connection: 'close', ...(thrown.status === 503 ? again : {}) })
    if (thrown instanceof Overloaded) return refusal(503, thrown.message, again)
    throw thrown
  }
  const enter = (incoming: IncomingMessage) => {
    const entry = door.enter(incoming.headers)
    if (entry.kind === 'open') return entry
    if (entry.kind === 'unknown')
      return refusal(401, 'an API key is needed: authorization: Bearer KEY', { 'www-authenticate': 'Bearer' })
    return refusal(429, `${entry.name} may make ${entry.what}`, { 'retry-after': String(entry.retryAfterSeconds) })
  }
  const tell = (route: string, samples: number, unscored: readonly UnscoredCause[]) => {
    metrics.samples(route, samples, unscored)
    for (const cause of unscored) log('warn', 'unscored', { route, ...cause })
  }

  return {
    async ask({ path }, incoming, outgoing) {
      const began = performance.now()
      const entry = enter(incoming)
      if ('status' in entry) return ended(path, began, '', entry)
      let held = 0
      try {
        const body = await readBody(incoming, limits, budget)
        held = body.length
        const ticket = dispatcher.run(path, body, timeOf(incoming.headers[deadlineHeader], parts.requestMs))
        outgoing.once('close', ticket.cancel)
        const { head, body: answer } = await ticket.answer
        outgoing.off('close', ticket.cancel)
        tell(path, head.samples, head.unscored)
        const more = head.unscored.length === 0 ? undefined : { 'x-guerdon-unscored': String(total(head.unscored)) }
        return ended(path, began, entry.name, reply(head.status, answer, more))
      } catch (thrown) {
        return ended(path, began, entry.name, refused(thrown))
      } finally {
        budget.held -= held
        entry.leave()
      }
    },
    enter,
    tell,
    reply,
    refusal,
  }
}

function timeOf(asked: string | string[] | undefined, most: number): number {
  const ms = Number(asked)
  return asked === undefined || !(ms > 0) ? most : Math.min(ms, most)
}

function total(causes: readonly UnscoredCause[]): number {
  return causes.reduce((sum, { count }) => sum + count, 0)
}
