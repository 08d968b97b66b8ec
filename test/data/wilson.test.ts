import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wilsonInterval } from '../../src/data/wilson.ts'

const near = (
  [low, high]: readonly [number, number],
  [wantedLow, wantedHigh]: readonly [number, number],
  within: number,
) => {
  assert.ok(Math.abs(low - wantedLow) <= within && Math.abs(high - wantedHigh) <= within, `${low}, ${high}`)
}

test('published intervals: Newcombe 1998, table I, method 3 (score without continuity correction)', () => {
  near(wilsonInterval(81 / 263, 263), [0.2553, 0.3662], 5e-5)
  near(wilsonInterval(15 / 148, 148), [0.0624, 0.1605], 5e-5)
  near(wilsonInterval(0, 20), [0, 0.1611], 5e-5)
  near(wilsonInterval(1 / 29, 29), [0.0061, 0.1718], 5e-5)
})

test('its ends are where the score test rejects: |p - share| = z sqrt(share (1 - share) / n)', () => {
  for (const [share, n] of [
    [0.5, 10],
    [0.9, 200],
    [0.013, 77],
  ] as const)
    for (const end of wilsonInterval(share, n))
      assert.ok(Math.abs(Math.abs(share - end) - 1.959964 * Math.sqrt((end * (1 - end)) / n)) < 1e-6)
  assert.deepEqual(wilsonInterval(Number.NaN, 0), [0, 1])
  assert.equal(wilsonInterval(1, 5)[1], 1)
})
