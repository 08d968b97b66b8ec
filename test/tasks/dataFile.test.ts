import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { GuerdonError } from '../../src/data/error.ts'
import type { BrokenLine } from '../../src/data/jsonl.ts'
import type { Json, Prompt } from '../../src/data/message.ts'
import { numericMatch } from '../../src/rewards/numericMatch.ts'
import { type DataFileOptions, dataFile } from '../../src/tasks/dataFile.ts'
import { heldOut } from '../../src/tasks/heldOut.ts'
import { promptStream } from '../../src/tasks/task.ts'
import { collect } from '../collect.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-dataFile-'))
})
after(() => rm(folder, { recursive: true }))

let files = 0
async function jsonl(...rows: (Json | Buffer)[]): Promise<string> {
  const path = join(folder, `${files++}.jsonl`)
  await writeFile(path, rows.map((row) => (Buffer.isBuffer(row) ? row.toString() : JSON.stringify(row))).join('\n'))
  return path
}

const reward = numericMatch()

async function read(path: string, options: DataFileOptions, seed = 1): Promise<Prompt[]> {
  const prompts = dataFile(path, options).prompts(seed)
  assert.ok(Symbol.asyncIterator in prompts)
  return collect(prompts)
}

test('named columns become prompt, reference, id and meta; a.b goes into objects, unless a column has that very name', async () => {
  const path = await jsonl(
    { q: 'one', extra: { answer: { value: 1 }, source: 'x' }, 'a.b': 'flat', n: 7, other: true },
    {
      q: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'two' },
      ],
      extra: { answer: { value: [2] }, source: null },
      'a.b': 0,
      n: 'eight',
    },
  )
  const options = {
    prompt: 'q',
    reference: 'extra.answer.value',
    id: 'n',
    meta: ['extra.source', 'a.b'],
    reward,
    order: 'file',
  } as const
  assert.deepEqual(await read(path, options), [
    {
      id: '7',
      messages: [{ role: 'user', content: 'one' }],
      reference: 1,
      meta: { 'extra.source': 'x', 'a.b': 'flat' },
    },
    {
      id: 'eight',
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'two' },
      ],
      reference: [2],
      meta: { 'extra.source': null, 'a.b': 0 },
    },
  ])
  assert.deepEqual((await read(path, { prompt: 'q', reward, order: 'file' }))[0], {
    id: '0.jsonl:1',
    messages: [{ role: 'user', content: 'one' }],
  })
})

test('a missing column is answered with file, line and the columns there are', async () => {
  const path = await jsonl({ question: 'a', extra: { answer: 1 } }, { question: 'b' })
  await assert.rejects(read(path, { prompt: 'prompt', reward }), (thrown) => {
    assert.ok(thrown instanceof GuerdonError)
    assert.equal(thrown.where, `${path}:1`)
    assert.match(thrown.message, /it has no column 'prompt'; its columns are question, extra\.answer: \{"question":"a"/)
    return true
  })
  await assert.rejects(
    read(path, { prompt: 'question', reference: 'extra.answer', reward }),
    /:2: it has no column 'extra\.answer'; its columns are question/,
  )
})

test('rows that are of no use are skipped and reported when asked, lines that are no JSON among them', async () => {
  const path = await jsonl(
    { q: 'a' },
    Buffer.from('{"q":'),
    { q: 7 },
    { q: ' ' },
    [],
    { p: 'x' },
    { q: [{ role: 'elf', content: '' }] },
    { q: 'b' },
  )
  const broken: BrokenLine[] = []
  const prompts = await read(path, {
    prompt: 'q',
    reward,
    order: 'file',
    broken: 'skip',
    onBroken: (line) => broken.push(line),
  })
  assert.deepEqual(
    prompts.map((prompt) => prompt.id),
    [1, 8].map((line) => `${path.slice(folder.length + 1)}:${line}`),
  )
  assert.deepEqual(
    broken.map((line) => line.line),
    [2, 3, 4, 5, 6, 7],
  )
  assert.match(broken[1].reason, /column 'q' holds no text and no list of messages/)
  assert.match(broken[3].reason, /not a JSON object with columns/)
})

test('a file of which no row is usable is an error even when rows may be skipped', async () => {
  const skip = { broken: 'skip', onBroken: () => undefined } as const
  await assert.rejects(
    read(await jsonl({ a: 1 }, { a: 2 }), { prompt: 'q', reward, ...skip }),
    /:1: no row is usable; it has no column 'q'; its columns are a/,
  )
  await assert.rejects(read(await jsonl(), { prompt: 'q', reward, ...skip }), /the file has no rows/)
  await assert.rejects(
    read(join(folder, 'absent.jsonl'), { prompt: 'q', reward, ...skip }),
    /absent\.jsonl: there is no such file/,
  )
})

test('an id given twice is a broken row, for groups are found by id', async () => {
  const path = await jsonl({ q: 'a', id: 'x' }, { q: 'b', id: 'y' }, { q: 'c', id: 'x' })
  await assert.rejects(read(path, { prompt: 'q', id: 'id', reward }), /:3: an earlier row has the id 'x' too/)
  assert.equal((await read(path, { prompt: 'q', reward })).length, 3)
  await assert.rejects(
    read(await jsonl({ q: 'a', id: null }), { prompt: 'q', id: 'id', reward }),
    /column 'id' holds neither/,
  )
})

test('each seed is one pass over all rows in an order of its own', async () => {
  const path = await jsonl(...Array.from({ length: 500 }, (_, i) => ({ q: `question ${i}`, a: i })))
  const options = { prompt: 'q', reference: 'a', reward } as const
  const order = async (seed: number) => (await read(path, options, seed)).map((prompt) => Number(prompt.reference))
  const [once, again, other] = [await order(1), await order(1), await order(2)]
  assert.deepEqual(once, again)
  assert.notDeepEqual(once, other)
  assert.deepEqual(
    once.toSorted((a, b) => a - b),
    Array.from({ length: 500 }, (_, i) => i),
  )
  // Of a random order about one row stays in its place; the mean distance moved is a third of the length.
  const moved = once.reduce((sum, row, i) => sum + Math.abs(row - i), 0) / 500
  assert.ok(Math.abs(moved - 500 / 3) < 30, `${moved}`)
})

test('a file larger than the shuffling window still gives every row once', async () => {
  const count = 40_000
  const path = join(folder, 'large.jsonl')
  await writeFile(path, Array.from({ length: count }, (_, i) => `{"q":"${i}"}\n`).join(''))
  const rows = (await read(path, { prompt: 'q', reward })).map((prompt) => Number(prompt.messages[0].content))
  assert.equal(new Set(rows).size, count)
  assert.equal(rows.length, count)
  const firstTen = rows.slice(0, 10)
  assert.ok(
    firstTen.some((row) => row > 1000),
    `${firstTen}`,
  )
})

test('Parquet gives the same prompts as JSON Lines', async () => {
  const path = join(folder, 'rows.parquet')
  const columnData = [
    { name: 'q', data: ['one', 'two', 'three'] },
    { name: 'a', data: [1, 2, 3], type: 'INT32' as const },
    { name: 'unused', data: ['x', 'y', 'z'] },
  ]
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 })))
  const options = { prompt: 'q', reference: 'a', reward, order: 'file' } as const
  assert.deepEqual(
    (await read(path, options)).map(({ id, messages, reference }) => [id, messages[0].content, reference]),
    [
      ['rows.parquet:1', 'one', 1],
      ['rows.parquet:2', 'two', 2],
      ['rows.parquet:3', 'three', 3],
    ],
  )
  await assert.rejects(
    read(path, { ...options, prompt: 'prompt' }),
    /rows\.parquet: it has no column "prompt"; its columns are q, a, unused/,
  )
})

test('a stream without end goes over a file again, reshuffled', async () => {
  const path = await jsonl({ q: 'a' }, { q: 'b' }, { q: 'c' })
  const ids: string[] = []
  for await (const prompt of promptStream(dataFile(path, { prompt: 'q', reward }), 1))
    if (ids.push(prompt.id) === 9) break
  for (const epoch of [0, 3, 6]) assert.equal(new Set(ids.slice(epoch, epoch + 3)).size, 3)
})

const gsm8k = '../shared/data/gsm8k/test.jsonl'
test('GSM8K: its own solutions are right, held-out questions stay out', {
  skip: existsSync(gsm8k) ? false : 'no ../shared/data',
}, async () => {
  const task = dataFile(gsm8k, { prompt: 'question', reference: 'answer', reward })
  const { training, heldOut: test } = await heldOut(task, { count: 100, seed: 'test' })
  const prompts = training.prompts(1)
  assert.ok(Symbol.asyncIterator in prompts)
  const rest = await collect(prompts)
  assert.equal(rest.length + test.length, 1319)
  const samples = rest.map((prompt) => ({
    prompt,
    completion: { text: String(prompt.reference), finish: 'stop' as const },
  }))
  assert.ok((await task.reward.score(samples)).every((score) => score.kind === 'scored' && score.value === 1))
})
