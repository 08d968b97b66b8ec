/**
 * The load generator of bench/server.ts, a process of its own: one request after the other on each of some connections
 * that stay open, over bare sockets, so that it takes as little as it can of the processor it shares with the server.
 */
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'

export const loadCommand = z.object({
  port: z.int(),
  path: z.string(),
  /** Sent in turn. */
  bodies: z.array(z.string()).readonly(),
  connections: z.int(),
  seconds: z.number(),
})

export const loadResult = z.object({
  requests: z.int(),
  /** Answers that were not 200. */
  failed: z.int(),
  perSecond: z.number(),
  /** Milliseconds, from the request's last byte to the answer's. */
  p50: z.number(),
  p99: z.number(),
  most: z.number(),
})
type LoadResult = z.output<typeof loadResult>

if (import.meta.main)
  for await (const line of createInterface({ input: process.stdin })) {
    const command: unknown = JSON.parse(line)
    if (typeof command === 'object' && command !== null && 'cmd' in command) break
    process.stdout.write(`${JSON.stringify(await load(loadCommand.parse(command)))}\n`)
  }

async function load({ port, path, bodies, connections, seconds }: z.output<typeof loadCommand>): Promise<LoadResult> {
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
  const times: number[] = []
  let [sent, failed] = [0, 0]
  const began = performance.now()
  const end = began + 1000 * seconds
  const lane = async (socket: Socket) => {
    let held: Buffer = Buffer.alloc(0)
    let since = 0
    const send = () => {
      since = performance.now()
      socket.write(requests[sent++ % requests.length])
    }
    await new Promise<void>((done, broken) => {
      socket.on('error', broken)
      socket.on('close', () => broken(new Error('the server closed a connection')))
      socket.on('data', (bytes) => {
        held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
        const answer = answerIn(held)
        if (answer === undefined) return
        const now = performance.now()
        times.push(now - since)
        if (answer !== 200) failed++
        held = Buffer.alloc(0)
        if (now < end) send()
        else done()
      })
      send()
    })
    socket.removeAllListeners('close').destroy()
  }
  const sockets = await Promise.all(Array.from({ length: connections }, () => connected(port)))
  await Promise.all(sockets.map(lane))
  const taken = (performance.now() - began) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * (times.length - 1))]
  return {
    requests: times.length,
    failed,
    perSecond: times.length / taken,
    p50: at(0.5),
    p99: at(0.99),
    most: at(1),
  }
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket)).once('error', reject)
  })
}

/** The status of an answer, once it is whole; every server here says how long it is. */
function answerIn(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = bytes.toString('latin1', 0, end)
  const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN)
  if (Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`)
  if (bytes.length < end + 4 + length) return undefined
  return Number(head.slice(9, 12))
}
