import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Box, boxesIn, boxIou } from '../../src/text/boxes.ts'

const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 5e-7, `${actual}`)

test('intersection over union of the brief', () => {
  near(boxIou([0, 0, 10, 10], [5, 5, 15, 15]), 0.142857)
  near(boxIou([2, 2, 6, 8], [4, 3, 8, 7]), 0.25)
  assert.equal(boxIou([0, 0, 10, 10], [10, 0, 20, 10]), 0)
  assert.equal(boxIou([10, 10, 0, 0], [0, 0, 10, 10]), 0)
  assert.equal(boxIou([0, 0, Number.POSITIVE_INFINITY, 10], [0, 0, 10, 10]), 0)
  assert.equal(boxIou([0, 0, 1e200, 1e200], [0, 0, 1e200, 1e200]), 0)
})

test('it is symmetric, 1 only for equal boxes, and counts cells on a grid', () => {
  const box = fc
    .tuple(fc.nat(8), fc.nat(8), fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
    .map(([x, y, width, height]): Box => [x, y, x + width, y + height])
  fc.assert(
    fc.property(box, box, (a, b) => {
      let shared = 0
      let either = 0
      for (let x = 0; x < 16; x++) {
        for (let y = 0; y < 16; y++) {
          const [inA, inB] = [a, b].map((c) => x >= c[0] && x < c[2] && y >= c[1] && y < c[3])
          shared += inA && inB ? 1 : 0
          either += inA || inB ? 1 : 0
        }
      }
      near(boxIou(a, b), shared / either)
      assert.equal(boxIou(a, b), boxIou(b, a))
    }),
    { seed: 9 },
  )
})

test('boxes are read from brackets, JSON and prose', () => {
  assert.deepEqual(boxesIn('{"bbox_2d": [1, 2.5, 30, 4e1]} and (0,0,.5,-1)'), [
    [1, 2.5, 30, 40],
    [0, 0, 0.5, -1],
  ])
  assert.deepEqual(boxesIn('[1, 2, 3] [1, 2, 3, x] [1, 2, 3, 4, 5] [NaN, 0, 1, 1]'), [])
  assert.deepEqual(boxesIn('[[0, 0, 1, 1], [2, 2, 3, 3]]').length, 2)
})

test('ten thousand brackets take no time', () => {
  assert.deepEqual(boxesIn('['.repeat(1e5)), [])
  assert.deepEqual(boxesIn('[1,'.repeat(5e4)), [])
  assert.deepEqual(boxesIn(`[${' '.repeat(2e4)}`), [])
})
