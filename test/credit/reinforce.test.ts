import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reinforce } from '../../src/credit/reinforce.ts'
import { GuerdonError } from '../../src/data/error.ts'
import { scored } from '../../src/data/score.ts'
import { flat, group, noOutputs, rows } from './groups.ts'

test('the value less the baseline, at every token', () => {
  const groups = [group([[1, 2], [3]], [1, 0]), flat([3, null])]
  const of = (baseline: 'none' | 'batch' | 'group') => rows(reinforce({ baseline }).assign(groups, noOutputs(groups)))
  assert.deepEqual(of('none'), [
    [[1, 1], [0]],
    [[3], [0]],
  ])
  // The mean of 1, 0 and 3; the Unscored rollout is in no mean.
  assert.deepEqual(of('batch'), [
    [[-0.333333, -0.333333], [-1.333333]],
    [[1.666667], [0]],
  ])
  assert.deepEqual(of('group'), [
    [[0.5, 0.5], [-0.5]],
    [[0], [0]],
  ])
})

test('dense rewards count from where they stand, and baselines are of whole returns', () => {
  const tokens = new Float32Array([1, 2, 4])
  const groups = [group([[1, 2, 3], [9]], [scored(8, { tokens }), 5])]
  assert.deepEqual(rows(reinforce().assign(groups, noOutputs(groups))), [[[15, 14, 12], [5]]])
  assert.deepEqual(rows(reinforce({ baseline: 'group' }).assign(groups, noOutputs(groups))), [[[5, 4, 2], [-5]]])
})

test('dense rewards of the wrong length are an error that names the rollout', () => {
  const groups = [group([[1, 2]], [scored(1, { tokens: new Float32Array(3) })], 'q7')]
  assert.throws(
    () => reinforce().assign(groups, noOutputs(groups)),
    (error) => {
      assert.ok(error instanceof GuerdonError)
      assert.match(error.message, /prompt 'q7', rollout 0: 3 dense rewards for a completion of 2 tokens/)
      return true
    },
  )
})
