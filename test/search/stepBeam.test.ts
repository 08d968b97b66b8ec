import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import type { Rollout } from '../../src/data/rollout.ts'
import { nano } from '../../src/policy/local/local.ts'
import { stepBeam, valueHead } from '../../src/search/stepBeam.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const tokenizer = characterTokenizer('ab;')
const policy = nano('0.2M', tokenizer, { seed: 5, context: 40, threads: 1, valueHead: true })
test.after(() => policy.close())

const text = ({ sequence }: Rollout) => tokenizer.decode(sequence.tokens.subarray(sequence.promptLength))
const count = (rollout: Rollout) => [...text(rollout)].filter((letter) => letter === ';').length
const options = { policy, beams: 3, branches: 4, separator: ';', maxTokens: 24, seed: 1 }

test('a value that likes many steps gets answers with more of them than sampling gives', async () => {
  const prompt = userPrompt('p', 'ab')
  const { answers, cost, steps } = await stepBeam(prompt, {
    ...options,
    value: async (rollouts) => rollouts.map(count),
  })
  assert.ok(answers.length <= 3 && answers.length > 0 && steps > 1)
  answers.forEach(({ rollout, value }, i) => {
    assert.equal(value, count(rollout))
    assert.ok(i === 0 || value <= answers[i - 1].value)
    assert.ok(rollout.logprobs.length <= 24)
  })
  const plain = await Array.fromAsync(policy.sample([{ prompt, count: 32, maxTokens: 24, seed: 2 }]))
  const mean = plain.reduce((sum, { rollout }) => sum + count(rollout), 0) / plain.length
  assert.ok(answers[0].value > mean, `${answers[0].value} and ${mean}`)
  assert.ok(cost.sampled > answers[0].rollout.logprobs.length && cost.read === answers[0].rollout.sequence.promptLength)
  // Log-probs kept from step to step are those of reading the whole.
  const [read] = await policy.forward([answers[0].rollout.sequence], ['logprobs'])
  read.logprobs?.forEach((value, t) => assert.ok(Math.abs(value - answers[0].rollout.logprobs[t]) < 1e-4))
})

test('the same seed gives the same search, and a limit of steps ends it', async () => {
  const search = () => stepBeam(userPrompt('p', 'b'), { ...options, value: valueHead(policy), maxSteps: 2 })
  const [first, second] = [await search(), await search()]
  assert.deepEqual(first, second)
  assert.ok(first.steps <= 2)
  assert.ok(first.answers.every(({ value }) => Number.isFinite(value)))
})

test('a value that is no number is the lowest', async () => {
  const { answers } = await stepBeam(userPrompt('p', 'b'), {
    ...options,
    value: async (rollouts) => rollouts.map((_, i) => (i % 2 === 0 ? Number.NaN : i)),
  })
  assert.ok(answers.every(({ value }) => !Number.isNaN(value)))
})

test('an answer that another end token ended is not gone on with', async () => {
  const ends = [...tokenizer.encode('ab;')]
  await using closing = new AsyncDisposableStack()
  const short = nano('0.2M', { ...tokenizer, otherEndIds: ends }, { seed: 5, context: 40, threads: 1 })
  closing.defer(() => short.close())
  const { answers, steps } = await stepBeam(userPrompt('p', 'b'), {
    ...options,
    policy: short,
    value: async (rollouts) => rollouts.map(count),
  })
  const last = answers.map(({ rollout }) => rollout.sequence.tokens.at(-1) ?? -1)
  assert.ok(last.some((id) => ends.includes(id)))
  // Every token but the padding ends: after a few of those, all have ended.
  assert.ok(steps < 64, `${steps} steps`)
})
