import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gae, valueTargets } from '../../src/credit/gae.ts'
import { withKl } from '../../src/credit/withKl.ts'
import { GuerdonError } from '../../src/data/error.ts'
import { scored } from '../../src/data/score.ts'
import { assertClose, group, noOutputs, rows } from './groups.ts'

// Published vectors of RTO (arXiv 2404.18922), made with the authors' compute_reward and get_advantages_and_returns.
const values = Float32Array.from([0.4, 0.5, 0.6])
const reference = Float32Array.from([-1, -0.8, -1.7])
const sampled = Float32Array.from([-0.7, -0.9, -0.9])

function rto(tokens: number[] | undefined) {
  const score = scored(1.5, tokens === undefined ? {} : { tokens: Float32Array.from(tokens) })
  const [one] = [group([[1, 2, 3]], [score])]
  const groups = [{ ...one, rollouts: [{ ...one.rollouts[0], logprobs: sampled }] }]
  return { groups, outputs: [[{ values, reference }]] }
}

test('dense token rewards and the value at the last token', () => {
  const { groups, outputs } = rto([0.022, -0.009, 0.067])
  assertClose(rows(gae().assign(groups, outputs)), [[[1.081167, 1.00965, 0.967]]])
  assertClose(rows(valueTargets(groups, outputs)), [[[1.481167, 1.50965, 1.567]]])
})

test('KL in the reward joins the dense rewards', () => {
  const dense = rto([0.025, -0.01, 0.075])
  const credit = withKl(gae(), { beta: 0.01 })
  assertClose(rows(credit.assign(dense.groups, dense.outputs)), [[[1.081167, 1.00965, 0.967]]])
  const clipped = rto([0.025, -0.01, 0.05])
  assertClose(rows(credit.assign(clipped.groups, clipped.outputs)), [[[1.058605, 0.9859, 0.942]]])
  const sparse = rto(undefined)
  assertClose(rows(credit.assign(sparse.groups, sparse.outputs)), [[[0.99798, 0.9484, 0.892]]])
  assert.deepEqual(credit.needs, ['values', 'reference'])
})

test('the recursion is the sum of discounted deltas', () => {
  const number = fc.double({ min: -2, max: 2, noNaN: true })
  const token = fc.tuple(number, number)
  const unit = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 7 }), number, unit, unit, (steps, value, gamma, lambda) => {
      const tokens = Float32Array.from(steps, ([reward]) => reward)
      const critic = Float32Array.from(steps, ([, v]) => v)
      const groups = [group([steps.map((_, t) => t)], [scored(value, { tokens })])]
      const last = steps.length - 1
      const reward = (t: number) => tokens[t] + (t === last ? value : 0)
      const delta = (t: number) => reward(t) + gamma * (critic[t + 1] ?? 0) - critic[t]
      const [[advantages]] = gae({ gamma, lambda }).assign(groups, [[{ values: critic }]])
      steps.forEach((_, t) => {
        let expected = 0
        for (let k = t; k <= last; k++) expected += (gamma * lambda) ** (k - t) * delta(k)
        assert.ok(Math.abs(advantages[t] - expected) < 1e-5)
      })
    }),
    { seed: 7 },
  )
})

test('Unscored rollouts have no value target', () => {
  const groups = [group([[1], [2]], [null, 1])]
  const one = { values: new Float32Array(1) }
  assert.deepEqual(rows(valueTargets(groups, [[one, one]])), [[null, [1]]])
})

test('missing values are an error that names the rollout', () => {
  const groups = [group([[1]], [1])]
  assert.throws(() => gae().assign(groups, noOutputs(groups)), GuerdonError)
})
