/** The engine's `influence` against its definition, and against the log-probs it says it moves. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { random } from '../../src/data/random.ts'
import type { Sequence } from '../../src/data/rollout.ts'
import { nanoConfig } from '../../src/nn/config.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { initialise, view } from '../../src/nn/parameters.ts'
import { type LocalOptions, localPolicy, nano } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { influences } from '../credit/influence.ts'

const tokenizer = characterTokenizer('abcdefgh')
const size = tokenizer.vocabularySize
const source = random('influence')
const sequences = [5, 3, 1, 0, 4, 6].map((length): Sequence => {
  return { tokens: Int32Array.from({ length: 2 + length }, () => source.int(2, size - 1)), promptLength: 2 }
})
const question = { groups: [0, 0, 1, 0, 1, 2], weights: [0.2, 1, 1, 1, 0, 0] }

const policy = nano('0.2M', tokenizer, { seed: 1, context: 16, threads: 1 })
after(() => policy.close())

function close(actual: Float32Array, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length)
  actual.forEach((value, t) =>
    assert.ok(Math.abs(value - expected[t]) <= tolerance * (1 + Math.abs(expected[t])), `${value}, not ${expected[t]}`),
  )
}

/** By the definition, from hidden states and whole distributions. */
async function expected(): Promise<Float32Array[]> {
  const read = await policy.forward(sequences, ['hidden', 'topLogprobs'], { top: size })
  const width = policy.config.width
  const positions = read.map(({ hidden, topLogprobs }, i) => {
    const tokens = [...sequences[i].tokens.slice(2)]
    return {
      tokens,
      hidden: tokens.map((_, t) => [...(hidden?.slice(t * width, (t + 1) * width) ?? [])]),
      chances: tokens.map((_, t) => {
        const row = new Array<number>(size).fill(0)
        for (let k = t * size; k < (t + 1) * size; k++)
          row[topLogprobs?.ids[k] ?? 0] = Math.exp(topLogprobs?.logprobs[k] ?? Number.NaN)
        return row
      }),
    }
  })
  const found: Float32Array[] = []
  for (const group of [0, 1, 2]) {
    const members = [...sequences.keys()].filter((i) => question.groups[i] === group)
    influences(
      members.map((i) => positions[i]),
      members.map((i) => question.weights[i]),
    ).forEach((influence, k) => {
      found[members[k]] = influence
    })
  }
  return found
}

test('influence is its definition, in the run that reads the group or in blocks of its tokens', async () => {
  const twin = await expected()
  const some = async (options: LocalOptions) => {
    const other = nano('0.2M', tokenizer, { seed: 1, context: 16, threads: 1, ...options })
    const read = await other.forward(sequences, ['influence', 'logprobs'], { influence: question })
    await other.close()
    return read
  }
  for (const options of [{}, { memoryBudget: 0.0004 }]) {
    const read = await some(options)
    read.forEach(({ influence, logprobs, hidden }, i) => {
      assert.ok(influence !== undefined && hidden === undefined)
      assert.equal(logprobs?.length, influence.length)
      close(influence, twin[i], 1e-3)
    })
    assert.ok(
      read[5].influence?.every((value) => value === 0),
      'a group without direction has no influence',
    )
  }
  assert.ok(twin[0].some((value) => Math.abs(value) > 0.1))
})

test('influence is the derivative of the group’s log-probs along a step on the head', async () => {
  const config = { ...nanoConfig('0.2M', size, { context: 16 }), tied: false }
  const plan = decoderLayout(config)
  const weights = initialise(plan, random('head'))
  const engine = (values: Float32Array) => localPolicy(config, values, tokenizer, { threads: 1 })
  const first = engine(weights)
  const group = { groups: [0, 0], weights: [0.25, 0] }
  const pair = [sequences[4], sequences[0]]
  const [right, wrong] = await first.forward(pair, ['influence', 'hidden', 'topLogprobs'], {
    influence: group,
    top: size,
  })
  await first.close()
  const t = 2
  const error = new Float32Array(size)
  for (let k = t * size; k < (t + 1) * size; k++)
    error[wrong.topLogprobs?.ids[k] ?? 0] = -Math.exp(wrong.topLogprobs?.logprobs[k] ?? Number.NaN)
  error[pair[1].tokens[2 + t]] += 1
  const state = wrong.hidden?.slice(t * config.width, (t + 1) * config.width) ?? new Float32Array(0)
  const moved = async (by: number) => {
    const values = weights.slice()
    const head = view(values, plan.ofPart.get('lm_head.weight'))
    for (let v = 0; v < size; v++)
      for (let d = 0; d < config.width; d++) head[v * config.width + d] += by * error[v] * state[d]
    const policy = engine(values)
    const [{ logprobs }] = await policy.forward([pair[0]], ['logprobs'])
    await policy.close()
    return 0.25 * (logprobs?.reduce((sum, logprob) => sum + logprob, 0) ?? Number.NaN)
  }
  const h = 2e-3
  close(Float32Array.of(wrong.influence?.[t] ?? Number.NaN), [((await moved(h)) - (await moved(-h))) / (2 * h)], 5e-3)
  assert.equal(right.influence?.length, 4)
})

test('a question that fits no batch is refused', async () => {
  await assert.rejects(async () => policy.forward(sequences, ['influence']), /a group and a weight/)
  await assert.rejects(
    async () => policy.forward(sequences, ['influence'], { influence: question, over: 'all' }),
    /completions alone/,
  )
  await assert.rejects(async () => policy.forward(sequences, ['processRewards']), /another model/)
})
