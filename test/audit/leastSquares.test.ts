import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastSquares } from '../../src/audit/leastSquares.ts'
import { random } from '../../src/data/random.ts'

test('the weights of an exact linear law, and residuals orthogonal to the columns where it is not exact', () => {
  const { normal } = random('least squares')
  const rows = Array.from({ length: 50 }, () => [1, normal(), normal()])
  const exact = leastSquares(
    rows,
    rows.map(([, a, b]) => 2 - 3 * a + 0.5 * b),
  )
  exact.forEach((weight, i) => assert.ok(Math.abs(weight - [2, -3, 0.5][i]) < 1e-4))
  const targets = rows.map(() => normal())
  const weights = leastSquares(rows, targets)
  for (const k of [0, 1, 2]) {
    const product = rows.reduce(
      (sum, row, i) => sum + row[k] * (targets[i] - row.reduce((t, x, j) => t + x * weights[j], 0)),
      0,
    )
    assert.ok(Math.abs(product) < 1e-3)
  }
})

test('columns that say the same share their weight', () => {
  const weights = leastSquares(
    [
      [1, 1],
      [2, 2],
      [3, 3],
    ],
    [2, 4, 6],
  )
  weights.forEach((weight) => assert.ok(Math.abs(weight - 1) < 1e-4))
})
