import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { nano } from '../../src/policy/local/local.ts'
import { promptTokens } from '../../src/policy/promptTokens.ts'
import { beamSearch } from '../../src/search/beam.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const policy = nano('0.2M', characterTokenizer('ab'), { seed: 3, context: 12, threads: 1 })
const prompt = userPrompt('p', 'ab')
test.after(() => policy.close())

/** Every answer of at most three tokens with its log-prob, by reading each of them. */
async function everyAnswer(): Promise<{ tokens: string; logprob: number }[]> {
  const { endId, vocabularySize } = policy.tokenizer
  const head = promptTokens(policy, prompt)
  const ids = [...Array(vocabularySize).keys()]
  const answers: number[][] = []
  const grow = (so: number[]) => {
    if (so.at(-1) === endId || so.length === 3) answers.push(so)
    else for (const id of ids) grow([...so, id])
  }
  grow([])
  const sequences = answers.map((answer) => ({ tokens: Int32Array.of(...head, ...answer), promptLength: head.length }))
  const read = await policy.forward(sequences, ['logprobs'])
  return answers
    .map((answer, i) => ({
      tokens: `${answer}`,
      logprob: (read[i].logprobs ?? new Float32Array(0)).reduce((sum, value) => sum + value, 0),
    }))
    .sort((a, b) => b.logprob - a.logprob)
}

test('with beams enough for every prefix the search is exact', async () => {
  const expected = (await everyAnswer()).slice(0, 20)
  const { answers, cost } = await beamSearch(prompt, { policy, beams: 64, maxTokens: 3 })
  const found = answers.slice(0, 20).map(({ sequence, logprob }) => ({
    tokens: `${sequence.tokens.subarray(sequence.promptLength)}`,
    logprob,
  }))
  found.forEach(({ tokens, logprob }, i) => {
    assert.equal(tokens, expected[i].tokens)
    assert.ok(Math.abs(logprob - expected[i].logprob) < 1e-4)
  })
  assert.equal(cost.sampled, 0)
  assert.ok(cost.read > 0)
})

test('one beam is greedy decoding; more find nothing worse', async () => {
  const greedy = await Array.fromAsync(policy.sample([{ prompt, count: 1, maxTokens: 6, temperature: 0, seed: 1 }]))
  const { answers } = await beamSearch(prompt, { policy, beams: 1, maxTokens: 6 })
  assert.deepEqual(answers[0].sequence.tokens, greedy[0].rollout.sequence.tokens)
  assert.deepEqual(answers[0].completion, greedy[0].completion)
  const many = await beamSearch(prompt, { policy, beams: 8, maxTokens: 6 })
  assert.equal(many.answers.length, 8)
  assert.ok(many.answers[0].logprob >= answers[0].logprob - 1e-5)
  many.answers.forEach(({ logprob }, i) => assert.ok(i === 0 || logprob <= many.answers[i - 1].logprob))
})

test('a context that is full ends the search; an aborted one throws', async () => {
  const { answers } = await beamSearch(prompt, { policy, beams: 2, maxTokens: 100 })
  assert.ok(answers.every(({ sequence }) => sequence.tokens.length <= 12))
  await assert.rejects(
    beamSearch(prompt, { policy, beams: 2, maxTokens: 3, signal: AbortSignal.abort('enough') }),
    (thrown) => thrown === 'enough',
  )
})

test('every token that ends an answer ends a beam', async () => {
  const letter = policy.tokenizer.encode('a')[0]
  const asked = {
    policy: { ...policy, tokenizer: { ...policy.tokenizer, otherEndIds: [letter] } },
    beams: 64,
    maxTokens: 3,
  }
  const { answers } = await beamSearch(prompt, asked)
  for (const { completion, sequence } of answers) {
    const tokens = [...sequence.tokens.subarray(sequence.promptLength)]
    const end = tokens.findIndex((id) => id === policy.tokenizer.endId || id === letter)
    assert.ok(end === -1 || end === tokens.length - 1, `${tokens}`)
    assert.equal(completion.finish, end === -1 ? 'length' : 'stop')
  }
  assert.ok(answers.some(({ sequence: { tokens, promptLength } }) => tokens[promptLength] === letter))
})
