import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { type ClippedOptions, clipped } from '../../src/objectives/clipped.ts'
import { assertDerivative, assertNear, assertSameAs, gridRows, items, STEP, torchLosses } from './items.ts'

const torch = torchLosses()

for (const { options, loss, gradients } of torch.clipped) {
  test(`equals PyTorch: ${JSON.stringify(options)}`, () => {
    const batch = items(torch.logprobs, torch.sampled, torch.advantages, torch.reference)
    assertSameAs(clipped(options).evaluate(batch), { loss, gradients })
  })
}

test("published value: RTO vector 5, OpenRLHF's PolicyLoss", () => {
  const batch = items([[-0.5, -0.9, -1.4]], [[-0.7, -0.9, -0.9]], [[1, -0.5, 2]])
  assertNear(clipped().evaluate(batch).loss, -0.637687, 1e-6, 'loss')
})

const settings: ClippedOptions[] = [
  {},
  { low: 0.1, high: 0.4, aggregate: 'sequence-mean' },
  { dualClip: 1.5, aggregate: { fixedLength: 4 } },
  { low: Infinity, high: Infinity },
  { level: 'sequence' },
  { level: 'sequence', dualClip: 1.1, aggregate: 'sequence-mean' },
  { kl: { coefficient: 0.7, estimator: 'k1' } },
  { kl: { coefficient: 0.7, estimator: 'k2' }, level: 'sequence' },
  { kl: { coefficient: 0.7, estimator: 'k3' }, aggregate: 'sequence-mean' },
]

for (const options of settings) {
  test(`gradients are derivatives: ${JSON.stringify(options, (_, x) => (x === Infinity ? 'Infinity' : x))}`, () => {
    for (let seed = 0; seed < 8; seed++) {
      const source = random(seed)
      const lengths = Array.from({ length: 3 }, () => source.int(1, 5))
      const sampled = gridRows(source, lengths, -1.5, 0.5)
      const advantages = gridRows(source, lengths, 0, 1)
      const reference = gridRows(source, lengths, -1.5, 0.5)
      const logprobs = awayFromBounds(sampled, options, () => gridRows(source, lengths, -1.5, 0.5))
      assertDerivative(logprobs, (rows) => clipped(options).evaluate(items(rows, sampled, advantages, reference)))
    }
  })
}

/** Log-probs whose ratios are not so close to a bound that a finite difference would step over it. */
function awayFromBounds(sampled: number[][], options: ClippedOptions, draw: () => number[][]): number[][] {
  const { low = 0.2, high = 0.2, dualClip = Infinity, level } = options
  for (;;) {
    const logprobs = draw()
    const logRatios = logprobs.map((row, i) => row.map((x, t) => x - sampled[i][t]))
    const decisive =
      level === 'sequence' ? logRatios.map((row) => row.reduce((a, b) => a + b, 0) / row.length) : logRatios.flat()
    const bounds = [1 - low, 1 + high, dualClip].filter((bound) => bound > 0 && bound < Infinity).map(Math.log)
    if (decisive.every((x) => bounds.every((bound) => Math.abs(x - bound) > 2 * STEP))) return logprobs
  }
}

test('metrics: share of clipped tokens, mean ratio, KL from the sampler, KL to the reference', () => {
  const half = Math.log(0.5)
  // Ratios 2, 2, 1/2, 1 with bounds 0.8 and 1.2: clipped where the advantage would push further out.
  const batch = items(
    [
      [-1, -1],
      [-1 + half, -1],
    ],
    [
      [-1 + half, -1 + half],
      [-1, -1],
    ],
    [
      [1, -1],
      [-1, 1],
    ],
    [
      [-1, -1],
      [-1, -1],
    ],
  )
  const { metrics } = clipped({ kl: { coefficient: 0, estimator: 'k1' } }).evaluate(batch)
  assert.equal(metrics.clipFraction, 2 / 4)
  assertNear(metrics.ratio, 5.5 / 4, 1e-6, 'ratio')
  assertNear(metrics.behaviourKl, (2 * (1 - Math.log(2)) + Math.log(2) - 0.5) / 4, 1e-6, 'behaviourKl')
  assertNear(metrics.referenceKl, half / 4, 1e-6, 'referenceKl')
})

test('on-policy the ratio is 1 and the gradient is the advantage, whatever the bounds', () => {
  const batch = items([[-1, -2]], [[-1, -2]], [[3, -4]])
  const { loss, gradients, metrics } = clipped({ low: 0, high: 0 }).evaluate(batch)
  assert.deepEqual([loss, ...gradients[0]], [0.5, -1.5, 2])
  assert.deepEqual(metrics, { ratio: 1, behaviourKl: 0, clipFraction: 0 })
})

test('ratios past all measure give finite numbers', () => {
  const wild = items([[-1000, 0, -0.5]], [[0, -1000, -0.5]], [[-1, -1, 0]], [[0, -1000, -0.5]])
  for (const level of ['token', 'sequence'] as const) {
    for (const estimator of ['k1', 'k2', 'k3'] as const) {
      const { loss, gradients, metrics } = clipped({ level, kl: { coefficient: 1, estimator } }).evaluate(wild)
      assert.ok([loss, ...gradients[0], ...Object.values(metrics)].every(Number.isFinite))
    }
  }
})

test('an empty batch, an empty answer and a missing readout', () => {
  assert.deepEqual(clipped().evaluate([]).gradients, [])
  for (const level of ['token', 'sequence'] as const) {
    const { loss, gradients } = clipped({ level, aggregate: 'sequence-mean' }).evaluate(items([[]], [[]], [[]]))
    assert.deepEqual([loss + 0, gradients], [0, [new Float32Array(0)]])
  }
  const objective = clipped({ kl: { coefficient: 1, estimator: 'k3' } })
  assert.deepEqual(objective.needs, ['logprobs', 'reference'])
  assert.throws(() => objective.evaluate(items([[-1]], [[-1]], [[1]])), /needs the readout 'reference'/)
})
