import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import type { Sequence } from '../../src/data/rollout.ts'
import { nano } from '../../src/policy/local/local.ts'
import type { Teacher } from '../../src/policy/policy.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const tokenizer = characterTokenizer('abcdefgh')
const options = { context: 32, threads: 1 }
const vocabulary = tokenizer.vocabularySize

function sequences(seed: number): Sequence[] {
  const rng = random(seed)
  return Array.from({ length: 6 }, () => {
    const length = rng.int(4, 20)
    const tokens = Int32Array.from({ length }, () => rng.int(1, vocabulary - 1))
    return { tokens, promptLength: rng.int(1, length - 1) }
  })
}

/** One divergence a row, in plain arrays. */
function divergences(own: Float32Array, teacher: Float32Array): number[] {
  return Array.from({ length: own.length / vocabulary }, (_, row) => {
    let sum = 0
    for (let v = row * vocabulary; v < (row + 1) * vocabulary; v++) sum += Math.exp(own[v]) * (own[v] - teacher[v])
    return sum
  })
}

test('distributions are whole, and hold the log-probs of the tokens', async () => {
  const policy = nano('0.2M', tokenizer, { seed: 1, ...options })
  const all = sequences(1)
  const read = await policy.forward(all, ['distribution', 'logprobs'])
  read.forEach(({ distribution = new Float32Array(0), logprobs = [] }, i) => {
    const { tokens, promptLength } = all[i]
    assert.equal(distribution.length, (tokens.length - promptLength) * vocabulary)
    logprobs.forEach((logprob, t) => {
      const row = distribution.subarray(t * vocabulary, (t + 1) * vocabulary)
      assert.ok(Math.abs(row[tokens[promptLength + t]] - logprob) < 1e-5)
      assert.ok(Math.abs(row.reduce((sum, value) => sum + Math.exp(value), 0) - 1) < 1e-5)
    })
  })
  await policy.close()
})

test('backward with teachers: the divergences and their gradient, dense and of the k likeliest', async () => {
  const policy = nano('0.2M', tokenizer, { seed: 1, ...options })
  const cut = nano('0.2M', tokenizer, { seed: 1, ...options, memoryBudget: 0.5 })
  const other = nano('0.2M', tokenizer, { seed: 2, ...options })
  const all = sequences(3)
  const rng = random(4)
  const weights = all.map(({ tokens, promptLength }) =>
    Float32Array.from({ length: tokens.length - promptLength }, () => rng.normal()),
  )
  const taught = await other.forward(all, ['distribution', 'topLogprobs'], { top: 4 })
  const dense = taught.map(({ distribution = new Float32Array(0) }): Teacher => ({ distribution }))
  const coarse = taught.map(({ topLogprobs }): Teacher => topLogprobs ?? { distribution: new Float32Array(0) })
  const whole = await policy.forward(all, ['distribution'])
  for (const [kind, teachers] of Object.entries({ dense, coarse })) {
    const total = async () => {
      const { divergence = [] } = await policy.backward(
        all,
        weights.map(() => ({})),
        { teachers },
      )
      return divergence.reduce((sum, line, i) => line.reduce((part, value, t) => part + weights[i][t] * value, sum), 0)
    }
    const coefficients = weights.map((divergence) => ({ divergence }))
    policy.gradient().fill(0)
    const { divergence = [] } = await policy.backward(all, coefficients, { teachers })
    const gradient = policy.gradient().slice()
    if (kind === 'dense')
      divergence.forEach((line, i) => {
        const teacher = taught[i].distribution ?? new Float32Array(0)
        divergences(whole[i].distribution ?? new Float32Array(0), teacher).forEach((value, t) => {
          assert.ok(Math.abs(value - line[t]) < 1e-4, `${value} and ${line[t]}`)
        })
      })
    cut.gradient().fill(0)
    await cut.backward(all, coefficients, { teachers })
    const size = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0))
    cut.gradient().forEach((value, i) => assert.ok(Math.abs(value - gradient[i]) < 1e-5 * (1 + size)))
    const direction = Float32Array.from(gradient, () => rng.normal())
    const slope = gradient.reduce((sum, value, i) => sum + value * direction[i], 0)
    const values = policy.weights()
    const moved = async (by: number) => {
      for (let i = 0; i < values.length; i++) values[i] += by * direction[i]
      const found = await total()
      for (let i = 0; i < values.length; i++) values[i] -= by * direction[i]
      return found
    }
    const step = 1e-4
    const difference = ((await moved(step)) - (await moved(-step))) / (2 * step)
    assert.ok(Math.abs(difference - slope) < 0.02 * Math.abs(slope) + 0.5, `${kind}: ${difference} and ${slope}`)
  }
  await Promise.all([policy.close(), cut.close(), other.close()])
})

test('teachers that do not fit are refused', async () => {
  const policy = nano('0.2M', tokenizer, { seed: 1, ...options })
  const [one] = sequences(1)
  const count = one.tokens.length - one.promptLength
  const backward = (teachers: readonly Teacher[]) => policy.backward([one], [{}], { teachers })
  await assert.rejects(backward([]), /1 sequences but 0 teachers/)
  await assert.rejects(backward([{ distribution: new Float32Array(3) }]), /has 3 numbers for \d+ tokens of 10/)
  const impossible = new Float32Array(count * vocabulary).fill(-Infinity)
  await assert.rejects(backward([{ distribution: impossible }]), /not finite\n.*some probability/)
  await policy.close()
})
