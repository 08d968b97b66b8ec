import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { bco } from '../../src/objectives/bco.ts'
import type { FeedbackItem } from '../../src/objectives/feedback.ts'
import { kto } from '../../src/objectives/kto.ts'
import { logSigmoid } from '../../src/objectives/pair.ts'
import { assertDerivative, assertNear, gridRows, type Rows } from './items.ts'

/** One-token answers with these implicit rewards (beta 1). */
function rewarded(up: readonly number[], down: readonly number[], offset = 0): FeedbackItem[] {
  const item = (desirable: boolean) => (reward: number) => ({
    readout: { logprobs: Float32Array.of(reward + offset), reference: Float32Array.of(0) },
    desirable,
  })
  return [...up.map(item(true)), ...down.map(item(false))]
}

test('published values: vectors 1 and 2, the shift as TRL keeps it', () => {
  const objective = bco({ beta: 1, shift: 'running-mean', reduction: 'sample-mean' })
  const first = objective.evaluate(rewarded([0.6, 0.2], [-0.1, 0.3]))
  assertNear(first.loss, 0.625921, 1e-6, 'pooled mean')
  assertNear(first.metrics.shift, 0.25, 1e-6, 'shift')
  const slopes = [-0.413382, -0.512497, 0.413382, 0.512497]
  first.gradients.forEach(([slope], i) => {
    assertNear(slope, slopes[i] / 4, 1e-6, `slope ${i}`)
  })
  const second = objective.evaluate(rewarded([1], [0, -0.4, 0.2]))
  assertNear(second.metrics.shift, 0.225, 1e-6, 'running shift')
  assertNear(second.loss, 0.518827, 1e-6, 'second pooled mean')
})

test('published values: the paper form, midpoint and class means', () => {
  const first = bco({ beta: 1 }).evaluate(rewarded([0.6, 0.2], [-0.1, 0.3]))
  assertNear(first.loss, 1.251842, 1e-6, 'loss')
  const second = bco({ beta: 1 }).evaluate(rewarded([1], [0, -0.4, 0.2]))
  assertNear(second.metrics.shift, 0.466667, 1e-6, 'shift')
  assertNear(second.loss, 0.930413, 1e-6, 'loss')
})

test('published values: vector 3, the bound on DPO', () => {
  const cases = [
    { r: [1.2, 0.4], dpo: 0.371101, bce: 1.176298, shifted: 1.026031 },
    { r: [3, 2], dpo: 0.313262, bce: 2.175515, shifted: 0.948154 },
    { r: [-1, -2], dpo: 0.313262, bce: 1.44019, shifted: 0.948154 },
  ]
  for (const { r, dpo, bce, shifted } of cases) {
    const items = rewarded([r[0]], [r[1]])
    const plain = bco({ beta: 1, shift: 'none' }).evaluate(items).loss
    assertNear(plain, bce, 1e-6, 'BCE')
    assertNear(bco({ beta: 1 }).evaluate(items).loss, shifted, 1e-6, 'BCO')
    assertNear(Math.log(Math.exp(dpo) + Math.exp(-r[0]) + Math.exp(r[1])), plain, 1e-6, 'the identity')
    assertNear(-logSigmoid(r[0] - r[1]), dpo, 1e-6, 'DPO')
  }
})

test('published values: vector 4, an offset of all rewards is nothing to BCO and much to plain cross-entropy', () => {
  for (const [offset, bce] of [
    [4, 2.064601],
    [-4, 1.823953],
  ]) {
    const items = rewarded([0.6, 0.2], [-0.1, 0.3], offset)
    const pooled = { beta: 1, reduction: 'sample-mean' } as const
    assertNear(bco({ ...pooled, shift: 'none' }).evaluate(items).loss, bce, 1e-6, 'BCE')
    for (const shift of ['midpoint', 'running-mean'] as const)
      assertNear(bco({ ...pooled, shift }).evaluate(items).loss, 0.625921, 1e-6, shift)
  }
})

test('the moving average: each class from its first batch, a class not seen yet where the other is', () => {
  const objective = bco({ beta: 1, decay: 0.5 })
  assertNear(objective.evaluate(rewarded([], [-2])).metrics.shift, -2, 1e-9, 'one class')
  assertNear(objective.evaluate(rewarded([1], [0])).metrics.shift, (1 + -1) / 2, 1e-9, 'both')
  const copy = bco({ beta: 1, decay: 0.5 })
  copy.restore?.(JSON.parse(JSON.stringify(objective.state?.())))
  const next = rewarded([3], [1, 2])
  assert.deepEqual(copy.evaluate(next), objective.evaluate(next))
})

const readouts = (logprobs: Rows, reference: Rows): FeedbackItem[] =>
  logprobs.map((row, i) => ({
    readout: { logprobs: Float32Array.from(row), reference: Float32Array.from(reference[i]) },
    desirable: i % 3 !== 0,
    weight: 1 + i,
    mismatched: { logprobs: Float32Array.of(-1), reference: Float32Array.of(-1.5) },
  }))

test('gradients are derivatives, the shift held still', () => {
  for (const reduction of ['class-mean', 'sample-mean'] as const)
    for (const of of [
      () => bco({ beta: 0.8, shift: 'none', reduction }),
      () => kto({ beta: 0.8, desirableWeight: 1.3, reduction }),
    ]) {
      const source = random(reduction)
      const lengths = Array.from({ length: 5 }, () => source.int(1, 4))
      const reference = gridRows(source, lengths, -2, 1)
      assertDerivative(gridRows(source, lengths, -2, 1), (rows) => of().evaluate(readouts(rows, reference)))
    }
  // With the shift: its slope is the loss's at the shift it had.
  const items = rewarded([0.6, 0.2], [-0.1, 0.3])
  const { gradients, metrics } = bco({ beta: 1 }).evaluate(items)
  const moved = rewarded([0.6, 0.2], [-0.1, 0.3], -metrics.shift)
  bco({ beta: 1, shift: 'none' })
    .evaluate(moved)
    .gradients.forEach(([slope], i) => {
      assertNear(gradients[i][0], slope, 1e-6, `${i}`)
    })
})

test('bad input: one class only, nothing, empty answers, -Infinity', () => {
  for (const objective of [
    bco(),
    bco({ shift: 'running-mean', reduction: 'sample-mean' }),
    kto({ baseline: 'batch' }),
  ]) {
    for (const items of [rewarded([1, 2], []), rewarded([], [1]), rewarded([0], [0])]) {
      const { loss, gradients, metrics } = objective.evaluate(items)
      const numbers = [loss, ...gradients.flatMap((row) => [...row]), ...Object.values(metrics)]
      assert.ok(numbers.every(Number.isFinite), `${objective.name}: ${numbers}`)
    }
    assert.equal(objective.evaluate([]).loss, 0)
    const empty = { readout: { logprobs: new Float32Array(0), reference: new Float32Array(0) }, desirable: true }
    assert.equal(objective.evaluate([empty]).gradients[0].length, 0)
    const broken = rewarded([-Infinity], [])
    const { gradients, metrics } = objective.evaluate([...broken, ...rewarded([1], [0])])
    assert.deepEqual([gradients[0][0], metrics.unusableAnswers], [0, 1])
    assert.ok(gradients.flatMap((row) => [...row]).every(Number.isFinite))
    assert.throws(() => objective.evaluate(broken), /no answer of 1 has finite log-probs/)
  }
})
