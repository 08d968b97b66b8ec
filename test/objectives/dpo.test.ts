import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { dpo } from '../../src/objectives/dpo.ts'
import { logSigmoid, sigmoid } from '../../src/objectives/pair.ts'
import { assertDerivative, assertNear, assertSameAs, gridRows, torchLosses } from './items.ts'
import { pairs } from './pairs.ts'

const torch = torchLosses()
for (const { options, loss, margin, gradients } of torch.dpo) {
  test(`equals PyTorch: ${JSON.stringify(options)}`, () => {
    const evaluation = dpo(options).evaluate(pairs(torch.logprobs, torch.reference))
    assertSameAs(evaluation, { loss, gradients })
    assertNear(evaluation.metrics.margin, margin, 1e-6, 'margin')
  })
}

test('published value: TGDPO vector 2, plain DPO', () => {
  const { loss, gradients, metrics } = dpo({ beta: 0.1 }).evaluate(
    pairs(
      [
        [-1, -0.5, -2],
        [-0.8, -1.5],
      ],
      [
        [-1.2, -0.6, -1.8],
        [-0.7, -1.1],
      ],
    ),
  )
  assertNear(loss, 0.663597, 1e-6, 'loss')
  assertNear(metrics.margin, 0.06, 1e-6, 'margin')
  for (const slope of gradients[0]) assertNear(slope, -0.0485, 1e-6, 'chosen')
  for (const slope of gradients[1]) assertNear(slope, 0.0485, 1e-6, 'rejected')
  assert.equal(metrics.accuracy, 1)
  assertNear(metrics.chosenReward, 0.01, 1e-6, 'chosenReward')
  assertNear(metrics.rejectedReward, -0.05, 1e-6, 'rejectedReward')
})

test('gradients are derivatives', () => {
  for (let seed = 0; seed < 8; seed++) {
    const source = random(seed)
    const lengths = Array.from({ length: 4 }, () => source.int(1, 5))
    const reference = gridRows(source, lengths, -2, 1)
    for (const options of [{}, { beta: 2, labelSmoothing: 0.2 }]) {
      assertDerivative(gridRows(source, lengths, -2, 1), (rows) => dpo(options).evaluate(pairs(rows, reference)))
    }
  }
})

test('margins past all measure give finite losses', () => {
  const { loss, gradients } = dpo({ beta: 1 }).evaluate(pairs([[-5000], [0]], [[0], [-5000]]))
  assert.equal(loss, 10_000)
  assert.deepEqual(
    gradients.map(([slope]) => slope),
    [-1, 1],
  )
  assert.equal(dpo().evaluate([]).loss, 0)
  assert.equal(logSigmoid(-800), -800)
  assert.equal(sigmoid(-800), 0)
  assert.equal(sigmoid(800), 1)
})
