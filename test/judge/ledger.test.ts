import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ledger } from '../../src/judge/ledger.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { withCache } from '../../src/judge/withCache.ts'
import { scriptedServer } from './scriptedServer.ts'

const question = { messages: [{ role: 'user', content: 'Good?' }] } as const

test('every call is booked by how it ended, with its tokens and their price', async () => {
  await using server = await scriptedServer([
    { say: 'yes', usage: { prompt_tokens: 1000, completion_tokens: 20 } },
    { say: '', usage: { prompt_tokens: 500, completion_tokens: 0 } },
    { status: 500 },
    'never',
  ])
  const book = ledger({ dear: { input: 2, output: 10 } })
  const dear = book.keep(openaiCompatible({ baseURL: server.baseURL, model: 'dear' }))
  const free = book.keep(openaiCompatible({ baseURL: server.baseURL, model: 'free' }))
  const first = await dear.ask(question)
  // 1000 tokens at 2 and 20 at 10 a million.
  assert.equal(first.usage.cost, 0.0022)
  for (let i = 0; i < 2; i++) await dear.ask(question)
  await dear.ask(question, AbortSignal.timeout(50))
  const none = { asked: 0, answered: 0, failed: { judge: 0, network: 0, deadline: 0 }, fromCache: 0 }
  assert.deepEqual(book.totals(), [
    {
      judge: 'dear',
      asked: 4,
      answered: 1,
      failed: { judge: 1, network: 1, deadline: 1 },
      fromCache: 0,
      inputTokens: 1500,
      outputTokens: 20,
      cost: 0.0032,
    },
    { judge: 'free', ...none, inputTokens: 0, outputTokens: 0 },
  ])
  assert.equal(free.name, 'free')
})

test('what comes from a cache is counted and not paid for again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-ledger-'))
  await using server = await scriptedServer([{ say: 'yes', usage: { prompt_tokens: 100, completion_tokens: 1 } }])
  const book = ledger({ m: { input: 1e6, output: 0 } })
  const judge = book.keep(withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), folder))
  for (let i = 0; i < 3; i++) await judge.ask(question)
  await rm(folder, { recursive: true })
  const [{ asked, answered, fromCache, inputTokens, cost }] = book.totals()
  assert.deepEqual([asked, answered, fromCache, inputTokens, cost], [3, 3, 2, 100, 100])
})
