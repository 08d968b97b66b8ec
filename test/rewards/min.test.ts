import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { unscored } from '../../src/data/score.ts'
import { min } from '../../src/rewards/min.ts'
import { product } from '../../src/rewards/product.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { scoreOf } from './samples.ts'

const constant = (name: string, value: number, range: readonly [number, number] = [-1, 1]) =>
  defineReward(name, () => value, { range })

test('min takes the worst part, product multiplies, both keep all parts', async () => {
  const rewards = [constant('a', 0.5), constant('b', -0.25), constant('a', 0.75)] as const
  const parts = { a: 0.5, b: -0.25, 'a#3': 0.75 }
  assert.deepEqual(await scoreOf(min(...rewards), ''), { kind: 'scored', value: -0.25, parts })
  assert.deepEqual(await scoreOf(product(...rewards), ''), { kind: 'scored', value: -0.09375, parts })
})

test('an Unscored part makes the whole Unscored', async () => {
  const refuses = defineReward('refuses', () => unscored('sandbox', 'gone'))
  for (const reward of [min(constant('a', 1), refuses), product(refuses, constant('a', 0))]) {
    assert.deepEqual(await scoreOf(reward, ''), { kind: 'unscored', at: 'sandbox', reason: 'refuses: gone' })
  }
})

test('the declared range holds every value the parts can make, and is reached', () => {
  const range = fc
    .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 3 }))
    .map(([a, b]) => [a, a + b] as const)
  fc.assert(
    fc.property(range, range, range, (r1, r2, r3) => {
      const corners = r1.flatMap((a) => r2.flatMap((b) => r3.map((c) => [a, b, c])))
      const rewards = [constant('a', 0, r1), constant('b', 0, r2), constant('c', 0, r3)] as const
      const products = corners.map(([a, b, c]) => a * b * c)
      const minima = corners.map((corner) => Math.min(...corner))
      // + 0 turns -0 into 0.
      assert.deepEqual(
        product(...rewards).range?.map((x) => x + 0),
        [Math.min(...products) + 0, Math.max(...products) + 0],
      )
      assert.deepEqual(min(...rewards).range, [Math.min(...minima), Math.max(...minima)])
    }),
    { seed: 4 },
  )
})
