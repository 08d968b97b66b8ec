import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { histogram, picture } from '../../src/cli/histogram.ts'

const filled = (values: readonly number[]) => {
  const counts = histogram()
  for (const value of values) counts.add(value)
  return counts.bars()
}

test('few different values keep a bar each', () => {
  assert.deepEqual(filled([1, 0, 1, 0.1, 1]), [
    { low: 0, high: 0, count: 1 },
    { low: 0.1, high: 0.1, count: 1 },
    { low: 1, high: 1, count: 3 },
  ])
})

test('however many values come, every one is in its bar, and there are at most a dozen', () => {
  const value = fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double({ min: 0, max: 1e-6, noNaN: true }))
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const bars = filled(values)
      assert.ok(bars.length <= 12)
      for (const { low, high, count } of bars) {
        const inside = values.filter((each) => (low === high ? each === low : each >= low && each < high))
        assert.equal(count, inside.length)
      }
      assert.equal(
        bars.reduce((total, { count }) => total + count, 0),
        values.length,
      )
    }),
    { seed: 7, numRuns: 300 },
  )
})

test('the longest bar has the full length, and what is there is seen', () => {
  const lines = picture(filled([...new Array(1000).fill(0), 1]), 10).split('\n')
  assert.deepEqual(lines, ['  0  ██████████ 1000', '  1  ▏ 1'])
})
