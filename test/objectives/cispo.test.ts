import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { cispo } from '../../src/objectives/cispo.ts'
import { assertDerivative, assertSameAs, gridRows, items, torchLosses } from './items.ts'

const torch = torchLosses()

for (const { options, loss, gradients } of torch.cispo) {
  test(`equals PyTorch: ${JSON.stringify(options)}`, () => {
    const batch = items(torch.logprobs, torch.sampled, torch.advantages)
    assertSameAs(cispo(options).evaluate(batch), { loss, gradients })
  })
}

test('gradients are derivatives with the weights held', () => {
  for (let seed = 0; seed < 8; seed++) {
    const source = random(seed)
    const lengths = [source.int(1, 5), source.int(1, 5)]
    const [sampled, logprobs] = [gridRows(source, lengths, -1.5, 0.5), gridRows(source, lengths, -1.5, 0.5)]
    const advantages = gridRows(source, lengths, 0, 1)
    const held = cispo({ low: 0.2, high: 0.2 }).evaluate(items(logprobs, sampled, advantages))
    // The same loss with its weights as constants: c A goes into the advantages, the ratio becomes 1.
    const weighted = advantages.map((row, i) =>
      row.map((advantage, t) => Math.min(1.2, Math.max(0.8, Math.exp(logprobs[i][t] - sampled[i][t]))) * advantage),
    )
    assertDerivative(logprobs, (rows) => {
      const tokens = lengths[0] + lengths[1]
      let loss = 0
      rows.forEach((row, i) => {
        row.forEach((x, t) => {
          loss -= (weighted[i][t] * x) / tokens
        })
      })
      return { loss, gradients: held.gradients, metrics: {} }
    })
  }
})

test('a weight past the cap still learns, and is counted', () => {
  const { gradients, metrics } = cispo({ high: 1 }).evaluate(items([[-1, -1]], [[-3, -1]], [[1, 1]]))
  assert.deepEqual(Array.from(gradients[0]), [-1, -0.5])
  assert.equal(metrics.clipFraction, 0.5)
})
