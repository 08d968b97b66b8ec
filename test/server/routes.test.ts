/** Each caller's own format, over HTTP. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { start } from './start.ts'

const exact = await start({ after }, 'exact', { unscoredValue: -7 })

const turn = { prompt: '<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n', end: '<|im_end|>' }
const openrlhf = { query: [`${turn.prompt}4${turn.end}`], prompts: [turn.prompt], labels: ['4'] }
const verl = { data_source: 'gsm8k', solution_str: '72', ground_truth: '72', extra_info: { index: 3 } }
const chat = (content: string) => [{ role: 'assistant', content }]

test('OpenRLHF: one query a request, several, none, and what it must never get', async () => {
  const { post } = exact
  const ask = async (body: unknown) => (await post('/get_reward', body)).body
  assert.deepEqual(await ask(openrlhf), { rewards: [1], scores: [1], extra_logs: { length: [1], unscored: [0] } })
  // What the trainer sends to every URL but the first.
  assert.deepEqual(await ask({ query: [], prompts: [], labels: [] }), {
    rewards: [],
    scores: [],
    extra_logs: { unscored: [] },
  })
  const several = await ask({
    // A prompt cut at the left is no prefix: the whole query is the response. An end-of-text token and white space go.
    query: [`${turn.prompt}5</s>`, `assistant\n4`, `${turn.prompt}4<|im_end|>\n<|endoftext|>`],
    prompts: [turn.prompt, turn.prompt, turn.prompt],
    labels: ['4', 'assistant\n4', '4'],
  })
  assert.deepEqual(several.rewards, [-1, 1, 1])
  assert.deepEqual(several.scores, [0, 1, 1], 'from 0 to 1, whatever the range of the reward')
  // No label: this reward cannot say. A number must be there; beside it stands that it is none.
  const reply = await post('/get_reward', { ...openrlhf, labels: [''] })
  assert.deepEqual(reply.body, { rewards: [-7], scores: [0], extra_logs: { unscored: [1] } })
  assert.equal(reply.headers.get('x-guerdon-unscored'), '1')
  for (const value of Object.values(reply.body.extra_logs).flat()) assert.equal(typeof value, 'number')
})

test('veRL: a sample or a batch, the same keys whether scored or not', async () => {
  const { post } = exact
  assert.deepEqual((await post('/verl', verl)).body, { length: 2, score: 1, unscored: 0 })
  const batch = await post('/verl', {
    ...{ data_sources: ['a', 'a'], solution_strs: ['1', '2'], ground_truths: ['1', null], extra_infos: [{}, null] },
  })
  assert.deepEqual(batch.body.scores, [
    { length: 1, score: 1, unscored: 0 },
    { score: -7, unscored: 1 },
  ])
})

test('TRL: texts or chats, columns, and null where there is no score', async () => {
  const { post } = exact
  const asked = { prompts: ['2+2?', [{ role: 'user', content: '3?' }], 'x'], completions: ['4', chat('3'), chat('no')] }
  const { body } = await post('/trl', {
    ...asked,
    columns: { answer: ['4', '3', null], level: [1, 2, 3] },
    reference: 'answer',
  })
  assert.deepEqual(body, {
    rewards: [1, 1, null],
    parts: { length: [1, 1, null] },
    unscored: [{ index: 2, at: 'reward', reason: 'the reward abstained' }],
  })
  const mixed = await post('/trl', { ...asked, columns: { answer: ['4'] } })
  assert.equal(mixed.status, 400)
  assert.match(mixed.body.error.message, /completions has 3, prompts has 3, answer has 1/)
})

test('vLLM: classify as veRL calls a reward model, and pairs of texts', async (t) => {
  const { post } = await start(t, 'hostile')
  const { data } = (await post('/classify', { model: 'm', input: 'abc', activation: false })).body
  assert.deepEqual(data.at(-1).probs, [3])
  const score = (body: unknown) => post('/score', body)
  const values = (reply: Awaited<ReturnType<typeof score>>) =>
    reply.body.data.map((each: { score: number }) => each.score)
  assert.deepEqual(values(await score({ queries: 'q', documents: ['a', 'bb'] })), [1, 2])
  assert.deepEqual(values(await score({ text_1: ['p', 'q'], text_2: ['a', 'bb'] })), [1, 2])
  const uneven = await score({ text_1: ['p', 'q'], text_2: ['a', 'b', 'c'] })
  assert.deepEqual(
    [uneven.status, uneven.body.error.message],
    [400, '2 queries for 3 documents: give one, or one for each'],
  )
})

test('own routes: scores with all they hold, the best first, promptfoo', async () => {
  const { post } = exact
  const samples = [
    { prompt: '2+2?', completion: '4', reference: '4' },
    { prompt: [{ role: 'user', content: 'say hi' }], completion: chat('hi'), reference: 'no' },
    { completion: '' },
  ]
  assert.deepEqual((await post('/score', { samples })).body.scores, [
    { value: 1, parts: { length: 1 }, feedback: 'prompt 2+2?' },
    { value: -1, parts: { length: 2 }, feedback: 'prompt say hi' },
    { unscored: { at: 'reward', reason: 'the reward abstained' } },
  ])
  const { ranking, unscored } = (await post('/rank', { prompt: 'q', completions: ['1', '4', '2'], reference: '4' }))
    .body
  assert.deepEqual(
    ranking.map(({ index }: { index: number }) => index),
    [1, 0, 2],
  )
  assert.deepEqual(unscored, [])
  const webhook = (output: string) => post('/promptfoo', { output, context: { prompt: 'p', vars: { reference: '4' } } })
  assert.deepEqual((await webhook('4')).body, { pass: true, score: 1, reason: 'prompt p' })
  assert.equal((await webhook('5')).body.pass, false)
})

test('the OpenAPI document describes every route with schemas that its own traffic obeys', async () => {
  const { url, post } = exact
  const document: ReturnType<typeof JSON.parse> = await (await fetch(`${url}/openapi.json`)).json()
  const routes = ['/score', '/rank', '/stream', '/get_reward', '/verl', '/trl', '/classify', '/promptfoo']
  assert.deepEqual(Object.keys(document.paths), routes)
  const traffic: Record<string, unknown> = {
    '/score': { samples: [{ prompt: 'q', completion: 'a', reference: { any: ['json'] }, meta: { n: 1 } }] },
    '/rank': { prompt: 'q', completions: ['a', 'b'] },
    '/get_reward': openrlhf,
    '/verl': verl,
    '/trl': { prompts: ['q'], completions: ['a'], columns: { level: [3] } },
    '/classify': { model: 'm', input: 'abc' },
    '/promptfoo': { output: 'a', context: { prompt: 'p', vars: {} } },
  }
  for (const [path, body] of Object.entries(traffic)) {
    const { requestBody, responses } = document.paths[path].post
    const checks = (schema: object) => new Ajv2020({ strict: false }).compile(schema)
    const asked = checks(requestBody.content['application/json'].schema)
    assert.ok(asked(body), `${path}: ${JSON.stringify(asked.errors)}`)
    assert.ok(!asked('a text'), path)
    const answered = checks(responses[200].content['application/json'].schema)
    const reply = (await post(path, body)).body
    assert.ok(answered(reply), `${path}: ${JSON.stringify(answered.errors)} ${JSON.stringify(reply)}`)
  }
})
