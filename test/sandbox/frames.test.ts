import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeFrame, frameReader, Kind } from '../../src/sandbox/frames.ts'

test('frames survive being cut anywhere', () => {
  const frame = fc.record({
    kind: fc.constantFrom(...Object.values(Kind)),
    payload: fc.uint8Array({ maxLength: 50 }),
    flags: fc.nat(7),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 12 }), (frames, cuts) => {
      const stream = Buffer.concat(frames.map(({ kind, payload, flags }) => encodeFrame(kind, payload, flags)))
      const places = [...new Set([0, ...cuts.filter((cut) => cut < stream.length), stream.length])].sort(
        (a, b) => a - b,
      )
      const reader = frameReader(1000)
      const read = places.slice(1).flatMap((end, index) => reader.push(stream.subarray(places[index], end)))
      assert.deepEqual(
        read.map(({ kind, flags, payload }) => ({ kind, payload: [...payload], flags })),
        frames.map(({ kind, flags, payload }) => ({ kind, payload: [...payload], flags })),
      )
    }),
    { seed: 1 },
  )
})

test('a frame over the limit is refused before it is read', () => {
  const reader = frameReader(10)
  assert.throws(
    () => reader.push(encodeFrame(Kind.done, new Uint8Array(11)).subarray(0, 6)),
    /11 bytes is over the limit of 10/,
  )
})
