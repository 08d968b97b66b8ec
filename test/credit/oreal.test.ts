/** OREAL on its code's vectors, and its loss written down directly. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OrealOptions, oreal } from '../../src/credit/index.ts'
import { tokenRewardWeights } from '../../src/credit/oreal.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { items } from '../objectives/items.ts'
import { assertClose, flat, group, noOutputs, rows } from './groups.ts'

const logits = [2, -1, 0.5, 3]
const values = (list: readonly number[]) => ({ values: Float32Array.from(list) })

test('token weights by the threshold and by the highest share', () => {
  const chances = [0.880797, 0.622459, 0.622459, 0.754915]
  assertClose(
    [...tokenRewardWeights(Float64Array.from(chances), true, 'threshold')],
    [0.761594, 0.244919, 0.244919, 0.50983],
  )
  assertClose([...tokenRewardWeights(Float64Array.from(chances), false, 'threshold')], [0, 0, 0, 0], 0)
  assertClose([...tokenRewardWeights(Float64Array.from(chances), true, 0.5)], [1, 0, 0, 0])
  assertClose([...tokenRewardWeights(Float64Array.of(0.6, 0.6), true, 1)], [1, 1], 0)
  assertClose([...tokenRewardWeights(Float64Array.from(chances), true, 0.01)], [1, 0, 0, 0])
})

test('weights from logits: right answers by what they promise, wrong ones by what they do not', () => {
  const groups = [
    group(
      [
        [1, 2, 3, 4],
        [5, 6, 7, 8],
      ],
      [1, 0],
    ),
  ]
  const outputs = [[values(logits), values(logits.map((one) => -one))]]
  const w = [0.761594, 0.244919, 0.244919, 0.50983]
  // Two answers: A = +-2. n / n+ = n / n- = 2; half for the wrong one.
  assertClose(rows(oreal().assign(groups, outputs)), [[w.map((one) => 4 * one), w.map((one) => -2 * one)]], 1e-5)
})

const plain: OrealOptions = { weights: 'none', negative: 1 }
const advantagesOf = (scores: number[], options: OrealOptions) => {
  const groups = [flat(scores)]
  // The parts n/n+ and n/n- are taken out again.
  const right = scores.filter((score) => score === 1).length
  const [found] = oreal({ ...plain, ...options }).assign(groups, noOutputs(groups))
  return found.map((array, i) => (array[0] * (scores[i] === 1 ? right : scores.length - right)) / scores.length)
}

test('advantages of +-1, against the others or in the group’s deviation', () => {
  assertClose(advantagesOf([1, 1, 0, 0], {}), [4 / 3, 4 / 3, -4 / 3, -4 / 3])
  assertClose(advantagesOf([1, 0, 0, 0], {}), [2, -2 / 3, -2 / 3, -2 / 3])
  assertClose(advantagesOf([1, 0, 0, 0], { baseline: 'grpo' }), [1.5, -0.5, -0.5, -0.5])
  assertClose(advantagesOf([1, 0, 0, 0], { weighPositives: false }), [1, -2 / 3, -2 / 3, -2 / 3])
})

test('on policy, clipped with KL has the gradient of the loss as the code writes it', () => {
  const [right, wrong] = [
    { logprobs: [-0.5, -1], reference: [-0.6, -0.9], weights: [0.5, 0.2] },
    { logprobs: [-0.7, -0.2], reference: [-0.7, -0.4], weights: [0.3, 0.8] },
  ]
  const a = 4 / 3
  const kl = (l: number, r: number) => Math.exp(r - l) - (r - l) - 1
  const loss = (x: readonly number[], y: readonly number[]) => {
    const plus = (a * right.weights.reduce((sum, w, t) => sum - w * x[t], 0)) / 2
    const minus = (0.5 * wrong.weights.reduce((sum, w, t) => sum + Math.exp(y[t] - wrong.logprobs[t]) * a * w, 0)) / 2
    const klTerm =
      x.reduce((sum, l, t) => sum + kl(l, right.reference[t]), 0) +
      y.reduce((sum, l, t) => sum + kl(l, wrong.reference[t]), 0)
    return { plus, minus, kl: (0.01 * klTerm) / 4, total: plus + minus + (0.01 * klTerm) / 4 }
  }
  const at = loss(right.logprobs, wrong.logprobs)
  assertClose([at.plus, at.minus, at.kl, at.total], [0.3, 0.366667, 7.18477e-5, 0.666739])
  // The token weights above come from no logits: the advantages are the credit's of weight 1, times them.
  const groups = [
    group(
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      [1, 0, 1, 0],
    ),
  ]
  const [four] = oreal({ weights: 'none', select: 'pair' }).assign(groups, noOutputs(groups))
  const chosen = [four.find((array) => array[0] > 0), four.find((array) => array[0] < 0)]
  const scale = 1 / 2 // The batch has the tokens of four answers, the loss those of two.
  const advantages = [right, wrong].map(({ weights }, i) =>
    weights.map((w, t) => w * scale * (chosen[i]?.[t] ?? Number.NaN)),
  )
  const logprobs = [right.logprobs, wrong.logprobs]
  const { gradients } = clipped({ kl: { coefficient: 0.01, estimator: 'k3' } }).evaluate(
    items(logprobs, logprobs, advantages, [right.reference, wrong.reference]),
  )
  const h = 1e-5
  logprobs.forEach((row, i) => {
    row.forEach((x, t) => {
      const moved = (by: number) => {
        const rowsNow = logprobs.map((other, k) => (k === i ? other.with(t, x + by) : other))
        return loss(rowsNow[0], rowsNow[1]).total
      }
      assertClose(gradients[i][t], (moved(h) - moved(-h)) / (2 * h), 1e-5)
    })
  })
})

test('the pair is drawn anew at each step and travels in the state', () => {
  const groups = Array.from({ length: 6 }, (_, g) => flat([1, 0, 1, 0, 1, 0], `p${g}`))
  const drawn = (credit: ReturnType<typeof oreal>) => JSON.stringify(rows(credit.assign(groups, noOutputs(groups))))
  const [first, again] = [oreal({ weights: 'none', select: 'pair' }), oreal({ weights: 'none', select: 'pair' })]
  assert.equal(drawn(first), drawn(again))
  const second = drawn(first)
  assert.notEqual(second, drawn(oreal({ weights: 'none', select: 'pair' })))
  const resumed = oreal({ weights: 'none', select: 'pair' })
  resumed.restore?.(again.state?.())
  assert.equal(drawn(resumed), second)
})

test('groups of one class and of one answer get zeros; probability-one tokens and empty answers are finite; NaN is refused', () => {
  const groups = [flat([1, 1, 1]), flat([0]), group([[], [1]], [1, 0])]
  const outputs = groups.map(({ rollouts }) => rollouts.map(({ logprobs }) => values([...logprobs].map(() => 900))))
  const advantages = rows(oreal().assign(groups, outputs))
  assert.deepEqual(advantages.slice(0, 2), [[[0], [0], [0]], [[0]]])
  assert.ok(advantages.flat(2).every((x) => Number.isFinite(x)))
  assert.throws(() => oreal().assign([flat([1, 0])], [[values([Number.NaN]), values([0])]]), /finite logits/)
  assert.throws(() => oreal().assign([flat([1, 0])], [[{}, {}]]), /tokenRewardModel/)
})
