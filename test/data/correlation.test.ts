import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kendallTau, pearson, spearman } from '../../src/data/correlation.ts'

const zip = (a: readonly number[], b: readonly number[]) => a.map((value, i): [number, number] => [value, b[i]])
const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`)

test("Kendall's tau-b, as scipy computes it", () => {
  near(kendallTau(zip([5, 3, 3, 1], [4, 4, 2, 1])), 0.8)
  near(kendallTau(zip([1, 2, 3, 4], [1, 3, 2, 4])), 2 / 3)
})

test('Pearson and Spearman on closed forms', () => {
  near(pearson(zip([1, 2, 3], [2, 4, 6])), 1)
  near(pearson(zip([1, 2, 3], [1, 3, 2])), 0.5)
  // Monotone but bent: ranks agree entirely. Ties share their mean rank: r of (1, 2.5, 2.5) and (1, 2, 3).
  near(spearman(zip([1, 2, 3, 4], [1, 10, 100, 1000])), 1)
  near(spearman(zip([1, 2, 2], [1, 2, 3])), Math.sqrt(3) / 2)
})

test('a side that does not vary has no correlation', () => {
  for (const correlation of [pearson, spearman, kendallTau])
    assert.equal(correlation(zip([1, 1, 1], [1, 2, 3])), undefined)
})
