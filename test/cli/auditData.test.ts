import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { auditSamples } from '../../src/cli/auditData.ts'
import { tempFolder } from './cli.ts'

const rows = Array.from({ length: 60 }, (_, i) => ({ id: `q${i % 20}`, prompt: 'p', completion: `${i}` }))

test('prompts are drawn whole, the same ones whatever the order of the rows', async (t) => {
  const folder = tempFolder(t)
  const drawn = async (list: typeof rows, seed: number) => {
    const file = join(folder, 'data.jsonl')
    writeFileSync(file, list.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const samples = await auditSamples(file, { prompts: 5, seed })
    return samples.map(({ prompt, completion }) => `${prompt.id} ${completion.text}`).sort()
  }
  const first = await drawn(rows, 1)
  assert.equal(new Set(first.map((each) => each.split(' ')[0])).size, 5)
  // Three answers to each prompt, far apart in the file.
  assert.equal(first.length, 15)
  assert.deepEqual(await drawn(rows.toReversed(), 1), first)
  assert.notDeepEqual(await drawn(rows, 2), first)
})

test('fewer prompts than asked for are all taken, in their order', async (t) => {
  const file = join(tempFolder(t), 'data.jsonl')
  writeFileSync(
    file,
    rows
      .slice(0, 3)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  )
  const samples = await auditSamples(file, { prompts: 5, seed: 1 })
  assert.deepEqual(
    samples.map(({ completion }) => completion.text),
    ['0', '1', '2'],
  )
})
