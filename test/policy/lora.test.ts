/** Low-rank adapters: they start as nothing, learn alone, and can be worked into the model. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Sequence } from '../../src/data/rollout.ts'
import type { LoraOptions } from '../../src/nn/lora.ts'
import { type LocalPolicy, local, nano } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const tokenizer = characterTokenizer('0123456789+=')
const home = await mkdtemp(join(tmpdir(), 'guerdon-lora-'))
after(() => rm(home, { recursive: true }))

const make = (lora?: LoraOptions) =>
  nano('0.2M', tokenizer, { seed: 3, context: 32, threads: 1, ...(lora === undefined ? {} : { lora }) })

const rng = random('lora test')
const sequences = [9, 5, 12].map(
  (length): Sequence => ({ tokens: Int32Array.from({ length }, () => rng.int(2, 11)), promptLength: 2 }),
)
const coefficients = sequences.map(({ tokens }) => ({
  logprobs: Float32Array.from({ length: tokens.length - 2 }, () => rng.normal()),
}))

async function logprobs(policy: LocalPolicy): Promise<number[]> {
  const read = await policy.forward(sequences, ['logprobs'])
  return read.flatMap((each) => [...(each.logprobs ?? [])])
}

const near = (a: readonly number[], b: readonly number[], tolerance: number) => {
  assert.equal(a.length, b.length)
  a.forEach((value, i) => {
    assert.ok(Math.abs(value - b[i]) <= tolerance, `${i}: ${value} and ${b[i]}`)
  })
}

async function learn(policy: LocalPolicy, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) {
    await policy.backward(sequences, coefficients)
    await policy.step({ learningRate: 1e-2 })
  }
}

test('fresh adapters change nothing; learning changes them and never the base', async () => {
  const [plain, adapted] = [make(), make({ rank: 4 })]
  assert.deepEqual(await logprobs(adapted), await logprobs(plain))
  const reference = adapted.freeze()
  const before = await logprobs(plain)
  await learn(adapted, 3)
  assert.deepEqual(adapted.weights(), plain.weights())
  assert.notDeepEqual(await logprobs(adapted), before)
  const kept = await reference.forward(sequences, ['logprobs'])
  assert.deepEqual(
    kept.flatMap((each) => [...(each.logprobs ?? [])]),
    before,
  )
  for (const policy of [plain, adapted]) await policy.close()
})

test("the adapters' gradient is the slope of the weighted log-probs", async () => {
  const policy = make({ rank: 2, alpha: 6 })
  await learn(policy, 2)
  await policy.backward(sequences, coefficients)
  const slope = policy.gradient().slice()
  const { plan, values } = policy.adapters() ?? assert.fail('no adapters')
  assert.equal(plan.size, slope.length)
  const weights = coefficients.flatMap((each) => [...each.logprobs])
  const total = async () => (await logprobs(policy)).reduce((sum, value, i) => sum + value * weights[i], 0)
  // Each layer's kind once, at the place where its slope is steepest.
  for (const target of ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'])
    for (const matrix of ['lora_A', 'lora_B']) {
      const found = [...plan.ofPart].find(([name]) => name.includes(`${target}.${matrix}`))
      const { start, length } = found?.[1] ?? assert.fail(`${target}.${matrix}`)
      let at = start
      for (let i = start; i < start + length; i++) if (Math.abs(slope[i]) > Math.abs(slope[at])) at = i
      const value = values[at]
      const step = 2e-2
      values[at] = value + step
      const above = await total()
      values[at] = value - step
      const below = await total()
      values[at] = value
      const measured = (above - below) / (2 * step)
      const tolerance = 2e-3 + 2e-2 * Math.abs(measured)
      assert.ok(Math.abs(measured - slope[at]) < tolerance, `${target}.${matrix}: ${slope[at]}, measured ${measured}`)
    }
  await policy.close()
})

test('the model with its adapters worked in answers as it does with them beside it; so does sampling', async () => {
  const policy = make({ rank: 3, targets: ['q_proj', 'v_proj', 'down_proj'] })
  await learn(policy, 4)
  const folder = join(home, 'merged')
  await policy.saveMerged(folder)
  const whole = await local(folder, { threads: 1 })
  near(await logprobs(whole), await logprobs(policy), 1e-4)
  for await (const { rollout } of policy.sample([
    { prompt: userPrompt('a', '12+34='), count: 6, maxTokens: 8, seed: 5 },
  ])) {
    const [read] = await policy.forward([rollout.sequence], ['logprobs'])
    near([...rollout.logprobs], [...(read.logprobs ?? [])], 1e-4)
  }
  for (const each of [policy, whole]) await each.close()
})

test('saved adapters open on the base they name and go on to the bit, dropout included', async () => {
  const base = join(home, 'base')
  await make().save(base)
  const options = { rank: 4, dropout: 0.3, seed: 7 }
  const policy = await local(base, { threads: 1, lora: options })
  await learn(policy, 2)
  const folder = join(home, 'adapter')
  await policy.save(folder)
  await learn(policy, 2)
  const again = await local(folder, { threads: 1 })
  await learn(again, 2)
  assert.deepEqual(again.adapters()?.values, policy.adapters()?.values)
  const other = await local(base, { threads: 1, lora: { ...options, rank: 5 } })
  await assert.rejects(other.load(folder), /has shape \[4, 64\].*makes it \[5, 64\]/)
  for (const each of [policy, again, other]) await each.close()
})

test('sampling with 8-bit weights and adapters stays near the full model and repeats itself', async () => {
  const rounded = nano('0.2M', tokenizer, { seed: 3, context: 32, threads: 1, lora: { rank: 4 }, sampling: 'int8' })
  await learn(rounded, 3)
  const requests = [{ prompt: userPrompt('a', '12+34='), count: 8, maxTokens: 8, seed: 5 }]
  const draw = async () => {
    const all = []
    for await (const { rollout, index } of rounded.sample(requests)) all.push({ rollout, index })
    return all.sort((a, b) => a.index - b.index).map(({ rollout }) => rollout)
  }
  const [first, second] = [await draw(), await draw()]
  assert.deepEqual(
    second.map(({ sequence }) => sequence.tokens),
    first.map(({ sequence }) => sequence.tokens),
  )
  const read = await rounded.forward(
    first.map(({ sequence }) => sequence),
    ['logprobs'],
  )
  first.forEach(({ logprobs: sampled }, i) => near([...sampled], [...(read[i].logprobs ?? [])], 0.1))
  assert.ok(first.some(({ logprobs: sampled }, i) => sampled.some((value, t) => value !== read[i].logprobs?.[t])))
  await rounded.close()
})

test('dropout zeroes its share, keeps the mean, and is the same for the same seed alone', async () => {
  const { seededDropout } = await import('../../src/nn/lora.ts')
  const g = await import('../../src/graph/index.ts')
  const x = g.input('x', 'float32', ['rows', 256])
  const seed = g.input('seed', 'float32', [])
  const program = await g.compile({ x, seed }, { y: seededDropout(0.25, seed)(x, 'layer') }, { threads: 1 })
  const run = async (value: number) => {
    const ones = { data: new Float32Array(512 * 256).fill(1), dims: [512, 256] }
    return (await program.run({ x: ones, seed: { data: Float32Array.of(value), dims: [] } })).y.data
  }
  const [first, second] = [await run(17.5), await run(531.25)]
  assert.deepEqual(await run(17.5), first)
  for (const dropped of [first, second]) {
    const share = dropped.filter((value) => value === 0).length / dropped.length
    assert.ok(Math.abs(share - 0.25) < 0.01, `${share}`)
    assert.ok(dropped.every((value) => value === 0 || Math.abs(value - 4 / 3) < 1e-6))
  }
  // Independent draws agree in 0.75² + 0.25² of the places.
  const agree = first.filter((value, i) => value === second[i]).length / first.length
  assert.ok(Math.abs(agree - 0.625) < 0.02, `${agree}`)
  // Neighbours in a row and in a column are independent too.
  const pairs = (step: number) => {
    let both = 0
    for (let i = 0; i + step < first.length; i++) if (first[i] === 0 && first[i + step] === 0) both++
    return both / first.length
  }
  for (const step of [1, 256]) assert.ok(Math.abs(pairs(step) - 0.0625) < 0.01, `${step}: ${pairs(step)}`)
  await program.close()
})

test('adapters that make no sense are refused by name', () => {
  assert.throws(() => make({ rank: 0 }), /rank 0/)
  assert.throws(() => make({ rank: 2, alpha: Number.NaN }), /alpha NaN/)
  assert.throws(() => make({ rank: 2, dropout: 1 }), /dropout 1/)
  assert.throws(() => make({ rank: 2, targets: [] }), /no targets/)
  assert.throws(() => make({ rank: 2, rankPattern: { q_proj: 1.5 } }), /rank 1\.5/)
  assert.throws(() => make({ rank: 2, alphaPattern: { q_proj: 0 } }), /alpha 0/)
  assert.throws(() => make({ rank: 2, rankPattern: { '.*q_proj': 4 } }), /'\.\*q_proj' is no end/)
})
