import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { BrokenLine } from '../../src/data/jsonl.ts'
import { preferenceFile } from '../../src/tasks/preferenceFile.ts'
import { tempFolder } from '../runs/tempFolder.ts'

const write = (folder: string, rows: readonly unknown[]) => {
  const path = join(folder, 'rows.jsonl')
  writeFileSync(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''))
  return path
}

test('pairs: texts, or lists of messages whose last one is the answer', async (t) => {
  const path = write(tempFolder(t), [
    { prompt: 'q', chosen: 'good', rejected: '' },
    {
      prompt: [{ role: 'user', content: 'hello' }],
      chosen: [{ role: 'assistant', content: 'hi' }],
      rejected: [{ role: 'assistant', content: 'no' }],
    },
  ])
  assert.deepEqual(await preferenceFile(path), [
    { prompt: { id: 'rows.jsonl:1', messages: [{ role: 'user', content: 'q' }] }, chosen: 'good', rejected: '' },
    { prompt: { id: 'rows.jsonl:2', messages: [{ role: 'user', content: 'hello' }] }, chosen: 'hi', rejected: 'no' },
  ])
})

test('judged answers, and rows that are broken: refused with their line, or left out and reported', async (t) => {
  const path = write(tempFolder(t), [
    { question: 'q', completion: 'a', label: true },
    { question: 'q', completion: 'b', label: 0 },
    { question: 'q', completion: 'c', label: 'yes' },
    { question: 'q', chosen: 'c', rejected: 'd' },
    'not JSON',
  ])
  await assert.rejects(
    preferenceFile(path, { prompt: 'question' }),
    /rows\.jsonl:3: its column 'label' does not hold true, false, 1 or 0/,
  )
  const left: BrokenLine[] = []
  const found = await preferenceFile(path, { prompt: 'question', broken: 'skip', onBroken: (line) => left.push(line) })
  assert.deepEqual(
    found.map((each) => ('desirable' in each ? [each.sample.completion.text, each.desirable] : 'a pair')),
    [
      ['a', true],
      ['b', false],
    ],
  )
  assert.deepEqual(
    left.map(({ line }) => line),
    [3, 4, 5],
  )
  await assert.rejects(preferenceFile(path), /rows\.jsonl:1: it has no column 'prompt'/)
  await assert.rejects(
    preferenceFile(path, { prompt: 'nothing', broken: 'skip', onBroken: () => undefined }),
    /no row of the file is a preference/,
  )
})
