import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { bothOrders, mapAnswer } from '../../src/judge/bothOrders.ts'
import type { Answer } from '../../src/judge/judge.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { type Reply, scriptedServer } from './scriptedServer.ts'

const schema = z.object({ better: z.enum(['first', 'second', 'tie']) })
const chance = { first: 1, second: 0, tie: 0.5 }

/** Compares a short and a long text with a judge that sees `first|second` and answers by `script`. */
async function compared(script: (first: string, second: string) => Reply) {
  await using server = await scriptedServer(({ messages }) => {
    const [first, second] = String(messages[0].content).split('|')
    return script(first, second)
  })
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  const compare = async (first: string, second: string): Promise<Answer<number>> =>
    mapAnswer(
      await judge.ask({ messages: [{ role: 'user', content: `${first}|${second}` }], schema }),
      ({ better }) => chance[better],
    )
  return await bothOrders(compare, 'short', 'much longer')
}

test('a judge with an opinion has it in both orders', async () => {
  const answer = await compared((first, second) => `{"better": "${first.length < second.length ? 'first' : 'second'}"}`)
  assert.ok(answer.ok)
  assert.deepEqual(answer.value, { winner: 'a', agreed: true, preference: 1, positionBias: 0 })
  assert.deepEqual(answer.usage, { inputTokens: 20, outputTokens: 10 })
})

test('a judge that favours a place has none: a tie, reported', async () => {
  const first = await compared(() => '{"better": "first"}')
  assert.deepEqual(first.ok && first.value, { winner: 'tie', agreed: false, preference: 0.5, positionBias: 0.5 })
  const second = await compared(() => '{"better": "second"}')
  assert.deepEqual(second.ok && second.value, { winner: 'tie', agreed: false, preference: 0.5, positionBias: -0.5 })
  const half = await compared((first) => `{"better": "${first === 'short' ? 'first' : 'tie'}"}`)
  assert.deepEqual(half.ok && half.value, { winner: 'tie', agreed: false, preference: 0.75, positionBias: 0.25 })
})

test('ties in both orders agree', async () => {
  const answer = await compared(() => '{"better": "tie"}')
  assert.deepEqual(answer.ok && answer.value, { winner: 'tie', agreed: true, preference: 0.5, positionBias: 0 })
})

test('one order without an answer is no answer', async () => {
  const answer = await compared((first) => (first === 'short' ? '{"better": "first"}' : 'prose'))
  assert.ok(!answer.ok && answer.at === 'judge')
  assert.match(answer.reason, /in the order b, a: not JSON/)
  assert.match(answer.text ?? '', /first.*\nprose/)
  assert.deepEqual(answer.usage, { inputTokens: 20, outputTokens: 10 })
})

test('probabilities of a soft judge are averaged over the orders', async () => {
  const soft = async (first: string): Promise<Answer<number>> => ({
    ok: true,
    value: first === 'a' ? 0.9 : 0.3,
    text: '',
    usage: { inputTokens: 1, outputTokens: 0 },
    cached: false,
  })
  const answer = await bothOrders(soft, 'a', 'b')
  assert.ok(answer.ok && answer.value.winner === 'a' && answer.value.agreed)
  assert.ok(Math.abs(answer.value.preference - 0.8) < 1e-12)
  assert.ok(Math.abs(answer.value.positionBias - 0.1) < 1e-12)
})
