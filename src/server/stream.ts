/**
 * /stream: samples come as lines of any number, and go back as lines as they are ready. So many are at work at once; the
 * caller's sending is held back meanwhile, and so is the work where the caller does not read.
 */
import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { messageOf } from '../data/error.ts'
import { type BodyLimits, type Budget, Refused } from './body.ts'
import { type Dispatcher, Overloaded, type Ticket } from './dispatcher.ts'
import type { UnscoredCause } from './messages.ts'

export interface StreamOptions {
  readonly dispatcher: Dispatcher
  readonly route: string
  /** Of one line; and how long the caller may say nothing while nothing is at work. */
  readonly limits: BodyLimits
  readonly budget: Budget
  /** Milliseconds for one line. */
  readonly leftMs: number
  readonly tell: (route: string, samples: number, unscored: readonly UnscoredCause[]) => void
  readonly ended: () => void
}

const atOnce = 64
/**
 * Bytes of answers that wait for the caller. A caller that sends everything before it reads anything would else wait
 * for us while we wait for it; this is room for the answers to some 100 000 samples.
 */
const waitingBytes = 16 << 20

export function streamReplies(incoming: IncomingMessage, options: StreamOptions): ReadableStream<Uint8Array> {
  const work: Work = { tickets: [], stopped: false }
  const lines = replies(incoming, options, work)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await lines.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        work.stopped = true
        for (const ticket of work.tickets) ticket?.cancel()
        await lines.return()
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: waitingBytes }),
  )
}

/** What is being scored, by lane; stopped where the caller has gone. */
interface Work {
  readonly tickets: (Ticket | undefined)[]
  stopped: boolean
}

async function* replies(
  incoming: IncomingMessage,
  options: StreamOptions,
  work: Work,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = linesOf(incoming, options)
  const ready: Uint8Array[] = []
  let wake = Promise.withResolvers<void>()
  let lanes = atOnce
  const lane = async (at: number) => {
    try {
      for (;;) {
        const { value, done } = await source.next()
        if (done === true || work.stopped) return
        ready.push(await reply(value, options, work, at))
        wake.resolve()
      }
    } catch (thrown) {
      ready.push(Buffer.from(`${JSON.stringify({ error: { message: messageOf(thrown) } })}\n`))
    } finally {
      lanes--
      wake.resolve()
    }
  }
  for (let i = 0; i < atOnce; i++) void lane(i)
  try {
    while (lanes > 0 || ready.length > 0) {
      yield* ready.splice(0)
      if (lanes === 0) continue
      await wake.promise
      wake = Promise.withResolvers()
    }
  } finally {
    options.ended()
  }
}

interface Line {
  readonly index: number
  readonly bytes: Uint8Array
}

async function reply(
  { index, bytes }: Line,
  { dispatcher, route, leftMs, budget, tell }: StreamOptions,
  work: Work,
  lane: number,
): Promise<Uint8Array> {
  budget.held += bytes.length
  try {
    for (;;) {
      try {
        const ticket = dispatcher.run(route, bytes, leftMs)
        work.tickets[lane] = ticket
        const { head, body } = await ticket.answer.finally(() => {
          work.tickets[lane] = undefined
        })
        tell(route, head.samples, head.unscored)
        // The answer is an object: its index goes in front of its other keys.
        return Buffer.concat([Buffer.from(`{"index":${index},`), body.subarray(1), Buffer.from('\n')])
      } catch (thrown) {
        // Full for now. A stream can wait, and holds its caller back while it does.
        if (work.stopped || !(thrown instanceof Overloaded)) throw thrown
        await setTimeout(50)
      }
    }
  } finally {
    budget.held -= bytes.length
  }
}

/** The lines that are not blank, each with its place among them. */
async function* linesOf(incoming: IncomingMessage, { limits }: StreamOptions): AsyncGenerator<Line, void, undefined> {
  let parts: Buffer[] = []
  let length = 0
  let index = 0
  const take = (): Line | undefined => {
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts, length)
    parts = []
    length = 0
    return bytes.every((byte) => byte === 32 || byte === 13 || byte === 9) ? undefined : { index: index++, bytes }
  }
  // What follows a line that is too long is read no further, but the reason must still reach the caller.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = chunk
    let from = 0
    for (let newline = bytes.indexOf(10); newline >= 0; newline = bytes.indexOf(10, from)) {
      parts.push(bytes.subarray(from, newline))
      length += newline - from
      from = newline + 1
      const line = take()
      if (line !== undefined) yield line
    }
    if (from < bytes.length) parts.push(bytes.subarray(from))
    length += bytes.length - from
    if (length > limits.most) throw new Refused(413, `line ${index} is longer than ${limits.most} bytes`)
  }
  const last = parts.length === 0 ? undefined : take()
  if (last !== undefined) yield last
}
