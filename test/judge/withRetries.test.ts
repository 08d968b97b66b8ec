import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { random } from '../../src/data/random.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { withDeadline } from '../../src/judge/withDeadline.ts'
import { backoff, withRetries } from '../../src/judge/withRetries.ts'
import { type Reply, scriptedServer } from './scriptedServer.ts'

const question = { messages: [{ role: 'user', content: 'Good?' }] } as const
const fast = { base: 0.002 }

// The SDK is loaded at the first question: not within a deadline of this test.
before(async () => {
  await Promise.all([import('ai'), import('@ai-sdk/openai-compatible')])
})

async function retried(script: readonly Reply[], options: Parameters<typeof withRetries>[1] = fast) {
  await using server = await scriptedServer(script)
  const judge = withRetries(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), options)
  return { answer: await judge.ask(question), asked: server.requests.length, requests: server.requests }
}

test('500 and then success is a success; the usage is that of all tries', async () => {
  const { answer, asked } = await retried([{ status: 500 }, 'close mid-answer', { status: 503 }, 'yes'])
  assert.equal(answer.ok && answer.value, 'yes')
  assert.equal(asked, 4)
  assert.deepEqual(answer.usage, { inputTokens: 10, outputTokens: 5 })
})

test('what asking again cannot mend is asked once', async () => {
  for (const reply of [{ status: 401 }, { status: 400 }, '', "I'm sorry, but I can't help with that."] as const) {
    const { answer, asked } = await retried([reply, 'yes'])
    assert.equal(answer.ok, false)
    assert.equal(asked, 1)
  }
})

test('after the last try the failure says how many there were', async () => {
  const { answer, asked } = await retried([{ status: 500 }], { ...fast, attempts: 3 })
  assert.equal(asked, 3)
  assert.ok(!answer.ok && answer.at === 'network')
  assert.match(answer.reason, /HTTP 500.*\(3 tries\)/)
})

test('retry-after is honoured, and one that is too long is not waited for', async () => {
  const { requests } = await retried([{ status: 429, headers: { 'retry-after-ms': '120' } }, 'yes'])
  // A timer never fires early by more than the clock's rounding.
  assert.ok(requests[1].at - requests[0].at >= 118)
  const { answer, asked } = await retried([{ status: 429, headers: { 'retry-after': '61' } }, 'yes'])
  assert.equal(asked, 1)
  assert.deepEqual(!answer.ok && answer.retry, { afterSeconds: 61 })
})

test('a caller that stops waiting ends the retries', async () => {
  await using server = await scriptedServer([{ status: 429, headers: { 'retry-after': '30' } }])
  const judge = withRetries(openaiCompatible({ baseURL: server.baseURL, model: 'm' }))
  const controller = new AbortController()
  const asking = judge.ask(question, controller.signal)
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 2))
  controller.abort()
  const answer = await asking
  assert.equal(answer.ok || answer.at, 'deadline')
  assert.equal(server.requests.length, 1)
})

test('a try that was late is asked again; all tries together may have a deadline too', async () => {
  await using server = await scriptedServer(['never', 'yes'])
  const slow = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  const answer = await withDeadline(withRetries(withDeadline(slow, 0.3), fast), 20).ask(question)
  assert.equal(answer.ok && answer.value, 'yes')
  await using silent = await scriptedServer(['never'])
  const never = openaiCompatible({ baseURL: silent.baseURL, model: 'm' })
  const late = await withDeadline(withRetries(withDeadline(never, 0.05), { base: 0.01, attempts: 1000 }), 0.4).ask(
    question,
  )
  assert.equal(late.ok || late.at, 'deadline')
  assert.ok(silent.requests.length > 1)
})

test('log-probs are retried like answers', async () => {
  await using server = await scriptedServer([{ status: 500 }, { say: 'a', top: { a: -0.1, b: -3 } }])
  const judge = withRetries(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), fast)
  const answer = await judge.logprobs?.(question, ['a', 'b'])
  assert.ok(answer?.ok)
  assert.ok(Math.abs(answer.value[0] + 0.1) < 1e-12 && Math.abs(answer.value[1] + 3) < 1e-12)
})

test('waits lie between half the doubled base and all of it, capped, and follow from the seed', () => {
  fc.assert(
    fc.property(fc.nat(12), fc.double({ min: 0.001, max: 2, noNaN: true }), fc.integer(), (k, base, seed) => {
      const limits = { base, longest: 60 }
      const wait = backoff(k, undefined, limits, random(seed)) ?? Number.NaN
      const full = Math.min(base * 2 ** k, 60)
      assert.ok(wait >= full / 2 && wait <= full)
      assert.equal(backoff(k, undefined, limits, random(seed)), wait)
      const asked = backoff(k, 10, limits, random(seed)) ?? Number.NaN
      assert.ok(asked >= 10 && asked <= 10 + base)
    }),
    { seed: 1 },
  )
})
