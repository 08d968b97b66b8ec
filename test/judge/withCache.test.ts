import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import type { Question } from '../../src/judge/judge.ts'
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { withCache } from '../../src/judge/withCache.ts'
import { scriptedServer } from './scriptedServer.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-judge-cache-'))
})
after(() => rm(folder, { recursive: true }))

const question: Question = { messages: [{ role: 'user', content: 'Good?' }] }

async function entriesOf(path: string): Promise<string[]> {
  const files = await readdir(path, { recursive: true, withFileTypes: true })
  return files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
}

test('a question is asked once, and the answer from the cache says so', async () => {
  await using server = await scriptedServer(['{"score": 7}', '{"score": 1}'])
  const score = { ...question, schema: z.object({ score: z.number() }) }
  const open = () => withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), join(folder, 'once'))
  const first = await open().ask(score)
  const second = await open().ask(score)
  assert.ok(first.ok && second.ok)
  assert.deepEqual(second, { ...first, cached: true })
  assert.equal(server.requests.length, 1)
})

test('whatever changes the answer changes the key', async () => {
  await using server = await scriptedServer((_, i) => `${i}`)
  await using other = await scriptedServer(['other'])
  const path = join(folder, 'keys')
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), path)
  const pixel = (value: number): Question['messages'] => [
    { role: 'user', content: [{ type: 'image', bytes: new Uint8Array([value]), mediaType: 'image/png' }] },
  ]
  const questions: readonly Question[] = [
    question,
    { ...question, repetition: 1 },
    { ...question, repetition: 2 },
    { ...question, temperature: 0.5 },
    { ...question, maxTokens: 10 },
    { ...question, seed: 1 },
    { ...question, schema: z.string() },
    { ...question, schema: z.string().max(50) },
    { messages: [{ role: 'system', content: 'Good?' }] },
    { messages: [...question.messages, ...question.messages] },
    { messages: pixel(1) },
    { messages: pixel(2) },
  ]
  for (let round = 0; round < 2; round++) {
    for (const [i, each] of questions.entries()) {
      const answer = await judge.ask(each)
      assert.ok(answer.ok)
      assert.deepEqual([answer.value, answer.cached], [`${i}`, round === 1])
    }
  }
  assert.equal(server.requests.length, questions.length)
  const models = [
    openaiCompatible({ baseURL: server.baseURL, model: 'n' }),
    openaiCompatible({ baseURL: other.baseURL, model: 'm' }),
    openaiCompatible({ baseURL: server.baseURL, model: 'm', structured: false }),
  ]
  for (const model of models) {
    const answer = await withCache(model, path).ask(question)
    assert.equal(answer.ok && answer.cached, false)
  }
})

test('what a refinement refuses is refused from the cache too', async () => {
  await using server = await scriptedServer(['{"score": 7}'])
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), join(folder, 'refined'))
  const score = z.object({ score: z.number() })
  assert.ok((await judge.ask({ ...question, schema: score })).ok)
  const even = score.refine((value) => value.score % 2 === 0, 'must be even')
  const answer = await judge.ask({ ...question, schema: even })
  assert.ok(!answer.ok && answer.cached === true)
  assert.match(answer.reason, /must be even/)
  assert.equal(server.requests.length, 1)
})

test('a bad answer is kept with its words; a failure of the network is asked again', async () => {
  await using server = await scriptedServer([{ status: 500 }, 'close mid-answer', 'prose'])
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), join(folder, 'bad'))
  const score = { ...question, schema: z.object({ score: z.number() }) }
  for (const at of ['network', 'network', 'judge']) {
    const answer = await judge.ask(score)
    assert.equal(answer.ok || answer.at, at)
  }
  const again = await judge.ask(score)
  assert.ok(!again.ok && again.cached === true)
  assert.equal(again.text, 'prose')
  assert.equal(server.requests.length, 3)
})

test('log-probs are kept to the bit, apart from answers and from those of other choices', async () => {
  await using server = await scriptedServer([{ say: 'a', top: { a: -0.1234567890123, b: -2.5 } }])
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), join(folder, 'logprobs'))
  const first = await judge.logprobs?.(question, ['a', 'b'])
  const second = await judge.logprobs?.(question, ['a', 'b'])
  assert.ok(first?.ok && second?.ok)
  assert.deepEqual(second, { ...first, cached: true })
  await judge.logprobs?.(question, ['b', 'a'])
  await judge.ask(question)
  assert.equal(server.requests.length, 3)
})

test('equal questions at the same time are asked once; who gives up does not hold the others', async () => {
  await using server = await scriptedServer([{ status: 500 }, 'yes'], 30)
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), join(folder, 'same'))
  const controller = new AbortController()
  const asking = Array.from({ length: 6 }, (_, i) => judge.ask(question, i === 3 ? controller.signal : undefined))
  controller.abort()
  const answers = await Promise.all(asking)
  // The first fails at the network, the second asks again, the others find its answer.
  assert.deepEqual(
    answers.map((answer) => (answer.ok ? answer.cached : answer.at)),
    ['network', false, true, 'deadline', true, true],
  )
  assert.equal(server.requests.length, 2)
})

test('a damaged entry is asked for again and replaced', async () => {
  await using server = await scriptedServer(['yes'])
  const path = join(folder, 'damaged')
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), path)
  await judge.ask(question)
  const [entry] = await entriesOf(path)
  const whole = await readFile(entry)
  const damages: readonly Buffer[] = [
    Buffer.alloc(0),
    whole.subarray(0, 50),
    whole.subarray(0, -1),
    whole.subarray(0, -4),
    Buffer.from(whole.toString().replace('yes', 'no!')),
    Buffer.concat([whole, whole]),
    Buffer.from('{"kind":"words"}'),
    Buffer.alloc(1000),
  ]
  for (const [i, damage] of damages.entries()) {
    await writeFile(entry, damage)
    const answer = await judge.ask(question)
    assert.deepEqual(answer.ok && [answer.value, answer.cached], ['yes', false], `damage ${i}`)
    assert.deepEqual(await readFile(entry), whole)
  }
  assert.equal(server.requests.length, damages.length + 1)
})

test('processes that share a folder, one of them killed, leave whole and right entries', async () => {
  await using server = await scriptedServer(({ messages }) => `answer to ${messages[0].content}`, 1)
  const path = join(folder, 'processes')
  const count = 30
  const script = fileURLToPath(new URL('cacheWriter.ts', import.meta.url))
  // Three walk the questions from different ends, so that they meet.
  const children = [
    ['0', '1'],
    [`${count - 1}`, `${count - 1}`],
    ['10', '1'],
  ].map((walk) =>
    spawn(process.execPath, ['--conditions=guerdon-source', script, server.baseURL, path, `${count}`, ...walk], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  const ended = children.map((child) => once(child, 'exit'))
  let lines = 0
  children[2].stdout.on('data', (data: Buffer) => {
    lines += data.toString().split('\n').length - 1
    if (lines >= 5) children[2].kill('SIGKILL')
  })
  for (const child of children.slice(0, 2)) child.stdout.resume()
  const codes = await Promise.all(ended)
  assert.deepEqual(
    codes.map(([code, signal]) => code ?? signal),
    [0, 0, 'SIGKILL'],
  )
  const asked = server.requests.length
  const judge = withCache(openaiCompatible({ baseURL: server.baseURL, model: 'm' }), path)
  for (let i = 0; i < count; i++) {
    const answer = await judge.ask({ messages: [{ role: 'user', content: `question ${i}` }] })
    assert.deepEqual(answer.ok && [answer.value, answer.cached], [`answer to question ${i}`, true])
  }
  assert.equal(server.requests.length, asked)
})

test('an answer whose value does not follow from its words is not kept', async () => {
  let asked = 0
  const path = join(folder, 'panel')
  const usage = { inputTokens: 1, outputTokens: 1 }
  const judge = withCache(
    {
      name: 'mean',
      async ask<T>() {
        asked++
        const value: unknown = 3.5
        return { ok: true, value: value as T, text: '3 and 4', usage, cached: false }
      },
    },
    path,
  )
  for (let i = 0; i < 2; i++) {
    const answer = await judge.ask({ ...question, schema: z.number() })
    assert.equal(answer.ok && answer.value, 3.5)
  }
  assert.equal(asked, 2)
  assert.deepEqual(await entriesOf(path), [])
})

test('a folder that cannot be is refused at once; one that goes away later loses nothing but the entries', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  await using server = await scriptedServer(['yes'])
  const judge = openaiCompatible({ baseURL: server.baseURL, model: 'm' })
  assert.throws(() => withCache(judge, join(file, 'inside')), GuerdonError)
  const path = join(folder, 'gone')
  const cached = withCache(judge, path)
  await rm(path, { recursive: true })
  await writeFile(path, '')
  const warnings: string[] = []
  const listen = (warning: Error) => warnings.push(warning.message)
  process.on('warning', listen)
  for (let i = 0; i < 2; i++) assert.ok((await cached.ask(question)).ok)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listen)
  assert.equal(warnings.length, 1)
  assert.match(warnings[0], /answers of a judge are not kept/)
})
