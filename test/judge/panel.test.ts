import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { panel, repeated } from '../../src/judge/panel.ts'
import { withCache } from '../../src/judge/withCache.ts'
import { scriptedServer } from './scriptedServer.ts'

const score = {
  messages: [{ role: 'user', content: 'Score?' }],
  schema: z.object({ why: z.string(), score: z.int() }),
} as const

/** A server where each model says what its name is. */
const byModel = () =>
  scriptedServer(({ model }) => (model.startsWith('bad') ? 'prose' : `{"why": "it is ${model}", "score": ${model}}`))

test('judges vote; the answer is their mean, median or majority, with every vote and the spread', async () => {
  await using server = await byModel()
  const judge = (model: string) => openaiCompatible({ baseURL: server.baseURL, model })
  const judges = ['3', '3', '8', '10'].map(judge)
  const expected = { mean: 6, median: 5.5, majority: 3 }
  for (const combine of ['mean', 'median', 'majority'] as const) {
    const answer = await panel(judges, { combine }).ask(score)
    assert.ok(answer.ok)
    assert.deepEqual(answer.value, { why: 'it is 3', score: expected[combine] })
    // Deviations from 6: -3, -3, 2, 4.
    assert.equal(answer.panel?.spread, Math.sqrt(38 / 4))
    assert.deepEqual(
      answer.panel?.votes.map(({ judge, answer }) => [judge, answer.text]),
      judges.map(({ name }) => [name, `{"why": "it is ${name}", "score": ${name}}`]),
    )
    assert.deepEqual(answer.usage, { inputTokens: 40, outputTokens: 20 })
  }
  assert.equal(panel(judges).name, '3 + 3 + 8 + 10')
})

test('a judge that gives no answer is no vote; below the quorum there is no answer', async () => {
  await using server = await byModel()
  const judge = (model: string) => openaiCompatible({ baseURL: server.baseURL, model })
  const most = await panel(['4', 'bad', '6'].map(judge)).ask(score)
  assert.equal(most.ok && most.value.score, 5)
  assert.equal(most.panel?.votes[1].answer.ok, false)
  const few = await panel(['4', 'bad one', 'bad two'].map(judge)).ask(score)
  assert.ok(!few.ok && few.at === 'judge')
  assert.match(few.reason, /2 of 3 judges gave no answer \(bad one: not JSON.*; bad two: not JSON/)
  assert.match(few.text ?? '', /4: .*\nbad one: prose\nbad two: prose/)
  assert.ok(!(await panel(['4', 'bad', '6'].map(judge), { quorum: 3 }).ask(score)).ok)
  assert.throws(() => panel([]), GuerdonError)
})

test('log-probs of a panel are those of the mean probability; without them in one judge there are none', async () => {
  await using server = await scriptedServer(({ model }) => ({
    say: 'a',
    top: model === 'one' ? { a: Math.log(0.8), b: Math.log(0.2) } : { a: Math.log(0.4), b: Math.log(0.6) },
  }))
  const [one, two] = ['one', 'two'].map((model) => openaiCompatible({ baseURL: server.baseURL, model }))
  const answer = await panel([one, two]).logprobs?.({ messages: score.messages }, ['a', 'b'])
  assert.ok(answer?.ok)
  for (const [i, p] of [0.6, 0.4].entries()) assert.ok(Math.abs(Math.exp(answer.value[i]) - p) < 1e-12)
  assert.ok(Math.abs((answer.panel?.spread ?? 0) - 0.2) < 1e-12)
  const { logprobs: _, ...mute } = two
  assert.equal(panel([one, mute]).logprobs, undefined)
})

test('repeated draws are independent, each kept in the cache under its own key', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-repeated-'))
  await using server = await scriptedServer((_, i) => `{"why": "", "score": ${i}}`)
  const cached = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), folder)
  const judge = repeated(cached, 4)
  const first = await judge.ask(score)
  assert.equal(first.ok && first.value.score, 1.5)
  assert.equal(new Set(server.requests.map(({ body }) => body.seed)).size, 4)
  assert.ok(server.requests.every(({ body }) => body.temperature === 0.7))
  const again = await judge.ask(score)
  assert.ok(again.ok && again.cached)
  assert.equal(again.value.score, 1.5)
  assert.equal(server.requests.length, 4)
  // Another repetition of the whole is four more draws.
  const other = await judge.ask({ ...score, repetition: 1 })
  assert.equal(other.ok && other.value.score, 5.5)
  await rm(folder, { recursive: true })
})
