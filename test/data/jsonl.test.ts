import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { GuerdonError } from '../../src/data/error.ts'
import { type BrokenLine, type JsonlOptions, type JsonlRow, readJsonl } from '../../src/data/jsonl.ts'
import { collect } from '../collect.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-jsonl-'))
})
after(() => rm(folder, { recursive: true }))

let files = 0
async function fileOf(content: string | Uint8Array, ending = '.jsonl'): Promise<string> {
  const path = join(folder, `${files++}${ending}`)
  await writeFile(path, content)
  return path
}

const read = (path: string, options?: JsonlOptions): Promise<JsonlRow[]> => collect(readJsonl(path, options))

test('byte order mark, CRLF, blank lines and a missing last newline do not matter', async () => {
  const path = await fileOf('\uFEFF{"a":1}\r\n\r\n  \t\n"zwei"\n[3]')
  assert.deepEqual(await read(path), [
    { line: 1, value: { a: 1 } },
    { line: 4, value: 'zwei' },
    { line: 5, value: [3] },
  ])
  assert.deepEqual(await read(await fileOf('')), [])
  assert.deepEqual(await read(await fileOf('\uFEFF\n\n')), [])
})

test('any values come back from any line lengths, also across the chunks of the file', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 20 }),
      fc.integer({ min: 0, max: 300_000 }),
      async (values, long) => {
        const all = [...values, 'é€😀'.repeat(long / 3), ...values]
        const path = await fileOf(all.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const rows = await read(path)
        assert.deepEqual(
          rows.map((row) => row.value),
          all.map((value) => JSON.parse(JSON.stringify(value))),
        )
        await rm(path)
      },
    ),
    { seed: 1, numRuns: 40 },
  )
})

test('a broken line is named with its number, its start and the way out', async () => {
  const lines = Array.from({ length: 10_001 }, (_, i) => JSON.stringify({ n: i + 1 }))
  lines[9_999] = '{"n": 10000, "text": NaN}'
  const path = await fileOf(lines.join('\n'))
  await assert.rejects(read(path), (thrown) => {
    assert.ok(thrown instanceof GuerdonError)
    assert.equal(thrown.where, `${path}:10000`)
    assert.match(thrown.message, /not JSON \(.*\): "\{\\"n\\": 10000, \\"text\\": NaN\}"\n {2}→ mend the line, or/)
    return true
  })
})

test('broken lines are skipped and reported when asked', async () => {
  const path = await fileOf(
    Buffer.concat([Buffer.from('1\n{"a":\n2\n"'), Buffer.from([0xff, 0xfe]), Buffer.from('"\n3\n')]),
  )
  const broken: BrokenLine[] = []
  const rows = await read(path, { broken: 'skip', onBroken: (line) => broken.push(line) })
  assert.deepEqual(
    rows.map((row) => row.value),
    [1, 2, 3],
  )
  assert.deepEqual(
    broken.map((line) => line.line),
    [2, 4],
  )
  assert.match(broken[1].reason, /not valid UTF-8/)
})

test('only an unterminated last line counts as torn', async () => {
  assert.deepEqual(await read(await fileOf('{"a":1}\n{"a":'), { tornTail: 'drop' }), [{ line: 1, value: { a: 1 } }])
  assert.equal((await read(await fileOf('{"a":1}\n{"a":2}'), { tornTail: 'drop' })).length, 2)
  await assert.rejects(read(await fileOf('{"a":\n{"a":1}\n'), { tornTail: 'drop' }), /:1: not JSON/)
  await assert.rejects(read(await fileOf('{"a":1}\n{"a":\n'), { tornTail: 'drop' }), /:2: not JSON/)
})

test('a file that is one JSON array says so, and a missing file too', async () => {
  await assert.rejects(read(await fileOf('[\n  {"a": 1}\n]\n')), /:1: not JSON[\s\S]*one JSON array/)
  await assert.rejects(read(join(folder, 'absent.jsonl')), /absent\.jsonl: there is no such file/)
})

test('gzip is read by its ending, and a cut gzip file is an error that names it', async () => {
  const text = Array.from({ length: 5000 }, (_, i) => `{"n":${i}}\n`).join('')
  const whole = gzipSync(text)
  assert.equal((await read(await fileOf(whole, '.jsonl.gz'))).length, 5000)
  await assert.rejects(
    read(await fileOf(whole.subarray(0, whole.length / 2), '.jsonl.gz')),
    /\.jsonl\.gz: could not be read/,
  )
})

test('a file of one endless line is an error, not a full memory', { timeout: 60_000 }, async () => {
  const path = join(folder, 'endless.jsonl')
  const file = await open(path, 'w')
  await file.truncate(300 * 2 ** 20)
  await file.close()
  await assert.rejects(read(path), /endless\.jsonl:1: the line is longer than 256 MiB/)
  await rm(path)
})

test('the real GSM8K file', {
  skip: existsSync('../shared/data/gsm8k/test.jsonl') ? false : 'no ../shared/data',
}, async () => {
  const rows = await read('../shared/data/gsm8k/test.jsonl')
  assert.equal(rows.length, 1319)
  const last = rows[1318].value
  assert.ok(typeof last === 'object' && last !== null && 'question' in last && 'answer' in last)
})
