import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ScriptedServer, scriptedServer } from '../judge/scriptedServer.ts'
import { guerdon, jsonOf, tempFolder } from './cli.ts'

/** A judge who finds answers good that say so, and has nothing to say of some. */
const judge = () =>
  scriptedServer(({ messages }) => {
    const words = JSON.stringify(messages)
    if (words.includes('silence')) return "I'm sorry, but I can't help with that."
    return JSON.stringify({ good: { reason: 'as it says', mark: words.includes('fine answer') ? 5 : 1 } })
  })

const rubric = ({ baseURL }: ScriptedServer) => `judge: { model: m, baseURL: "${baseURL}" }
criteria:
  - { name: good, ask: Is it good? }
`
const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

test('a rubric is held against labels, and the result is kept beside it', async (t) => {
  const folder = tempFolder(t)
  await using server = await judge()
  writeFileSync(join(folder, 'rubric.yaml'), rubric(server))
  // 4 right yes, 1 wrong yes, 1 wrong no, 4 right no; one that is not judged, and one that says nothing.
  const rows = [
    ...[1, 2, 3, 4].map((n) => ({ prompt: `q${n}`, completion: 'a fine answer', good: 'yes' })),
    { prompt: 'q5', completion: 'a fine answer', good: 'no' },
    { prompt: 'q6', completion: 'a bad answer', good: true },
    ...[7, 8, 9].map((n) => ({ prompt: `q${n}`, completion: 'a bad answer', good: false })),
    { prompt: 'q10', completion: 'Solution:', good: false },
    { prompt: 'q11', completion: 'silence', good: true },
  ]
  writeFileSync(join(folder, 'labelled.jsonl'), jsonl(rows))
  const args = ['calibrate', '--rubric', 'rubric.yaml', '--data', 'labelled.jsonl', '--label', 'good']
  const ended = await guerdon(folder, ...args, '--json')
  assert.equal(ended.code, 0, ended.stderr)
  const { file, ...printed } = jsonOf(ended)
  assert.match(file, /rubric\.calibration\.json$/)
  const kept = JSON.parse(readFileSync(join(folder, 'rubric.calibration.json'), 'utf8'))
  assert.deepEqual(kept, printed)
  assert.partialDeepStrictEqual(kept, {
    ...{ rubric: 'rubric.yaml', judge: 'm', data: 'labelled.jsonl', label: 'good', n: 10, unscored: { judge: 1 } },
    classes: { accuracy: 0.8, truePositives: 4, falsePositives: 1, falseNegatives: 1, trueNegatives: 4 },
  })
  assert.ok(Math.abs(kept.classes.kappa - 0.6) < 1e-9)
  const sha = createHash('sha256')
    .update(readFileSync(join(folder, 'rubric.yaml')))
    .digest('hex')
  assert.equal(kept.rubricSha256, sha)
  const text = await guerdon(folder, ...args)
  assert.match(text.stdout, /accuracy +0\.800 +0\.\d+ to 0\.\d+/)
  assert.match(text.stdout, /1 unscored at judge\n.*refused/)
})

test('labels on a scale give correlations', async (t) => {
  const folder = tempFolder(t)
  await using server = await judge()
  writeFileSync(join(folder, 'rubric.yaml'), rubric(server))
  const rows = [1, 5, 2, 4, 3, 4].map((stars, n) => ({
    ...{ prompt: `q${n}`, completion: stars > 3 ? 'a fine answer' : 'a bad answer', stars },
  }))
  writeFileSync(join(folder, 'labelled.jsonl'), jsonl(rows))
  const ended = await guerdon(
    folder,
    ...['calibrate', '--rubric', 'rubric.yaml', '--data', 'labelled.jsonl', '--label', 'stars', '--json'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  const { numbers } = jsonOf(ended)
  // Ranks 1 6 2 4.5 3 4.5 against 2 5 2 5 2 5: 13.5 / sqrt(17 * 13.5).
  assert.ok(Math.abs(numbers.spearman - Math.sqrt(13.5 / 17)) < 1e-9)
})

test('a broken rubric and a label that is none are named with their lines', async (t) => {
  const folder = tempFolder(t)
  await using server = await judge()
  writeFileSync(join(folder, 'rubric.yaml'), rubric(server).replace('ask:', 'aks:'))
  writeFileSync(join(folder, 'labelled.jsonl'), jsonl([{ prompt: 'q', completion: 'a fine answer', good: 'perhaps' }]))
  const args = (name: string) => ['calibrate', '--rubric', name, '--data', 'labelled.jsonl', '--label', 'good']
  const broken = await guerdon(folder, ...args('rubric.yaml'))
  assert.deepEqual([broken.code, broken.stdout], [2, ''])
  assert.match(broken.stderr, /rubric\.yaml:3: criteria\.0\.aks: unknown key/)
  writeFileSync(join(folder, 'rubric.yaml'), rubric(server))
  const label = await guerdon(folder, ...args('rubric.yaml'))
  assert.equal(label.code, 2)
  assert.match(label.stderr, /labelled\.jsonl:1: column 'good' holds "perhaps", no label/)
})

test('score takes the same file', async (t) => {
  const folder = tempFolder(t)
  await using server = await judge()
  writeFileSync(join(folder, 'rubric.yaml'), rubric(server))
  const rows = ['a fine answer', 'a bad answer', ':', 'silence'].map((completion) => ({ prompt: 'q', completion }))
  writeFileSync(join(folder, 'data.jsonl'), jsonl(rows))
  const ended = await guerdon(
    folder,
    ...['score', 'data.jsonl', '--reward', 'rubric.yaml', '--json', '--out', 'scores.jsonl'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  assert.partialDeepStrictEqual(jsonOf(ended), { answers: 4, scored: 3 })
  const lines = readFileSync(join(folder, 'scores.jsonl'), 'utf8').trimEnd().split('\n')
  const values = lines.map((line) => JSON.parse(line).value)
  assert.deepEqual(values, [1, 0, 0, undefined])
  assert.match(lines[3], /refused/)
})
