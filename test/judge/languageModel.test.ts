import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type { LanguageModelV3 } from '@ai-sdk/provider'
import { createGateway, LoadAPIKeyError } from 'ai'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import { languageModel } from '../../src/judge/languageModel.ts'
import { scriptedServer } from './scriptedServer.ts'

const question = { messages: [{ role: 'user', content: 'Score?' }] } as const
const schema = z.object({ score: z.number() })

test('a model of any provider is a judge under its own name; one the provider cannot bind is read all the same', async () => {
  await using server = await scriptedServer(['I think {"score": 5}.'])
  // Without supportsStructuredOutputs the provider sends no schema, only the wish for JSON.
  const provider = createOpenAICompatible({ name: 'some', baseURL: server.baseURL })
  const judge = languageModel(provider('model-7'))
  assert.equal(judge.name, 'model-7')
  assert.match(judge.identity ?? '', /some.* model-7/)
  assert.equal(judge.logprobs, undefined)
  const answer = await judge.ask({ ...question, schema })
  assert.deepEqual(answer.ok && answer.value, { score: 5 })
  assert.deepEqual(server.requests[0].body.response_format, { type: 'json_object' })
  const told = await languageModel(provider('model-7'), { structured: false, name: 'told' }).ask({
    ...question,
    schema,
  })
  assert.ok(told.ok)
  assert.match(String(server.requests[1].body.messages[0].content), /Answer with JSON alone/)
})

test('a model without its key cannot work at all: that is thrown', async () => {
  const keyless: LanguageModelV3 = {
    specificationVersion: 'v3',
    provider: 'some',
    modelId: 'keyless',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new LoadAPIKeyError({ message: 'SOME_API_KEY is missing' })),
    doStream: () => Promise.reject(new Error('not used')),
  }
  await assert.rejects(
    languageModel(keyless).ask(question),
    (thrown) => thrown instanceof GuerdonError && /SOME_API_KEY is missing/.test(thrown.message),
  )
})

test('a gateway’s refusal is at the network in plain characters, and asking a busy one again may help', async () => {
  let status = 401
  const server = createServer((_, response) => {
    const type = status === 401 ? 'authentication_error' : 'rate_limit_exceeded'
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ error: { message: 'no', type } }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using _closing = {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const judge = languageModel(createGateway({ apiKey: 'wrong', baseURL: `http://127.0.0.1:${port}` })('some/model'))
  const refused = await judge.ask(question)
  assert.ok(!refused.ok && refused.at === 'network' && refused.retry === undefined)
  assert.match(refused.reason, /AI_GATEWAY_API_KEY/)
  // The SDK colours its errors for a terminal.
  assert.ok(!refused.reason.includes('\u001b'))
  status = 429
  const busy = await judge.ask(question)
  assert.ok(!busy.ok && busy.at === 'network')
  assert.deepEqual(busy.retry, {})
})
