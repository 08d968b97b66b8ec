import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runningClip, runningMinMax, runningZScore } from '../../src/shaping/running.ts'
import { assertClose, flat } from '../credit/groups.ts'
import { valuesAfter } from './values.ts'

test("the authors' vectors", () => {
  const pair = [flat([2], 'a'), flat([-0.5], 'b')]
  assertClose(valuesAfter(runningZScore(), pair), [[1], [-1]])
  assertClose(valuesAfter(runningClip(), pair), [[2], [-0.5]])
  assertClose(valuesAfter(runningMinMax(), pair), [[1], [0]])
  const z = runningZScore()
  assertClose(valuesAfter(z, [flat([1, 2, 3])]), [[-1.224745, 0, 1.224745]], 1e-6)
  assertClose(valuesAfter(z, [flat([5, 7])]), [[0.649934, 1.57841]], 1e-6)
})

test('merged batch by batch, the moments are those of all values at once', () => {
  const batches = fc.array(fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 1 }), { minLength: 1 })
  fc.assert(
    fc.property(batches, (list) => {
      const z = runningZScore()
      const last = list.map((values) => valuesAfter(z, [flat(values)])[0]).at(-1)
      const all = list.flat()
      const mean = all.reduce((sum, each) => sum + each, 0) / all.length
      const std = Math.sqrt(all.reduce((sum, each) => sum + (each - mean) ** 2, 0) / all.length)
      // Where nothing varies the deviation is rounding alone.
      if (std > 1e-6)
        assertClose(
          last,
          list[list.length - 1].map((value) => (value - mean) / std),
          1e-6,
        )
    }),
    { seed: 3 },
  )
})

test('bounds, constant rewards, unscored batches, checkpoints', () => {
  assert.deepEqual(valuesAfter(runningMinMax(), [flat([3, 3, null])]), [[0.5, 0.5, null]])
  assert.deepEqual(valuesAfter(runningZScore(), [flat([3, 3])]), [[0, 0]])
  assert.deepEqual(valuesAfter(runningZScore(), [flat([null])]), [[null]])
  assertClose(valuesAfter(runningClip(), [flat([0, 0, 0, 8])]), [[0, 0, 0, 2 + Math.sqrt(12)]])
  const first = runningMinMax()
  first.shape([flat([0, 10])])
  const second = runningMinMax()
  second.restore?.(JSON.parse(JSON.stringify(first.state?.())))
  assert.deepEqual(valuesAfter(second, [flat([5])]), [[0.5]])
})
