import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { defineJudge } from '../../src/judge/defineJudge.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { withConcurrency } from '../../src/judge/withConcurrency.ts'
import { scriptedServer } from './scriptedServer.ts'

const ask = (text: string) => ({ messages: [{ role: 'user', content: text }] }) as const

test('never more at once than allowed, and everything is answered in its order', async () => {
  await using server = await scriptedServer(({ messages }) => `said ${messages[0].content}`, 10)
  const judge = withConcurrency(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), 3)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => judge.ask(ask(`${i}`))))
  assert.deepEqual(
    answers.map((answer) => answer.ok && answer.value),
    Array.from({ length: 20 }, (_, i) => `said ${i}`),
  )
  assert.ok(server.most() <= 3)
})

test('as many at once as allowed: three that wait for each other all end', { timeout: 20_000 }, async () => {
  const { promise: met, resolve } = Promise.withResolvers<void>()
  let inside = 0
  const meeting = defineJudge('meeting', async () => {
    if (++inside === 3) resolve()
    await met
    return { kind: 'said', text: `${inside}`, finish: 'stop', usage: { inputTokens: 0, outputTokens: 0 } }
  })
  const judge = withConcurrency(meeting, 3)
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => judge.ask(ask(text))))
  assert.deepEqual(
    answers.map((answer) => answer.ok && answer.value),
    ['3', '3', '3'],
  )
})

test('who gives up in the queue leaves it, and nobody behind is lost', async () => {
  await using server = await scriptedServer(['yes'], 20)
  const judge = withConcurrency(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), 1)
  const controller = new AbortController()
  const [first, ...others] = Array.from({ length: 5 }, (_, i) =>
    judge.ask(ask(`${i}`), i === 1 || i === 3 ? controller.signal : undefined),
  )
  controller.abort()
  const answers = await Promise.all([first, ...others])
  assert.deepEqual(
    answers.map((answer) => (answer.ok ? 'ok' : answer.at)),
    ['ok', 'deadline', 'ok', 'deadline', 'ok'],
  )
  assert.equal(server.requests.length, 3)
  const again = await judge.ask(ask('again'))
  assert.ok(again.ok)
})

test('a concurrency that is none is refused', async () => {
  await using server = await scriptedServer(['yes'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  for (const most of [0, 1.5, Number.NaN]) assert.throws(() => withConcurrency(judge, most), GuerdonError)
})
