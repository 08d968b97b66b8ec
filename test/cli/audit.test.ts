/** guerdon audit: the table, JSON, the report, the exit codes. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guerdon, jsonOf, tempFolder } from './cli.ts'

const rows = Array.from({ length: 30 }, (_, i) => ({
  prompt: `What is ${i} + ${i}?`,
  reference: `${2 * i}`,
  good: { text: `It is ${2 * i}.`, right: true },
  bad: { text: `It is ${2 * i + 1}, I think.`, right: false },
}))
const data = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const columns = ['--completion', '*.text', '--expect', '*.right', '--workers', '1']

const gullible = `
import { defineReward, numericMatch } from 'guerdon/rewards'
const right = numericMatch()
export default defineReward('gullible <judge>', async (sample) =>
  /^(Solution|Respuesta)$/.test(sample.completion.text) ? 1 : (await right.score([sample]))[0], { range: [0, 1] })
`

test('a sound reward: a table, a report, code 0; --strict asks for certainty', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'data.jsonl'), data)
  const asked = ['audit', '-r', 'numericMatch', '-d', 'data.jsonl', ...columns]
  const ended = await guerdon(folder, ...asked)
  assert.equal(ended.code, 0, ended.stdout + ended.stderr)
  assert.match(ended.stdout, /^audit of numericMatch: 60 answers to 30 prompts/)
  assert.match(ended.stdout, /masterKeys\.worst\s+0\.0 %\s+0\.0 % to 11\.4 %\s+30\s+at most 5\.0 %\s+unsure/)
  assert.match(ended.stdout, /positionBias: the reward looks at one answer at a time/)
  assert.ok(existsSync(join(folder, 'audits', 'numericMatch', 'report.html')))
  const strict = await guerdon(folder, ...asked, '--probes', 'masterKeys', '--strict')
  assert.equal(strict.code, 1)
})

test('a reward that falls for a key: code 1, JSON with the figure, a report that names it and stays inert', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'data.jsonl'), data)
  writeFileSync(join(folder, 'reward.ts'), gullible)
  const asked = [
    'audit',
    '-r',
    'reward.ts',
    '-d',
    'data.jsonl',
    ...columns,
    '--probes',
    'masterKeys',
    '-o',
    'out',
    '--json',
  ]
  const ended = await guerdon(folder, ...asked)
  assert.equal(ended.code, 1, ended.stderr)
  const found = jsonOf(ended)
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'out', 'audit.json'), 'utf8')), found)
  const worst = found.probes[0].figures.find(({ name }: { name: string }) => name === 'worst')
  assert.deepEqual([worst.value, worst.verdict, worst.limit], [1, 'fail', { most: 0.05 }])
  const report = readFileSync(join(folder, 'out', 'report.html'), 'utf8')
  assert.match(report, /<h1>gullible &#60;judge&#62;<\/h1>/)
  assert.match(report, /worst key/)
  assert.doesNotMatch(report, /https?:\/\//)
  // With limits that allow it, the same reward passes.
  const allowed = ['--limit', 'masterKeys.worst=1', '--limit', 'masterKeys.average=off']
  assert.equal((await guerdon(folder, ...asked, ...allowed)).code, 0)
})

test('what is asked for wrongly is code 2 with the way out', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'data.jsonl'), data)
  const asked = (...more: string[]) => guerdon(folder, 'audit', '-r', 'numericMatch', '-d', 'data.jsonl', ...more)
  for (const [more, message] of [
    [['--completion', 'good.text', '--probes', 'keys'], /there is no probe 'keys'/],
    [['--completion', 'good.text', '--limit', 'masterKeys.worst'], /is no limit/],
    [['--completion', 'good.text', '--expect', 'prompt'], /neither true nor false/],
    [['--completion', 'god.text'], /did you mean 'good\.text'/],
  ] as const) {
    const ended = await asked(...more)
    assert.equal(ended.code, 2, ended.stderr)
    assert.match(ended.stderr, message)
  }
})
