/** The losses of outcome models on published numbers, closed forms and central differences. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { type OutcomeLossOptions, outcomeLoss } from '../../src/objectives/index.ts'
import { assertDerivative, assertNear, gridRows, type Rows } from './items.ts'

const outcomes = [1, 0, 1, 0]
const evaluate =
  (options: OutcomeLossOptions, outcome: readonly number[] = outcomes, group = [0, 0, 0, 1]) =>
  (logits: Rows) =>
    outcomeLoss(options).evaluate(
      logits.map((row, i) => ({ logits: Float32Array.from(row), outcome: outcome[i], group: group[i] })),
    )

test('PRIME: cross-entropy of the summed log-ratio, and the order of pairs', () => {
  const { loss, metrics } = evaluate({ pool: 'sum', scale: 0.05 })([
    [0.4, -0.2, 0.6],
    [-0.5, 0.1],
  ])
  assertNear(loss, 0.678272, 1e-6, 'loss')
  assert.equal(metrics.pairAccuracy, 1)
  assertNear(evaluate({ pool: 'sum', scale: 0.05 })([[0], [0]]).loss, Math.LN2, 1e-12, 'loss at the start')
})

test('OREAL: cross-entropy of the mean logit', () => {
  const one = (outcome: number) => evaluate({ pool: 'mean' }, [outcome])([[2, -1, 0.5, 3]]).loss
  assertNear(one(1), 0.28115, 1e-5, 'right')
  assertNear(one(0), 1.40615, 1e-5, 'wrong')
})

test('gradients are derivatives', () => {
  for (const pool of ['sum', 'mean'] as const)
    for (let seed = 0; seed < 5; seed++)
      assertDerivative(gridRows(random(seed), [3, 1, 2, 4], 0, 0.7), evaluate({ pool, scale: 0.5 }, [1, 0.25, 0.8, 0]))
})

test('against the other label’s mean, held: by hand', () => {
  // Logits 1, -1 and 0.5; the right ones are set against -1, the wrong one against 0.75.
  const sigma = (x: number) => 1 / (1 + Math.exp(-x))
  const rows = [[1], [-1], [0.5]]
  const expected = -(Math.log(sigma(2)) + Math.log(sigma(1.75)) + Math.log(sigma(1.5))) / 3
  const { loss, gradients } = evaluate({ pool: 'sum', loss: 'dpo' })(rows)
  assertNear(loss, expected, 1e-6, 'loss')
  assertNear(gradients[1][0], sigma(-1.75) / 3, 1e-6, 'slope of the wrong one')
  // Best of three: by outcome the wrong one has a share of 1/3, by logit -1 < 0.5 < 1 have 1/3, 2/3, 1.
  const weighted = (weights: number[]) =>
    -(weights[0] * Math.log(sigma(2)) + weights[1] * Math.log(sigma(1.75)) + weights[2] * Math.log(sigma(1.5))) / 3
  assertNear(evaluate({ pool: 'sum', loss: 'bonAccuracy' })(rows).loss, weighted([3, 1 / 3, 3]), 1e-6, 'by accuracy')
  assertNear(evaluate({ pool: 'sum', loss: 'bonReward' })(rows).loss, weighted([3, 1 / 3, 4 / 3]), 1e-6, 'by reward')
})

test('one class, empty answers and saturated logits are finite; an infinite one is refused', () => {
  for (const loss of ['crossEntropy', 'dpo', 'bonAccuracy', 'bonReward'] as const) {
    const found = evaluate({ pool: 'sum', loss }, [1, 1, 1, 1])([[], [900], [-900], [0]])
    assert.ok(Number.isFinite(found.loss) && found.gradients.every((row) => row.every(Number.isFinite)))
    assert.equal(found.metrics.pairAccuracy, 0.5)
  }
  assert.deepEqual(evaluate({ pool: 'mean' })([]).gradients, [])
  assert.throws(() => evaluate({ pool: 'sum' })([[-Infinity]]), /add up to -Infinity/)
})
