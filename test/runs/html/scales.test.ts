import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatNumber, nearest, shade, smooth, ticks } from '../../../src/runs/html/scales.ts'

test('ticks are round numbers', () => {
  assert.deepEqual(ticks(0, 1, 4), [0, 0.5, 1])
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1])
  assert.deepEqual(ticks(-3, 7, 4), [-5, 0, 5, 10])
  assert.deepEqual(ticks(1234, 1234, 4), [1000, 1500])
  assert.deepEqual(ticks(0, 0, 4), [0, 0.5])
})

test('ticks span the data, ascend by one step of 1, 2 or 5 times a power of ten, and are not many more than asked for', () => {
  const number = fc.double({ min: -1e9, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(
      number,
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      fc.integer({ min: 2, max: 8 }),
      (low, span, count) => {
        const high = low + span
        // Below the precision of the numbers themselves no tick can help.
        fc.pre((high - low) / Math.max(Math.abs(low), Math.abs(high)) > 1e-6)
        const found = ticks(low, high, count)
        const step = found[1] - found[0]
        const slack = step * 1e-3
        assert.ok(found[0] <= low + slack && found[found.length - 1] >= high - slack)
        assert.ok(found.length <= count + 2)
        const lead = step / 10 ** Math.floor(Math.log10(step * 1.000001))
        assert.ok(
          [1, 2, 5].some((digit) => Math.abs(lead - digit) < 1e-2),
          `step ${step}`,
        )
      },
    ),
    { seed: 3, numRuns: 500 },
  )
})

test('numbers are written for people', () => {
  const cases: [number, 'number' | 'share', string][] = [
    [0, 'number', '0'],
    [0.12345, 'number', '0.123'],
    [-0.5, 'number', '−0.5'],
    [1431.2, 'number', '1431'],
    [25_300, 'number', '25.3k'],
    [3_210_000, 'number', '3.21M'],
    [0.00001, 'number', '1.0e−5'],
    [-0.00001, 'number', '−1.0e−5'],
    [0.6523, 'share', '65.2%'],
    [1, 'share', '100%'],
    [0, 'share', '0%'],
  ]
  for (const [value, unit, text] of cases) assert.equal(formatNumber(value, unit), text)
})

test('smoothing is the unbiased exponential average, and gaps stay gaps', () => {
  const values = [1, null, 3, 5, -2]
  const w = 0.6
  const direct = values.map((value, t) => {
    if (value === null) return null
    const past = values.slice(0, t + 1).filter((x) => x !== null)
    const weights = past.map((_, k) => w ** (past.length - 1 - k))
    return past.reduce((sum, x, k) => sum + x * weights[k], 0) / weights.reduce((a, b) => a + b, 0)
  })
  smooth(values, w).forEach((value, t) => {
    const expected = direct[t]
    if (expected === null) assert.equal(value, null)
    else assert.ok(value !== null && Math.abs(value - expected) < 1e-12)
  })
  assert.deepEqual(smooth(values, 0), values)
  assert.deepEqual(
    smooth([4, 4, 4], 0.9).map((value) => value?.toFixed(9)),
    ['4.000000000', '4.000000000', '4.000000000'],
  )
})

test('shades are even about zero, full at the largest, and none where there is nothing to compare', () => {
  assert.deepEqual(shade(2, 2), { side: 'up', strength: 10 })
  assert.deepEqual(shade(-2, 2), { side: 'down', strength: 10 })
  assert.deepEqual(shade(1, 2), { side: 'up', strength: 5 })
  assert.deepEqual(shade(0.01, 2), { side: 'none', strength: 0 })
  assert.deepEqual(shade(0, 0), { side: 'none', strength: 0 })
  assert.deepEqual(shade(null, 2), { side: 'none', strength: 0 })
})

test('the nearest entry is the one a search through all would find', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1 }),
      fc.integer({ min: -60, max: 60 }),
      (list, x) => {
        const sorted = [...list].sort((a, b) => a - b)
        const found = Math.abs(sorted[nearest(sorted, x)] - x)
        assert.equal(found, Math.min(...sorted.map((entry) => Math.abs(entry - x))))
      },
    ),
    { seed: 5, numRuns: 300 },
  )
})
