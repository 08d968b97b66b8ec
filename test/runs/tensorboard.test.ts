import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventFileHeader, scalarEvent } from '../../src/runs/tensorboard.ts'
import { crc32c } from '../../src/runs/tfrecord.ts'
// Written by TensorBoard itself: test/interop/tensorboard_peer.py.
import vectors from './vectors/tensorboard.json' with { type: 'json' }

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('CRC-32C has the values of RFC 3720, appendix B.4', () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e)
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c)
  assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(0)), 0)
})

test('events are, byte for byte, those that TensorBoard writes', () => {
  assert.equal(hex(eventFileHeader(vectors.header.wallTime)), vectors.header.bytes)
  for (const { wallTime, step, scalars, bytes } of vectors.events) {
    const numbers = Object.fromEntries(Object.entries(scalars).filter(([, value]) => value !== undefined))
    assert.equal(hex(scalarEvent(wallTime, step, numbers)), bytes, `step ${step}`)
  }
})

test('what is not finite as a 32-bit float is left out', () => {
  const kept = scalarEvent(2, 3, { loss: 0.25 })
  const all = scalarEvent(2, 3, { nan: Number.NaN, loss: 0.25, up: Number.POSITIVE_INFINITY, large: 1e300 })
  assert.deepEqual(all, kept)
})
