/** A call that is divided among threads: the same numbers as undivided, and the same manners. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Sequence } from '../../src/data/rollout.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { laneCount, worthLanes } from '../../src/policy/local/lanes.ts'
import { nano } from '../../src/policy/local/local.ts'
import type { Policy, SampledCompletion, SampleRequest } from '../../src/policy/policy.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const tokenizer = characterTokenizer('0123456789+-=;')
const make = (threads: number, rows = 128) =>
  nano('0.2M', tokenizer, { seed: 1, context: 96, valueHead: true, threads, rows })
const divided = make(2)
const whole = make(1)
after(() => Promise.all([divided.close(), whole.close()]))

const requests = (count: number, maxTokens: number): SampleRequest[] =>
  Array.from({ length: 20 }, (_, i) => ({
    prompt: userPrompt(`p${i}`, `${i}+${i % 7}=`),
    count,
    maxTokens,
    seed: `s${i}`,
  }))

async function sampled(policy: Policy, asked: readonly SampleRequest[]): Promise<SampledCompletion[]> {
  const all: SampledCompletion[] = []
  for await (const completion of policy.sample(asked)) all.push(completion)
  return all.sort((a, b) => a.request - b.request || a.index - b.index)
}

/** Of many lengths, more than any limit below which a call is not divided. */
function sequences(seed: number): Sequence[] {
  const rng = random(seed)
  return Array.from({ length: 61 }, () => {
    const length = rng.int(4, 90)
    return { tokens: Int32Array.from({ length }, () => rng.int(0, 15)), promptLength: rng.int(1, length - 1) }
  })
}

const coefficients = (each: readonly Sequence[], seed: number) => {
  const rng = random(seed)
  const draw = (length: number) => Float32Array.from({ length }, () => (rng.next() - 0.5) / 1000)
  return each.map(({ tokens, promptLength }) => {
    const length = tokens.length - promptLength
    return { logprobs: draw(length), values: draw(length) }
  })
}

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  assert.equal(a.length, b.length)
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
}

const size = divided.weights().length

test('these calls are large enough to be divided, and small ones or large models are not', () => {
  const tokens = sequences(1).reduce((sum, each) => sum + each.tokens.length, 0)
  assert.ok(worthLanes(size, 61, tokens, 1))
  assert.ok(worthLanes(size, 80, 80 * 60, 1))
  assert.equal(worthLanes(size, 15, 1e6, 3), false)
  assert.equal(worthLanes(size, 64, 500, 1), false)
  const large = decoderLayout({ ...divided.config, width: 1024, hidden: 4096 })
  const small = decoderLayout(divided.config)
  assert.deepEqual(
    [2, 1, 64].map((threads) => laneCount(small, threads)),
    [2, 1, 4],
  )
  assert.equal(laneCount(large, 8), 1)
})

test('sampling: the same completions, each once', async () => {
  const [ours, theirs] = [await sampled(divided, requests(4, 60)), await sampled(whole, requests(4, 60))]
  assert.equal(ours.length, 80)
  for (const [i, { request, index, completion, rollout }] of ours.entries()) {
    const other = theirs[i]
    assert.deepEqual([request, index, completion], [other.request, other.index, other.completion])
    assert.deepEqual(rollout.sequence, other.rollout.sequence)
    assert.ok(furthest(rollout.logprobs, other.rollout.logprobs) < 1e-4)
  }
})

test('sampling: more completions than decode together, of one prompt', async () => {
  const narrow = make(2, 10)
  const asked = [{ prompt: userPrompt('p', '1+2='), count: 90, maxTokens: 60, seed: 's' }]
  const texts = (all: readonly SampledCompletion[]) => all.map(({ index, completion }) => [index, completion.text])
  assert.deepEqual(texts(await sampled(narrow, asked)), texts(await sampled(whole, asked)))
  await narrow.close()
})

test('reading out and going back, before and after steps; a frozen reference stays', async () => {
  const [a, b] = [make(2), make(1)]
  const frozen = [a.freeze(), b.freeze()]
  const adam = { learningRate: 1e-3, clipNorm: 1 }
  for (let step = 0; step < 3; step++) {
    const given = sequences(step)
    const weights = coefficients(given, step)
    const [left, right] = [await a.backward(given, weights), await b.backward(given, weights)]
    left.logprobs.forEach((logprobs, i) => {
      assert.ok(furthest(logprobs, right.logprobs[i]) < 1e-4)
    })
    assert.ok(furthest(a.gradient(), b.gradient()) < 1e-6)
    const norms = [await a.step(adam), await b.step(adam)].map(({ gradientNorm }) => gradientNorm)
    assert.ok(Math.abs(norms[0] / norms[1] - 1) < 1e-4)
    for (const [ours, theirs] of [[a, b], frozen]) {
      const [read, expected] = [ours, theirs].map((each) => each.forward(given, ['logprobs', 'values', 'entropy']))
      for (const [i, readout] of (await read).entries())
        for (const [name, values] of Object.entries(readout))
          assert.ok(
            furthest(values, Object.entries((await expected)[i]).find(([key]) => key === name)?.[1]) < 1e-3,
            name,
          )
    }
  }
  await Promise.all([a.close(), b.close()])
})

test('gradients add up over calls, divided or not', async () => {
  const [a, b] = [make(2), make(1)]
  const given = sequences(5)
  const weights = coefficients(given, 5)
  await a.backward(given, weights)
  await a.backward(given.slice(0, 2), weights.slice(0, 2))
  await b.backward([...given, ...given.slice(0, 2)], [...weights, ...weights.slice(0, 2)])
  assert.ok(furthest(a.gradient(), b.gradient()) < 1e-6)
  await Promise.all([a.close(), b.close()])
})

test('an aborted call ends at once, one that is left early leaves nothing behind, and the next one is served', async () => {
  const asked = requests(4, 60)
  const controller = new AbortController()
  await assert.rejects(async () => {
    for await (const _ of divided.sample(asked, controller.signal)) controller.abort(new Error('enough'))
  }, /enough/)
  for await (const _ of divided.sample(asked)) break
  assert.equal((await sampled(divided, asked)).length, 80)
})

test('an error inside a thread is told, and the next call is served', async () => {
  const given = sequences(2)
  await assert.rejects(divided.forward(given, ['reference']), /numbers of another model/)
  await assert.rejects(divided.forward([...given, { tokens: Int32Array.of(1, 99), promptLength: 1 }], ['logprobs']), {
    name: 'GuerdonError',
    message: /sequence 61 holds token 99, outside the model's vocabulary/,
  })
  assert.equal((await divided.forward(given, ['logprobs'])).length, 61)
})
