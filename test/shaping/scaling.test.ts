import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scored } from '../../src/data/score.ts'
import { difficultyScaling } from '../../src/shaping/difficultyScaling.ts'
import { dynamicScale, scaleByMargin } from '../../src/shaping/dynamicScale.ts'
import { assertClose, flat } from '../credit/groups.ts'
import { valuesAfter, withMeta } from './values.ts'

test("MM-DPO's factor: the authors' vector and bounds", () => {
  assertClose(
    [0.2, 2, 6].map((margin) => 0.1 * dynamicScale(margin)),
    [0.104758, 0.131606, 0.147511],
    1e-6,
  )
  assertClose(dynamicScale(-1), 1)
  assertClose(0.1 * dynamicScale(1, { rate: 1 }), 0.131606, 1e-6)
  assertClose(0.1 * dynamicScale(4, { rate: 0.25 }), 0.131606, 1e-6)
  assert.equal(dynamicScale(1e9), 1.5)
})

test('groups are drawn apart about their mean by their margin', () => {
  // 1 + (1 - 1/e) / 2 for a margin of 2.
  const [[low, high, none], equal] = valuesAfter(scaleByMargin(), [flat([0, 2, null]), flat([1, 1])])
  assertClose([low, high], [1 - 1.316060279, 1 + 1.316060279], 1e-9)
  assert.deepEqual([none, equal], [null, [1, 1]])
  const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 8 })
  fc.assert(
    fc.property(values, (list) => {
      const after = valuesAfter(scaleByMargin(), [flat(list)])[0].map((value) => value ?? 0)
      const sum = (all: number[]) => all.reduce((total, each) => total + each, 0)
      assertClose(sum(after), sum(list), 1e-9)
      const spread = (all: number[]) => Math.max(...all) - Math.min(...all)
      assert.ok(spread(after) >= spread(list) - 1e-12 && spread(after) <= 1.5 * spread(list) + 1e-12)
    }),
    { seed: 62 },
  )
})

/** A group whose answers have this similarity to a demonstration of this reward. */
function shown(values: number[], similarity: number, gap: number, category: string) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const group = flat(values.map((value) => scored(value, { parts: { similarity } })))
  return withMeta(group, { category, demonstrationReward: mean + gap })
}

test("DR-IRL's weights: the brief's vectors, in their category", () => {
  const weights = (groups: ReturnType<typeof shown>[], tau: number) => {
    const after = valuesAfter(difficultyScaling({ scope: 'category', tau }), groups)
    // The standardised values of [0, 1] are -1 and 1.
    return after.map(([, high]) => high)
  }
  const by = (similarities: number[], gaps: number[], tau: number) =>
    weights(
      similarities.map((similarity, i) => shown([0, 1], similarity, gaps[i], 'a')),
      tau,
    )
  assertClose(by([0.8, 0.5, 0.1], [0, 0, 0], 1), [0.872392, 0.987623, 1.128025], 1e-6)
  const gaps = [1, 1.4, 0.8, 6]
  assertClose(by([1, 1, 1, 1], gaps, 1)[0], 0.88261, 1e-6)
  assertClose(by([1, 1, 1, 1], gaps, 4)[0], 0.818551, 1e-6)
  assertClose(by([1, 1, 1, 1], gaps, 100)[0], 1, 1e-6)
})

test('standardised over n, weighed afterwards; equal and unscored values', () => {
  const plain = difficultyScaling()
  assertClose(valuesAfter(plain, [flat([1, 0, 0, 2])])[0], [0.301511, -0.904534, -0.904534, 1.507557], 1e-6)
  assert.deepEqual(valuesAfter(plain, [flat([1, 1]), flat([null])]), [[0, 0], [null]])
})

test("over the run, a category that lags behind weighs more; the run's means travel", () => {
  const batch = () => [shown([0, 1], 0.9, 0.2, 'easy'), shown([0, 1], 0.2, 2, 'hard')]
  const shaping = difficultyScaling()
  const [easy, hard] = valuesAfter(shaping, batch()).map(([, high]) => high ?? 0)
  assert.ok(easy < 1 && hard > 1)
  const again = difficultyScaling()
  again.restore?.(JSON.parse(JSON.stringify(shaping.state?.())))
  assert.deepEqual(valuesAfter(again, batch()), valuesAfter(shaping, batch()))
})
