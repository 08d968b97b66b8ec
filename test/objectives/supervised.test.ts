import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { supervised } from '../../src/objectives/supervised.ts'
import { assertDerivative, assertSameAs, gridRows, type Rows, torchLosses } from './items.ts'

const items = (logprobs: Rows, weights?: Rows) =>
  logprobs.map((row, i) => ({
    readout: { logprobs: Float32Array.from(row) },
    ...(weights === undefined ? {} : { weights: Float32Array.from(weights[i]) }),
  }))

test('equals PyTorch', () => {
  const torch = torchLosses()
  assertSameAs(supervised().evaluate(items(torch.logprobs, torch.supervised.weights)), torch.supervised)
})

test('without weights it is the mean negative log-prob, and the perplexity its exponential', () => {
  const { loss, gradients, metrics } = supervised().evaluate(items([[-1, -2], [-6]]))
  assert.equal(loss, 3)
  assert.deepEqual(
    gradients.map((row) => Array.from(row)),
    [[-1 / 3, -1 / 3], [-1 / 3]].map((row) => row.map(Math.fround)),
  )
  assert.deepEqual(metrics, { perplexity: Math.exp(3), tokens: 3 })
})

test('gradients are derivatives, negative weights included', () => {
  for (let seed = 0; seed < 8; seed++) {
    const source = random(seed)
    const lengths = [source.int(1, 5), source.int(1, 5)]
    const weights = gridRows(source, lengths, 0.5, 1)
    assertDerivative(gridRows(source, lengths, -2, 1), (rows) => supervised().evaluate(items(rows, weights)))
  }
})

test('tokens of weight 0 count for nothing, whatever their log-prob', () => {
  const { loss, gradients, metrics } = supervised().evaluate(items([[-Infinity, -2]], [[0, 1]]))
  assert.deepEqual([loss, Array.from(gradients[0]), metrics.tokens], [2, [0, -1], 1])
  assert.deepEqual(supervised().evaluate(items([[-1]], [[0]])).loss, 0)
  assert.deepEqual(supervised().evaluate([]).loss, 0)
})
