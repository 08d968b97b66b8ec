import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { defineJudge } from '../../src/judge/defineJudge.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { withDeadline } from '../../src/judge/withDeadline.ts'
import { scriptedServer } from './scriptedServer.ts'

const question = { messages: [{ role: 'user', content: 'Good?' }] } as const

// The SDK is loaded at the first question: not within a deadline of this test.
before(async () => {
  await Promise.all([import('ai'), import('@ai-sdk/openai-compatible')])
})

test('a server that never answers is left at the deadline, its request closed', async () => {
  await using server = await scriptedServer(['never'])
  const judge = withDeadline(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), 1)
  const answer = await judge.ask(question)
  assert.ok(!answer.ok)
  assert.equal(answer.at, 'deadline')
  assert.match(answer.reason, /no answer within 1 s/)
  while (server.aborted() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('a judge that does not listen to the signal is left too', async () => {
  const deaf = withDeadline(
    defineJudge('deaf', () => new Promise(() => undefined)),
    0.05,
  )
  const answer = await deaf.ask(question)
  assert.equal(answer.ok || answer.at, 'deadline')
})

test('the caller gives up before the deadline: that is not the deadline', async () => {
  await using server = await scriptedServer(['never'])
  const judge = withDeadline(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), 600)
  const controller = new AbortController()
  const asking = judge.ask(question, controller.signal)
  controller.abort()
  const answer = await asking
  assert.ok(!answer.ok && answer.at === 'deadline')
  assert.match(answer.reason, /caller/)
})

test('an answer in time is passed on, with any deadline', async () => {
  await using server = await scriptedServer(['yes'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  for (const seconds of [30, 1e9, Number.POSITIVE_INFINITY]) {
    const answer = await withDeadline(judge, seconds).ask(question)
    assert.equal(answer.ok && answer.value, 'yes')
  }
  for (const seconds of [0, -1, Number.NaN]) assert.throws(() => withDeadline(judge, seconds), GuerdonError)
})
