import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootstrapInterval } from '../../src/data/bootstrap.ts'
import { random } from '../../src/data/random.ts'

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length

test('it covers a known mean about as often as it says', () => {
  const source = random(7)
  let covered = 0
  for (let trial = 0; trial < 200; trial++) {
    const sample = Array.from({ length: 40 }, () => source.normal())
    const [low, high] = bootstrapInterval(sample, mean, { draws: 300, seed: trial }) ?? [1, -1]
    if (low <= 0 && high >= 0) covered++
  }
  // 95 % of 200 is 190 with a deviation of 3; the percentile bootstrap of 40 normal values covers a little less.
  assert.ok(covered >= 178 && covered <= 198, String(covered))
})

test('its ends are quantiles of the drawn values, and the same seed draws the same', () => {
  const interval = bootstrapInterval([0, 1], mean, { draws: 4000, level: 0.4, seed: 3 })
  // Samples of two: 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4: the quantiles at 0.3 and 0.7 are 1/2.
  assert.deepEqual(interval, [0.5, 0.5])
  assert.deepEqual(bootstrapInterval([1, 2, 5, 9], mean), bootstrapInterval([1, 2, 5, 9], mean))
})

test('nothing to draw, or nothing that can be computed, gives no interval', () => {
  assert.equal(bootstrapInterval([], mean), undefined)
  assert.equal(
    bootstrapInterval([1], () => undefined),
    undefined,
  )
})
