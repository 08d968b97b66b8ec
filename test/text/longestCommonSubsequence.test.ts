import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { longestCommonSubsequence } from '../../src/text/longestCommonSubsequence.ts'

/** The textbook table. */
function table(a: readonly string[], b: readonly string[]): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      rows[i][j] = a[i - 1] === b[j - 1] ? rows[i - 1][j - 1] + 1 : Math.max(rows[i - 1][j], rows[i][j - 1])
    }
  }
  return rows[a.length][b.length]
}

const few = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 140 })
const many = fc.array(
  fc.integer({ max: 60, min: 0 }).map((n) => `w${n}`),
  { maxLength: 140 },
)

test('the bit-parallel length is that of the full table', () => {
  for (const lists of [few, many]) {
    fc.assert(
      fc.property(lists, lists, (a, b) => assert.equal(longestCommonSubsequence(a, b), table(a, b))),
      { seed: 5, numRuns: 400 },
    )
  }
})

test('at the edges of the 32-bit words', () => {
  for (const length of [1, 31, 32, 33, 63, 64, 65, 96]) {
    const a = Array.from({ length }, (_, i) => i)
    assert.equal(longestCommonSubsequence(a, a), length)
    assert.equal(longestCommonSubsequence(a, [...a].reverse()), 1)
    assert.equal(longestCommonSubsequence(a, [-1, ...a, -2]), length)
  }
  assert.equal(longestCommonSubsequence([], [1]), 0)
})
