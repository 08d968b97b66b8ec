import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GuerdonError } from '../../src/data/error.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { rateWindow } from '../../src/judge/rateWindow.ts'
import { withRateLimit } from '../../src/judge/withRateLimit.ts'
import { scriptedServer } from './scriptedServer.ts'

const question = { messages: [{ role: 'user', content: 'Good?' }] } as const

test('no window of time takes more than the limit, and nobody waits longer than needed', () => {
  const steps = fc.array(
    fc.record({ pause: fc.integer({ min: 0, max: 30 }), amount: fc.integer({ min: 1, max: 12 }) }),
    {
      maxLength: 40,
    },
  )
  fc.assert(
    fc.property(steps, (calls) => {
      const window = rateWindow(10, 20)
      const starts: { readonly at: number; readonly amount: number }[] = []
      let now = 0
      const load = (at: number) =>
        starts.filter((s) => s.at > at - 20 && s.at <= at).reduce((sum, s) => sum + s.amount, 0)
      for (const { pause, amount } of calls) {
        now += pause
        const wait = window.wait(amount, now)
        // Brute force over whole seconds: the first at which the amount fits, or the window is empty.
        let earliest = now
        while (load(earliest) > 0 && load(earliest) + amount > 10) earliest++
        assert.equal(now + wait, earliest)
        now = earliest
        window.take(amount, now)
        starts.push({ at: now, amount })
      }
    }),
    { seed: 4 },
  )
})

test('an estimate is replaced by what was used', () => {
  const window = rateWindow(100, 60)
  const settle = window.take(90, 0)
  assert.equal(window.wait(20, 1), 59)
  settle(30)
  assert.equal(window.wait(20, 1), 0)
})

test('calls within the limit go at once, the next one waits its turn and may give up', async () => {
  await using server = await scriptedServer(['yes'])
  const judge = withRateLimit(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), { requestsPerMinute: 3 })
  const answers = await Promise.all([1, 2, 3].map(() => judge.ask(question)))
  assert.ok(answers.every(({ ok }) => ok))
  const controller = new AbortController()
  const waiting = [judge.ask(question, controller.signal), judge.ask(question, controller.signal)]
  setTimeout(() => controller.abort(), 50)
  for (const answer of await Promise.all(waiting)) assert.equal(answer.ok || answer.at, 'deadline')
  assert.equal(server.requests.length, 3)
})

test('tokens are counted as the server reports them', async () => {
  await using server = await scriptedServer([{ say: 'yes', usage: { prompt_tokens: 700, completion_tokens: 200 } }])
  const judge = withRateLimit(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), { tokensPerMinute: 1000 })
  assert.ok((await judge.ask({ ...question, maxTokens: 50 })).ok)
  assert.ok((await judge.ask({ ...question, maxTokens: 50 })).ok)
  const answer = await judge.ask({ ...question, maxTokens: 50 }, AbortSignal.timeout(50))
  assert.equal(answer.ok || answer.at, 'deadline')
})

test('after retry-after nothing is sent until then', async () => {
  await using server = await scriptedServer([{ status: 429, headers: { 'retry-after-ms': '150' } }, 'yes'])
  const judge = withRateLimit(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), { requestsPerMinute: 100 })
  await judge.ask(question)
  await judge.ask(question)
  assert.ok(server.requests[1].at - server.requests[0].at >= 148)
})

test('limits that are none are refused', async () => {
  await using server = await scriptedServer(['yes'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  for (const limit of [{ requestsPerMinute: 0 }, { tokensPerMinute: Number.NaN }]) {
    assert.throws(() => withRateLimit(judge, limit), GuerdonError)
  }
})
