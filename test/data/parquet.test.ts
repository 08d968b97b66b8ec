import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { GuerdonError } from '../../src/data/error.ts'
import { readParquet } from '../../src/data/parquet.ts'
import { collect } from '../collect.ts'

const vectors = join(import.meta.dirname, 'vectors')
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-parquet-'))
})
after(() => rm(folder, { recursive: true }))

for (const codec of ['none', 'snappy', 'gzip', 'brotli', 'zstd']) {
  test(`rows that pyarrow wrote with compression ${codec}, in three row groups`, async () => {
    const rows = await collect(readParquet(join(vectors, `${codec}.parquet`)))
    assert.deepEqual(
      rows.map((row) => row.value),
      JSON.parse(await readFile(join(vectors, 'parquet.json'), 'utf8')),
    )
    assert.deepEqual(
      rows.map((row) => row.row),
      [1, 2, 3, 4, 5, 6, 7],
    )
  })
}

test('only the columns asked for are read', async () => {
  const rows = await collect(readParquet(join(vectors, 'snappy.parquet'), { columns: ['extra', 'answer'] }))
  assert.deepEqual(rows[6].value, { answer: '12', extra: { level: 6, source: { name: 'made', line: 6 } } })
})

test('a column that is not there is answered with those that are', async () => {
  await assert.rejects(
    collect(readParquet(join(vectors, 'none.parquet'), { columns: ['prompt'] })),
    /none\.parquet: it has no column "prompt"; its columns are question, answer, count, big, score, flag, tags, chat, extra, when, day, bytes, vector$/,
  )
})

test('a missing, foreign, cut or otherwise compressed file is named', async () => {
  const whole = await readFile(join(vectors, 'snappy.parquet'))
  const data = Array.from({ length: 9000 }, (_, i) => `${i}`)
  const long = new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'text', data }] }))
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /could not be read as Parquet/],
    [Buffer.from('{"not": "parquet"}\n'), /could not be read as Parquet/],
    [whole.subarray(0, whole.length - 100), /could not be read as Parquet/],
    [
      Buffer.concat([long.subarray(0, 4), long.subarray(long.length - 400)]),
      /a column chunk reaches from byte \d+ to \d+ of 404/,
    ],
    [
      await readFile(join(vectors, 'lz4.parquet')),
      /unsupported compression codec: LZ4_RAW[\s\S]*write it again with Snappy/,
    ],
  ]
  const path = join(folder, 'broken.parquet')
  for (const [bytes, message] of cases) {
    await writeFile(path, bytes)
    await assert.rejects(collect(readParquet(path)), (thrown) => {
      assert.ok(thrown instanceof GuerdonError)
      assert.equal(thrown.where, path)
      assert.match(thrown.message, message)
      return true
    })
  }
  await assert.rejects(collect(readParquet(join(folder, 'absent.parquet'))), /absent\.parquet: there is no such file/)
})

test('a file with bytes changed in its footer is read or refused with a GuerdonError', async () => {
  const files = await Promise.all(
    ['snappy', 'gzip', 'zstd'].map((codec) => readFile(join(vectors, `${codec}.parquet`))),
  )
  const path = join(folder, 'fuzz.parquet')
  const edits = fc.array(fc.record({ at: fc.integer({ min: 1, max: 6_000 }), byte: fc.nat(255) }), {
    minLength: 1,
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(fc.nat(2), edits, async (file, edits) => {
      const bytes = Uint8Array.from(files[file])
      for (const { at, byte } of edits) bytes[bytes.length - at] = byte
      await writeFile(path, bytes)
      try {
        for await (const { value } of readParquet(path)) JSON.stringify(value)
      } catch (thrown) {
        assert.ok(thrown instanceof GuerdonError, String(thrown))
        assert.equal(thrown.where, path)
      }
    }),
    { seed: 5, numRuns: 80 },
  )
})

test('one row group is in memory at a time', async () => {
  const path = join(folder, 'groups.parquet')
  const count = 20_000
  const data = Array.from({ length: count }, (_, i) => `row ${i} ${'x'.repeat(i % 50)}`)
  await writeFile(
    path,
    new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'text', data }], rowGroupSize: 1000 })),
  )
  let expected = 1
  for await (const { row, value } of readParquet(path)) {
    assert.equal(row, expected++)
    assert.equal(value.text, data[row - 1])
    if (row === 1500) {
      // The rest of the file is only read when it is asked for.
      await writeFile(path, 'gone')
      break
    }
  }
  await assert.rejects(collect(readParquet(path)), /could not be read as Parquet/)
})

test('a page that would keep the decoder busy for ever is refused in time', async () => {
  const bytes = await readFile(join(vectors, 'none.parquet'))
  // A run of two thousand million values, where a page says how long its runs are.
  bytes.set([0xfe, 0xff, 0xff, 0xff, 0x0f], 168)
  const path = join(folder, 'endless.parquet')
  await writeFile(path, bytes)
  await assert.rejects(collect(readParquet(path)), (thrown) => {
    assert.ok(thrown instanceof GuerdonError)
    assert.match(thrown.message, /endless\.parquet: could not be read as Parquet: (a row group took longer|.*memory)/)
    return true
  })
  // What is sound is read as before.
  assert.equal((await collect(readParquet(join(vectors, 'none.parquet')))).length, 7)
})
