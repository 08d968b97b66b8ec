/** The embedded engine as its users see it: what is sampled, what is read out, what is learned, what is kept. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Sequence } from '../../src/data/rollout.ts'
import { local, nano } from '../../src/policy/local/local.ts'
import type { SampledCompletion, SampleRequest } from '../../src/policy/policy.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { sameNumbers } from '../sameNumbers.ts'

const tokenizer = characterTokenizer('0123456789+-=;abcdefgh ')
const policy = nano('0.2M', tokenizer, { seed: 1, context: 96, valueHead: true })
after(() => policy.close())

const prompts = ['1+2=', 'a', '12-7+3=', 'abcdefgh abcdefgh'].map((text, i) => userPrompt(`p${i}`, text))

async function sampled(requests: readonly SampleRequest[], from = policy): Promise<SampledCompletion[]> {
  const all: SampledCompletion[] = []
  for await (const completion of from.sample(requests)) all.push(completion)
  return all.sort((a, b) => a.request - b.request || a.index - b.index)
}

const requests = (maxTokens: number, count = 3): SampleRequest[] =>
  prompts.map((prompt, i) => ({ prompt, count, maxTokens, seed: `s${i}` }))

test('the log-probs of sampled tokens are those of forward', async () => {
  for (const { rollout } of await sampled(requests(20))) {
    const [{ logprobs }] = await policy.forward([rollout.sequence], ['logprobs'])
    assert.equal(logprobs?.length, rollout.logprobs.length)
    logprobs?.forEach((value, t) => {
      assert.ok(Math.abs(value - rollout.logprobs[t]) < 1e-4, `token ${t}: ${value} and ${rollout.logprobs[t]}`)
    })
  }
})

test('every prompt gets its completions, each within its limits, text and tokens in agreement', async () => {
  const all = await sampled(requests(12, 5))
  assert.equal(all.length, 20)
  for (const { request, completion, rollout } of all) {
    const { tokens, promptLength } = rollout.sequence
    const written = tokens.slice(promptLength)
    assert.deepEqual(
      [...tokens.slice(0, promptLength)],
      [...tokenizer.encode(String(prompts[request].messages[0].content))],
    )
    assert.ok(written.length >= 1 && written.length <= 12)
    assert.equal(completion.text, tokenizer.decode(written))
    assert.equal(completion.finish, written.at(-1) === tokenizer.endId ? 'stop' : 'length')
    assert.equal(written.slice(0, -1).includes(tokenizer.endId), false)
  }
})

test('a completion depends on its own seed alone, not on what shares its batch', async () => {
  const together = await sampled(requests(15))
  const narrow = nano('0.2M', tokenizer, { seed: 1, context: 96, valueHead: true, rows: 2 })
  const alone = await sampled([{ prompt: prompts[2], count: 3, maxTokens: 15, seed: 's2' }], narrow)
  await narrow.close()
  assert.deepEqual(
    alone.map(({ completion }) => completion.text),
    together.filter(({ request }) => request === 2).map(({ completion }) => completion.text),
  )
  const again = await sampled(requests(15))
  assert.deepEqual(again, together)
})

test('completions are delivered as they finish', async () => {
  const order: number[] = []
  const mixed = [3, 30].map(
    (maxTokens, i): SampleRequest => ({
      prompt: prompts[0],
      count: 1,
      maxTokens,
      seed: i,
      temperature: 0,
    }),
  )
  for await (const { request } of policy.sample([mixed[1], mixed[0]])) order.push(request)
  assert.deepEqual(order, [1, 0])
})

test('temperature 0 takes the likeliest token each time', async () => {
  const [{ rollout }] = await sampled([{ prompt: prompts[0], count: 1, maxTokens: 8, seed: 0, temperature: 0 }])
  const [{ topLogprobs }] = await policy.forward([rollout.sequence], ['topLogprobs'], { top: 1 })
  assert.deepEqual([...(topLogprobs?.ids ?? [])], [...rollout.sequence.tokens.slice(rollout.sequence.promptLength)])
})

test('top-k and top-p draw from the likeliest tokens only; frequencies follow the probabilities', async () => {
  const count = 3000
  const first = async (more: Partial<SampleRequest>) => {
    const drawn = new Map<number, number>()
    for (const { rollout } of await sampled([{ prompt: prompts[0], count, maxTokens: 1, seed: 5, ...more }])) {
      const token = rollout.sequence.tokens[rollout.sequence.promptLength]
      drawn.set(token, (drawn.get(token) ?? 0) + 1)
    }
    return drawn
  }
  const size = tokenizer.vocabularySize
  const probe: Sequence = { tokens: Int32Array.of(...tokenizer.encode('1+2='), 2), promptLength: 4 }
  const [{ topLogprobs }] = await policy.forward([probe], ['topLogprobs'], { top: size })
  const ids = [...(topLogprobs?.ids ?? [])]
  const chances = [...(topLogprobs?.logprobs ?? [])].map(Math.exp)
  assert.ok(Math.abs(chances.reduce((a, b) => a + b) - 1) < 1e-5)

  const plain = await first({})
  // Pearson's statistic against the model's own probabilities: its 0.9999 quantile for 24 degrees of freedom is 59.
  const chi = ids.reduce(
    (sum, id, i) => sum + ((plain.get(id) ?? 0) - count * chances[i]) ** 2 / (count * chances[i]),
    0,
  )
  assert.ok(chi < 59, `chi-squared ${chi}`)

  const three = await first({ topK: 3 })
  assert.deepEqual([...three.keys()].sort(), ids.slice(0, 3).sort())
  let mass = 0
  const nucleus = ids.slice(0, chances.findIndex((chance) => (mass += chance) >= 0.5) + 1)
  assert.deepEqual([...(await first({ topP: 0.5 })).keys()].sort(), nucleus.sort())
  assert.ok(((await first({ temperature: 0.25 })).get(ids[0]) ?? 0) > (plain.get(ids[0]) ?? 0))
})

test('stop strings and stop tokens end a completion', async () => {
  const [free] = await sampled([{ prompt: prompts[0], count: 1, maxTokens: 30, seed: 3 }])
  const { text } = free.completion
  assert.ok(text.length > 4, 'this seed must write something')
  const stop = text.slice(2, 4)
  const [byString] = await sampled([{ prompt: prompts[0], count: 1, maxTokens: 30, seed: 3, stop: ['never', stop] }])
  assert.equal(byString.completion.text, text.slice(0, text.indexOf(stop)))
  assert.equal(byString.completion.finish, 'stop')
  assert.equal(tokenizer.decode(byString.rollout.sequence.tokens.slice(4)), text.slice(0, text.indexOf(stop) + 2))
  const [id] = tokenizer.encode(text[1])
  const [byToken] = await sampled([{ prompt: prompts[0], count: 1, maxTokens: 30, seed: 3, stopTokens: [id] }])
  assert.equal(byToken.completion.text, text.slice(0, text.indexOf(text[1]) + 1))
  assert.equal(byToken.completion.finish, 'stop')
})

test('a kept prefix continues as if it had been read again', async () => {
  const [first] = await sampled([{ prompt: prompts[2], count: 1, maxTokens: 20, seed: 4, keep: true }])
  const { rollout } = first
  const { keep: _, ...unkept } = { ...rollout, keep: true }
  for (const length of [rollout.logprobs.length - 1, 5, 0]) {
    const go = (from: typeof rollout): SampleRequest => ({
      prompt: prompts[2],
      count: 4,
      maxTokens: 30,
      seed: 9,
      from: { rollout: from, length },
    })
    const fromCache = await sampled([go(rollout)])
    const reread = await sampled([go(unkept)])
    for (const [i, { completion, rollout: longer }] of fromCache.entries()) {
      assert.equal(completion.text, reread[i].completion.text)
      const at = longer.sequence.promptLength
      assert.equal(at, rollout.sequence.promptLength)
      assert.deepEqual(longer.sequence.tokens.slice(0, at + length), rollout.sequence.tokens.slice(0, at + length))
      const [{ logprobs }] = await policy.forward([longer.sequence], ['logprobs'])
      logprobs?.forEach((value, t) => assert.ok(Math.abs(value - longer.logprobs[t]) < 1e-4))
    }
  }
})

test('going on from a separator stops at the next one, not at the one behind', async () => {
  const [free] = await sampled([{ prompt: prompts[0], count: 1, maxTokens: 30, seed: 3 }])
  const separator = free.completion.text[2]
  const request: SampleRequest = { prompt: prompts[0], count: 6, maxTokens: 30, seed: 3, stop: [separator] }
  const [{ rollout }] = await sampled([{ ...request, count: 1 }])
  const given = tokenizer.decode(rollout.sequence.tokens.slice(rollout.sequence.promptLength))
  assert.ok(given.endsWith(separator), 'the first step ends with its separator')
  const next = await sampled([{ ...request, seed: 9, from: { rollout } }])
  assert.ok(next.some(({ rollout: longer }) => longer.logprobs.length > rollout.logprobs.length + 1))
  for (const { completion, rollout: longer } of next) {
    const drawn = tokenizer.decode(longer.sequence.tokens.slice(longer.sequence.promptLength + rollout.logprobs.length))
    assert.equal(drawn.slice(0, -1).includes(separator), false)
    assert.equal(completion.text, given + (drawn.endsWith(separator) ? drawn.slice(0, -1) : drawn))
  }
})

test('a completion that has ended, or that fills its limit, goes on as itself beside others that do go on', async () => {
  const plain: SampleRequest = { prompt: prompts[1], count: 1, maxTokens: 40, seed: 0 }
  const ended = (await sampled(Array.from({ length: 30 }, (_, seed) => ({ ...plain, seed })))).find(
    ({ completion }) => completion.finish === 'stop',
  )
  assert.ok(ended)
  const [cut] = await sampled([{ ...plain, maxTokens: 5, seed: 1 }])
  const [full] = await sampled([{ ...plain, prompt: userPrompt('long', '1'.repeat(90)), maxTokens: 40, seed: 1 }])
  assert.equal(full.rollout.sequence.tokens.length, policy.contextLength)
  const from = ({ rollout }: SampledCompletion, maxTokens = 40): SampleRequest => ({
    ...plain,
    prompt: rollout.sample.prompt,
    maxTokens,
    from: { rollout },
  })
  const back = await sampled([from(ended), from(cut, 5), from(full), from(cut, 6)])
  for (const [i, same] of [ended, cut, full].entries()) {
    assert.deepEqual(back[i].completion, same.completion)
    assert.deepEqual(back[i].rollout.sequence, same.rollout.sequence)
    assert.deepEqual(back[i].rollout.logprobs, same.rollout.logprobs)
  }
  assert.equal(back[3].rollout.logprobs.length, 6)
})

test('forward over all tokens holds the completion at its end; entropy and values have their closed forms', async () => {
  const size = tokenizer.vocabularySize
  const sequence: Sequence = { tokens: tokenizer.encode('1+2=3;ab'), promptLength: 4 }
  const [whole] = await policy.forward([sequence], ['logprobs', 'entropy', 'hidden', 'values'], { over: 'all' })
  const [part] = await policy.forward([sequence], ['logprobs', 'topLogprobs'], { top: size })
  assert.equal(whole.logprobs?.length, 7)
  assert.equal(part.logprobs?.length, 4)
  part.logprobs?.forEach((value, t) => assert.ok(Math.abs(value - (whole.logprobs?.[t + 3] ?? 0)) < 1e-5))
  assert.equal(whole.hidden?.length, 7 * policy.config.width)
  for (let t = 0; t < 4; t++) {
    const row = part.topLogprobs?.logprobs.slice(t * size, (t + 1) * size) ?? []
    const entropy = -[...row].reduce((sum, value) => sum + Math.exp(value) * value, 0)
    assert.ok(Math.abs(entropy - (whole.entropy?.[t + 3] ?? 0)) < 1e-4)
  }
  // The value head is 0.01-small and has no bias yet: recompute it from the hidden state and the saved weights.
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-'))
  await policy.save(folder)
  const { openSafetensors } = await import('../../src/data/safetensors.ts')
  await using file = await openSafetensors(join(folder, 'model.safetensors'))
  const head = await file.readFloats('value_head.weight')
  const { width } = policy.config
  for (let t = 0; t < 7; t++) {
    const expected = head.reduce((sum, weight, i) => sum + weight * (whole.hidden?.[t * width + i] ?? 0), 0)
    assert.ok(Math.abs(expected - (whole.values?.[t] ?? 0)) < 1e-5)
  }
  await rm(folder, { recursive: true })
})

/** Sequences of many lengths with random coefficients. */
function lesson(seed: number) {
  const rng = random(seed)
  const sequences = Array.from({ length: 9 }, (): Sequence => {
    const length = rng.int(3, 40)
    const tokens = Int32Array.from({ length }, () => rng.int(1, tokenizer.vocabularySize - 1))
    return { tokens, promptLength: rng.int(1, length - 1) }
  })
  const draw = (sequence: Sequence) =>
    Float32Array.from({ length: sequence.tokens.length - sequence.promptLength }, () => rng.normal())
  return { sequences, coefficients: sequences.map((each) => ({ logprobs: draw(each), values: draw(each) })) }
}

test('the gradient does not depend on how the batch is cut', async () => {
  const { sequences, coefficients } = lesson(3)
  const gradients: Float32Array[] = []
  for (const memoryBudget of [1000, 2, 0.001]) {
    const cut = nano('0.2M', tokenizer, { seed: 1, context: 96, valueHead: true, memoryBudget })
    await cut.backward(sequences, coefficients)
    gradients.push(cut.gradient().slice())
    await cut.close()
  }
  const [whole, ...cuts] = gradients
  const size = Math.sqrt(whole.reduce((sum, value) => sum + value * value, 0))
  assert.ok(size > 1)
  for (const cut of cuts)
    cut.forEach((value, i) => assert.ok(Math.abs(value - whole[i]) < 1e-5 * size, `${value} and ${whole[i]}`))
})

test('backward is the gradient of the sum it stands for', async () => {
  const { sequences, coefficients } = lesson(5)
  const model = nano('0.2M', tokenizer, { seed: 2, context: 96, valueHead: true })
  const total = async () => {
    const read = await model.forward(sequences, ['logprobs', 'values'])
    return read.reduce((sum, { logprobs, values }, i) => {
      logprobs?.forEach((value, t) => (sum += coefficients[i].logprobs[t] * value))
      values?.forEach((value, t) => (sum += coefficients[i].values[t] * value))
      return sum
    }, 0)
  }
  const { logprobs } = await model.backward(sequences, coefficients)
  const [first] = await model.forward([sequences[0]], ['logprobs'])
  logprobs[0].forEach((value, t) => assert.ok(Math.abs(value - (first.logprobs?.[t] ?? 0)) < 1e-5))
  const gradient = model.gradient().slice()
  const rng = random(7)
  const direction = Float32Array.from(gradient, () => rng.normal())
  const slope = gradient.reduce((sum, value, i) => sum + value * direction[i], 0)
  const weights = model.weights()
  const step = 2e-4
  const moved = async (by: number) => {
    for (let i = 0; i < weights.length; i++) weights[i] += by * direction[i]
    const value = await total()
    for (let i = 0; i < weights.length; i++) weights[i] -= by * direction[i]
    return value
  }
  const difference = ((await moved(step)) - (await moved(-step))) / (2 * step)
  assert.ok(Math.abs(difference - slope) < 0.02 * Math.abs(slope) + 0.5, `${difference} and ${slope}`)
  await model.close()
})

test('a frozen policy keeps its numbers and shares its weights until the first step', async () => {
  const model = nano('0.2M', tokenizer, { seed: 3, context: 96 })
  const { sequences, coefficients } = lesson(8)
  const plain = coefficients.map(({ logprobs }) => ({ logprobs }))
  const frozen = model.freeze()
  const shared = model.weights()
  const [before] = await frozen.forward(sequences, ['logprobs'])
  await model.backward(sequences, plain)
  await model.step({ learningRate: 0.01 })
  assert.notEqual(model.weights(), shared)
  const written = model.weights()
  await model.backward(sequences, plain)
  await model.step({ learningRate: 0.01 })
  assert.equal(model.weights(), written, 'nothing is copied once nobody shares')
  assert.deepEqual((await frozen.forward(sequences, ['logprobs']))[0], before)
  assert.notDeepEqual((await model.forward(sequences, ['logprobs']))[0], before)
  await model.close()
})

test('save and load go on to the bit, optimiser included', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-'))
  const { sequences, coefficients } = lesson(11)
  const learn = async (model: typeof policy) => {
    await model.backward(sequences, coefficients)
    await model.step({ learningRate: 0.01, weightDecay: 0.1, clipNorm: 1 })
  }
  const model = nano('0.2M', tokenizer, { seed: 4, context: 96, valueHead: true })
  await learn(model)
  await learn(model)
  await model.save(folder)
  await learn(model)
  const loaded = await local(folder)
  await learn(loaded)
  sameNumbers(loaded.weights(), model.weights())
  assert.deepEqual(await sampled(requests(10), loaded), await sampled(requests(10), model))
  await model.load(folder)
  await learn(model)
  sameNumbers(loaded.weights(), model.weights())
  await Promise.all([model.close(), loaded.close()])
  await rm(folder, { recursive: true })
})

test('a gradient that is not finite is refused and changes nothing', async () => {
  const model = nano('0.2M', tokenizer, { seed: 5, context: 96 })
  const { sequences } = lesson(2)
  const before = model.weights().slice()
  await model.backward(
    sequences,
    sequences.map(({ tokens, promptLength }) => ({
      logprobs: new Float32Array(tokens.length - promptLength).fill(Number.NaN),
    })),
  )
  await assert.rejects(model.step({ learningRate: 0.1 }), /gradient's norm is NaN/)
  sameNumbers(model.weights(), before)
  await model.close()
})

test('what cannot be done says why', async () => {
  const long = userPrompt('long', '1'.repeat(96))
  await assert.rejects(
    sampled([{ prompt: long, count: 1, maxTokens: 1, seed: 0 }]),
    /prompt 'long' has 96 tokens .* holds 96/,
  )
  await assert.rejects(
    sampled([{ prompt: userPrompt('none', ''), count: 1, maxTokens: 1, seed: 0 }]),
    /'none' has no tokens/,
  )
  const sequence: Sequence = { tokens: tokenizer.encode('1+2=3'), promptLength: 4 }
  await assert.rejects(policy.forward([{ ...sequence, promptLength: 6 }], ['logprobs']), /prompt of 6/)
  await assert.rejects(policy.forward([{ tokens: Int32Array.of(1, 99), promptLength: 1 }], ['logprobs']), /token 99/)
  await assert.rejects(policy.forward([sequence], ['reference']), /another model/)
  await assert.rejects(
    policy.backward([sequence], [{ logprobs: new Float32Array(3) }]),
    /1 completion tokens but was given 3/,
  )
  const plain = nano('0.2M', tokenizer, { seed: 1 })
  await assert.rejects(plain.forward([sequence], ['values']), /no value head/)
  await assert.rejects(plain.backward([sequence], [{ values: new Float32Array(1) }]), /no value head/)
  await assert.rejects(plain.backward([sequence], []), /1 sequences but coefficients for 0/)
  await plain.close()
})

test('a broken model folder names the file and the tensor', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-'))
  await assert.rejects(local(folder), /config\.json.*could not be read/)
  await policy.save(folder)
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))
  const tryConfig = async (change: object) => {
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...change }))
    return local(folder)
  }
  await assert.rejects(
    tryConfig({ intermediate_size: 100 }),
    /model\.safetensors: tensor 'model\.layers\.0\.mlp\.gate_proj\.weight' has shape/,
  )
  await assert.rejects(
    tryConfig({ num_hidden_layers: 5 }),
    /tensor 'model\.layers\.4\.input_layernorm\.weight' is missing/,
  )
  await assert.rejects(tryConfig({ model_type: 'mamba' }), /'model_type'/)
  await assert.rejects(tryConfig({ vocab_size: 3 }), /model\.embed_tokens\.weight/)
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const bytes = await readFile(join(folder, 'model.safetensors'))
  await writeFile(join(folder, 'model.safetensors'), bytes.subarray(0, bytes.length - 1000))
  await assert.rejects(local(folder), /model\.safetensors/)
  await writeFile(join(folder, 'model.safetensors'), bytes)
  const other = characterTokenizer('0123456789+-=;abcdefgh ABCDEFG')
  for (const [name, text] of Object.entries(other.files())) await writeFile(join(folder, name), text)
  await assert.rejects(local(folder), /tokenizer has 32 tokens, but the model knows only 25/)
  await rm(folder, { recursive: true })
})
