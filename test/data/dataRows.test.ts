import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { columnNames, columnOf, messagesOf, readRows } from '../../src/data/dataRows.ts'
import type { BrokenLine } from '../../src/data/jsonl.ts'
import type { Json } from '../../src/data/message.ts'

function file(t: { after: (act: () => void) => void }, name: string, content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-rows-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

test('the same rows whichever way a file is written; rows know where they stand', async (t) => {
  const rows = [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ]
  const text = `${JSON.stringify(rows[0])}\n\n${JSON.stringify(rows[1])}\n`
  const parquet = parquetWriteBuffer({
    columnData: [
      { name: 'a', data: [1, 2], type: 'INT32' },
      { name: 'b', data: ['x', 'y'], type: 'STRING' },
    ],
  })
  const read = (path: string) => Array.fromAsync(readRows(path))
  const lines = [1, 3].map((row, i) => ({ row, value: rows[i] }))
  assert.deepEqual(await read(file(t, 'd.jsonl', text)), lines)
  assert.deepEqual(await read(file(t, 'd.jsonl.gz', gzipSync(text))), lines)
  assert.deepEqual(
    await read(file(t, 'd.parquet', new Uint8Array(parquet))),
    [1, 2].map((row, i) => ({ row, value: rows[i] })),
  )
})

test('a line that is no object is broken, whatever else it is', async (t) => {
  const path = file(t, 'd.jsonl', '{"a":1}\n[1]\n"text"\n{"a":\n{"a":2}\n')
  await assert.rejects(Array.fromAsync(readRows(path)), /d\.jsonl:2: not a JSON object with columns: "?\[1\]/)
  const broken: BrokenLine[] = []
  const kept = await Array.fromAsync(readRows(path, { broken: 'skip', onBroken: (line) => broken.push(line) }))
  assert.deepEqual(
    kept.map(({ row }) => row),
    [1, 5],
  )
  assert.deepEqual(
    broken.map(({ line }) => line),
    [2, 3, 4],
  )
})

test('a column by its name: as it stands, or through objects, the longest name first met', () => {
  const row = { 'a.b': 1, a: { b: 2, c: { d: null } }, 'x.y': { z: 3 }, list: [{ e: 4 }] }
  assert.deepEqual(
    ['a.b', 'a.c.d', 'x.y.z', 'list', 'a.q', 'list.e', 'toString'].map((name) => columnOf(row, name)),
    [1, null, 3, [{ e: 4 }], undefined, undefined, undefined],
  )
  assert.deepEqual(columnNames(row), ['a.b', 'a.b', 'a.c.d', 'x.y.z', 'list'])
})

test('messages: a text is the user’s, a list is itself, anything else is none', () => {
  assert.deepEqual(messagesOf('hi'), [{ role: 'user', content: 'hi' }])
  const chat: Json = [
    { role: 'system', content: 's' },
    { role: 'user', content: 'u', name: 'left out' },
  ]
  assert.deepEqual(messagesOf(chat), [
    { role: 'system', content: 's' },
    { role: 'user', content: 'u' },
  ])
  for (const none of [undefined, null, 3, {}, [], ['u'], [{ role: 'elf', content: 'x' }], [{ role: 'user' }]])
    assert.equal(messagesOf(none), undefined)
})
