import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { consensusRanking } from '../../../src/rewards/judged/consensusRanking.ts'

test('four judges, three must agree', () => {
  const judges = [
    [5, 4, 3, 1],
    [5, 3, 4, 2],
    [4, 5, 3, 1],
    [5, 4, 2, 3],
  ]
  assert.deepEqual(consensusRanking(judges, 3), [0, 1, 2, 3])
})

test('no longer subsequence of any ranking is agreed on: a brute-force twin', () => {
  const judge = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(judge, { minLength: 3, maxLength: 4 }), fc.integer({ min: 2, max: 3 }), (judges, agree) => {
      const above = (i: number, j: number) => judges.filter((scores) => scores[i] > scores[j]).length >= agree
      const valid = (list: readonly number[]) =>
        list.every((one, i) => list.slice(i + 1).every((next) => above(one, next)))
      const found = consensusRanking(judges, agree)
      let longest = 0
      for (const scores of judges) {
        const ranking = [0, 1, 2, 3, 4].sort((a, b) => scores[b] - scores[a] || a - b)
        for (let mask = 0; mask < 32; mask++) {
          const list = ranking.filter((_, i) => mask & (1 << i))
          if (valid(list)) longest = Math.max(longest, list.length)
        }
      }
      assert.ok(valid(found))
      assert.equal(found.length, longest)
    }),
    { seed: 4, numRuns: 200 },
  )
})
