import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { frameReader, Kind } from '../../src/sandbox/frames.ts'
import { decodeMessage, longestPayload, messageWriter } from '../../src/server/messages.ts'

interface Said {
  readonly kind: Kind
  readonly head: object
  readonly body: Uint8Array | string
}

/** Lengths around every limit of the writer: none, a few, more than it copies, more than one piece of memory holds. */
const length = fc.oneof(
  fc.nat(20),
  fc.nat(5000),
  fc.integer({ min: 65_530, max: 65_545 }),
  fc.integer({ min: 250_000, max: 300_000 }),
)
const bytes = fc.tuple(length, fc.nat(255)).map(([size, from]) => Uint8Array.from({ length: size }, (_, i) => from + i))
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  // Three bytes a character.
  length.map((size) => '€'.repeat(size)),
)
const message: fc.Arbitrary<Said> = fc.record({
  kind: fc.constantFrom(Kind.request, Kind.done, Kind.reset),
  head: fc.record({ id: fc.nat(), route: fc.string({ unit: 'binary' }) }),
  body: fc.oneof(bytes, text),
})

test('messages of any length come through a socket whole and in order, whatever turns they are sent in', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const sender = connect(address.port, '127.0.0.1')
  const receiver = await connected
  const reader = frameReader(longestPayload)
  let heard: { readonly kind: number; readonly head: unknown; readonly body: Uint8Array }[] = []
  receiver.on('data', (chunk: Buffer) => {
    for (const { kind, payload } of reader.push(chunk)) {
      const { head, body } = decodeMessage(payload)
      heard.push({ kind, head: JSON.parse(head), body })
    }
  })
  const write = messageWriter(sender)
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(message, { minLength: 1, maxLength: 20 }), { maxLength: 4 }),
        async (turns) => {
          heard = []
          // What does not go out at once must still be what it was when it does.
          sender.cork()
          for (const turn of turns) {
            for (const { kind, head, body } of turn) write(kind, head, body)
            await new Promise((next) => setImmediate(next))
          }
          sender.uncork()
          const sent = turns.flat()
          while (heard.length < sent.length) await new Promise((next) => setImmediate(next))
          assert.equal(heard.length, sent.length)
          sent.forEach(({ kind, head, body }, i) => {
            assert.equal(heard[i].kind, kind)
            assert.deepEqual(heard[i].head, JSON.parse(JSON.stringify(head)))
            assert.ok(Buffer.from(heard[i].body).equals(Buffer.from(body)), `message ${i}`)
          })
        },
      ),
      { seed: 1, numRuns: 40 },
    )
  } finally {
    sender.destroy()
    receiver.destroy()
    server.close()
  }
})
