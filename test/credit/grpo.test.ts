import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grpo } from '../../src/credit/grpo.ts'
import { rloo } from '../../src/credit/rloo.ts'
import { flat, noOutputs, rows } from './groups.ts'

const assign = (credit: ReturnType<typeof grpo>, scores: (number | null)[], digits = 6) => {
  const groups = [flat(scores)]
  return rows(credit.assign(groups, noOutputs(groups)), digits)[0].flat()
}

test('published values: sample deviation, epsilon 1e-6', () => {
  // The GRPO rows beside TEMPO's test vectors, and those of GRPO-lambda (sample deviation).
  assert.deepEqual(assign(grpo(), [1, 0, 0, 0]), [1.499997, -0.499999, -0.499999, -0.499999])
  assert.deepEqual(assign(grpo(), [0.875656, 0.765986, 0.634014, 0.524344], 5), [1.14651, 0.43069, -0.43069, -1.14651])
})

test('without the deviation only the mean is taken off', () => {
  assert.deepEqual(assign(grpo({ normalise: 'none' }), [1, 0, 0, null, 1]), [0.5, -0.5, -0.5, 0, 0.5])
})

test('equal scores, single scores and epsilon give exact zeros, not rounding noise', () => {
  for (const scores of [[0.1, 0.1, 0.1], [7], [null, 3], [1e-300, 1e-300]]) {
    assert.deepEqual(
      assign(grpo({ epsilon: 0 }), scores, 30),
      scores.map(() => 0),
    )
  }
})

test('rloo sets each rollout against the mean of the others', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 2, maxLength: 8 }), (scores) => {
      const bruteForce = scores.map((score, i) => {
        const others = scores.filter((_, j) => j !== i)
        return score - others.reduce((sum, other) => sum + other, 0) / others.length
      })
      assert.deepEqual(
        assign(rloo(), scores, 4),
        bruteForce.map((x) => Number(x.toFixed(4)) + 0),
      )
    }),
    { seed: 6 },
  )
  assert.deepEqual(assign(rloo(), [null, 3]), [0, 0])
})
