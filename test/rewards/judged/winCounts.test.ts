import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rankByWins } from '../../../src/rewards/judged/winCounts.ts'
import { near } from './near.ts'

test('RewardDance, four candidates: a three-way tie in wins, broken by debiased strengths', () => {
  const { wins, strengths, order } = rankByWins([
    [Number.NaN, 0.7, 0.4, 0.9],
    [0.35, Number.NaN, 0.6, 0.8],
    [0.7, 0.3, Number.NaN, 0.6],
    [0.2, 0.1, 0.45, Number.NaN],
  ])
  assert.deepEqual(wins, [2, 2, 2, 0])
  ;[1.875, 1.825, 1.575, 0.725].forEach((expected, i) => near(strengths[i], expected))
  assert.deepEqual(order, [0, 1, 2, 3])
})

test('a judge that always prefers one place says nothing: strengths are equal', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 2, max: 6 }), (bias, n) => {
      const { strengths } = rankByWins(Array.from({ length: n }, () => new Array<number>(n).fill(bias)))
      for (const strength of strengths) near(strength, (n - 1) / 2, 1e-9)
    }),
    { seed: 1 },
  )
})

test('strengths of all candidates add up to the number of pairs, whatever the judge says', () => {
  const row = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 4, maxLength: 4 }), (matrix) => {
      near(
        rankByWins(matrix).strengths.reduce((a, b) => a + b),
        6,
        1e-9,
      )
    }),
    { seed: 2 },
  )
})
