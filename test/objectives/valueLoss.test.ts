import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { valueLoss } from '../../src/objectives/valueLoss.ts'
import { assertDerivative, assertNear, assertSameAs, gridRows, type Rows, STEP, torchLosses } from './items.ts'

const items = (values: Rows, returns: Rows, sampled?: Rows) =>
  values.map((row, i) => ({
    values: Float32Array.from(row),
    returns: Float32Array.from(returns[i]),
    ...(sampled === undefined ? {} : { sampled: Float32Array.from(sampled[i]) }),
  }))

const { values, returns, sampled, cases } = torchLosses().values
for (const { options, loss, gradients } of cases) {
  test(`equals PyTorch: ${JSON.stringify(options)}`, () => {
    assertSameAs(valueLoss(options).evaluate(items(values, returns, sampled)), { loss, gradients })
  })
}

test('gradients are derivatives, with and without a clip', () => {
  for (let seed = 0; seed < 8; seed++) {
    const source = random(seed)
    const lengths = [source.int(1, 6), source.int(1, 6)]
    // The targets are off the grid, so that no finite difference steps over the kink where both errors are equal.
    const targets = gridRows(source, lengths, 0, 1).map((row) => row.map((x) => x + STEP / 3))
    const before = gridRows(source, lengths, 0, 1)
    assertDerivative(gridRows(source, lengths, 0, 1), (rows) => valueLoss().evaluate(items(rows, targets)))
    const clip = 0.3
    const now = before.map((row) => row.map((x) => x + source.pick([-1, -0.5, -0.125, 0.0625, 0.25, 0.75])))
    const kinks = now.flatMap((row, i) =>
      row.filter((x, t) => {
        const held = before[i][t] + Math.sign(x - before[i][t]) * clip
        return Math.abs(Math.abs(held - targets[i][t]) - Math.abs(x - targets[i][t])) < 2 * STEP
      }),
    )
    // A value at the kink has no derivative to compare with.
    if (kinks.length > 0) continue
    assertDerivative(now, (rows) => valueLoss({ clip }).evaluate(items(rows, targets, before)))
  }
})

test('explained variance is 1 for perfect values, 0 for the mean, negative for worse', () => {
  const of = (row: number[]) => valueLoss().evaluate(items([row], [[1, 2, 3]])).metrics.explainedVariance
  assert.equal(of([1, 2, 3]), 1)
  assertNear(of([2, 2, 2]), 0, 1e-9, 'constant')
  assertNear(of([3, 2, 1]), -3, 1e-9, 'reversed')
})

test('lengths that disagree are an error', () => {
  assert.throws(() => valueLoss().evaluate(items([[1, 2]], [[1]])), /2 values, 1 returns/)
  assert.throws(() => valueLoss({ clip: 1 }).evaluate(items([[1]], [[1]])), /no values of the sampler/)
})
