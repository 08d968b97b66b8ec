import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import type { Answer, Question } from '../../src/judge/judge.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { type Reply, scriptedServer } from './scriptedServer.ts'

const schema = z.object({ score: z.int().min(1).max(10) })
const question: Question<{ score: number }> = {
  messages: [
    { role: 'system', content: 'You are a judge.' },
    { role: 'user', content: 'Score the answer from 1 to 10.' },
  ],
  schema,
}

async function asked(reply: Reply): Promise<Answer<{ score: number }>> {
  await using server = await scriptedServer([reply])
  return await openaiCompatible({ baseURL: server.baseURL, model: 'm' }).ask(question)
}

test('an answer of the schema is a value with its usage', async () => {
  await using server = await scriptedServer(['{"score": 7}'])
  const judge = openaiCompatible({ baseURL: `${server.baseURL}/`, model: 'm', apiKey: 'secret', name: 'mild' })
  const answer = await judge.ask({ ...question, maxTokens: 50 })
  assert.equal(judge.name, 'mild')
  assert.deepEqual(answer, {
    ok: true,
    value: { score: 7 },
    text: '{"score": 7}',
    usage: { inputTokens: 10, outputTokens: 5 },
    cached: false,
  })
  const [{ url, headers, body }] = server.requests
  assert.equal(url, '/v1/chat/completions')
  assert.equal(headers.authorization, 'Bearer secret')
  assert.deepEqual(body.messages, [
    { role: 'system', content: 'You are a judge.' },
    { role: 'user', content: 'Score the answer from 1 to 10.' },
  ])
  assert.equal(body.temperature, 0)
  assert.equal(body.max_tokens, 50)
  assert.equal(body.seed, undefined)
  assert.ok(JSON.stringify(body.response_format).includes('"maximum":10'))
})

test('without a schema the value is the text', async () => {
  await using server = await scriptedServer(['The answer is fair.\n'])
  const answer = await openaiCompatible({ baseURL: server.baseURL, model: 'm' }).ask({ messages: question.messages })
  assert.equal(answer.ok && answer.value, 'The answer is fair.\n')
  assert.equal(server.requests[0].body.response_format, undefined)
})

test('JSON is found in prose, in a fence, and after thinking', async () => {
  for (const text of [
    'The answer is good, so: {"score": 8}. Thanks!',
    'Verdict:\n```json\n{"score": 8}\n```\n',
    '<think>Maybe {"score": 3}? No.</think>\n{"score": 8}',
    'I said {"score": 8} and I repeat: {"score":8}',
  ]) {
    const answer = await asked(text)
    assert.deepEqual(answer.ok && answer.value, { score: 8 }, text)
  }
})

test('an answer that cannot be read is not ok, at the judge, with its raw text', async () => {
  const long = 'word '.repeat(10_000)
  const cases: readonly (readonly [Reply, RegExp, string])[] = [
    ['The answer deserves an eight.', /not JSON/, 'The answer deserves an eight.'],
    ['{"score": 8', /not JSON/, '{"score": 8'],
    ['{"score": "eight"}', /does not fit.*expected number/s, '{"score": "eight"}'],
    ['{"score": 11}', /does not fit/, '{"score": 11}'],
    ['{"score": 3} or rather {"score": 9}', /two verdicts that differ.*3.*9/, '{"score": 3} or rather {"score": 9}'],
    ['', /empty/, ''],
    ['  \n', /empty/, '  \n'],
    ["I'm sorry, but I can't help with that.", /refused: I'm sorry/, "I'm sorry, but I can't help with that."],
    [{ say: '', refusal: 'Not this one.' }, /refused: Not this one/, 'Not this one.'],
    [{ say: 'I', finish: 'content_filter' }, /refused/, 'I'],
    [{ say: long, finish: 'length' }, /cut off after 5 tokens: /, long],
    [{ say: '<think>so I thi', finish: 'length' }, /cut off after 5 tokens, before any answer/, '<think>so I thi'],
  ]
  for (const [reply, reason, text] of cases) {
    const answer = await asked(reply)
    assert.ok(!answer.ok, JSON.stringify(reply))
    assert.equal(answer.at, 'judge')
    assert.match(answer.reason, reason)
    assert.equal(answer.text, text)
    assert.deepEqual(answer.usage, { inputTokens: 10, outputTokens: 5 })
    assert.equal(answer.retry, undefined)
  }
})

test('ten thousand tokens around one verdict are read, and a whole verdict that was cut says so', async () => {
  const answer = await asked({ say: `${'word '.repeat(10_000)}{"score": 2}`, finish: 'length' })
  assert.ok(answer.ok)
  assert.deepEqual(answer.value, { score: 2 })
  assert.equal(answer.cut, true)
})

test('failures of the server are at the network, and say whether asking again may help', async () => {
  const cases: readonly (readonly [Reply, RegExp, { readonly afterSeconds?: number } | undefined])[] = [
    [{ status: 429, headers: { 'retry-after': '7' } }, /HTTP 429: scripted 429/, { afterSeconds: 7 }],
    [{ status: 500 }, /HTTP 500/, {}],
    [{ status: 503, body: 'no JSON here' }, /HTTP 503/, {}],
    [{ status: 401 }, /HTTP 401.*API key/s, undefined],
    [{ status: 404 }, /HTTP 404.*name of the model/s, undefined],
    [{ status: 400 }, /HTTP 400.*structured: false/s, undefined],
    ['close mid-answer', /broke off/, {}],
    [{ status: 200, body: '{"choices": []}' }, /did not contain any choices/, undefined],
    [{ status: 200, body: '<html>' }, /broke off or was none/, {}],
  ]
  for (const [reply, reason, retry] of cases) {
    const answer = await asked(reply)
    assert.ok(!answer.ok, JSON.stringify(reply))
    assert.equal(answer.at, 'network')
    assert.match(answer.reason, reason)
    assert.deepEqual(answer.retry, retry, JSON.stringify(reply))
  }
})

test('no server at all is at the network', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  await once(closed, 'close')
  const answer = await openaiCompatible({ baseURL: `http://127.0.0.1:${port}/v1`, model: 'm' }).ask(question)
  assert.ok(!answer.ok)
  assert.equal(answer.at, 'network')
  assert.match(answer.reason, /ECONNREFUSED/)
  assert.deepEqual(answer.retry, {})
})

test('an aborted question is at the deadline, and the request is closed', async () => {
  await using server = await scriptedServer(['never'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  const controller = new AbortController()
  const asking = judge.ask(question, controller.signal)
  while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  const answer = await asking
  assert.equal(answer.ok || answer.at, 'deadline')
  while (server.aborted() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const later = await judge.ask(question, controller.signal)
  assert.equal(later.ok || later.at, 'deadline')
  assert.equal(server.requests.length, 1)
})

test('a server that knows no schemas is told in the prompt', async () => {
  await using server = await scriptedServer(['{"score": 4}'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm', structured: false })
  const answer = await judge.ask(question)
  assert.deepEqual(answer.ok && answer.value, { score: 4 })
  const { body } = server.requests[0]
  assert.equal(body.response_format, undefined)
  assert.match(String(body.messages[1].content), /Score the answer from 1 to 10\.\n\nAnswer with JSON.*"maximum":10/s)
})

test('draws are seeded, and every repetition has its own seed', async () => {
  await using server = await scriptedServer(['{"score": 4}'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  for (const repetition of [0, 1, 2, 0]) await judge.ask({ ...question, temperature: 0.7, seed: 5, repetition })
  const seeds = server.requests.map(({ body }) => body.seed)
  assert.equal(new Set(seeds).size, 3)
  assert.equal(seeds[0], seeds[3])
})

test('images are sent as data, a tool speaks as a user', async () => {
  await using server = await scriptedServer(['{"score": 4}'])
  await openaiCompatible({ baseURL: server.baseURL, model: 'm' }).ask({
    ...question,
    messages: [
      { role: 'tool', content: 'found 3 pages' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look:' },
          { type: 'image', bytes: new Uint8Array([1, 2, 3]), mediaType: 'image/png' },
        ],
      },
    ],
  })
  assert.deepEqual(server.requests[0].body.messages, [
    { role: 'user', content: 'found 3 pages' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Look:' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
      ],
    },
  ])
})

test('log-probs of choices come from the likeliest first tokens', async () => {
  await using server = await scriptedServer([
    { say: 'yes', top: { yes: Math.log(0.5), ' yes': Math.log(0.1), ' no': Math.log(0.2), Well: Math.log(0.1) } },
    'yes',
    { status: 429, headers: { 'retry-after-ms': '250' } },
  ])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  const ask = () => judge.logprobs?.({ messages: question.messages }, ['yes', 'no', 'maybe'])
  const answer = await ask()
  assert.ok(answer?.ok)
  const [yes, no, maybe] = answer.value.map(Math.exp)
  assert.ok(Math.abs(yes - 0.6) < 1e-12 && Math.abs(no - 0.2) < 1e-12 && Math.abs(maybe - 0.1) < 1e-12)
  const { body } = server.requests[0]
  assert.deepEqual([body.logprobs, body.top_logprobs, body.max_tokens], [true, 20, 1])
  const without = await ask()
  assert.ok(without !== undefined && !without.ok && without.at === 'judge')
  assert.match(without.reason, /gave no log-probabilities/)
  const busy = await ask()
  assert.deepEqual(busy !== undefined && !busy.ok && busy.retry, { afterSeconds: 0.25 })
})

test('a base URL that is none is refused', () => {
  for (const baseURL of ['localhost', 'ftp://x', '']) {
    assert.throws(() => openaiCompatible({ baseURL, model: 'm' }), GuerdonError)
  }
})
