/** `guerdon validate` and `guerdon replay` as their users run them. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guerdon, jsonOf, tempFolder } from './cli.ts'

const gsm8k = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'gsm8k', 'example_model_solutions.jsonl')
const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

test('GSM8K under numericMatch: the questions whose last number is their answer are found', {
  skip: existsSync(gsm8k) ? false : 'the GSM8K data is not there',
}, async (t) => {
  const columns = ['--data', gsm8k, '--prompt', 'question', '--reference', 'ground_truth', '--json']
  const folder = tempFolder(t)
  const [loose, strict] = await Promise.all([
    guerdon(folder, 'validate', '--reward', 'numericMatch', ...columns),
    guerdon(folder, 'validate', '--reward', 'numericMatch(from=marker, marker="A: ")', ...columns),
  ])
  assert.equal(loose.code, 1, loose.stderr)
  const found = jsonOf(loose)
  assert.equal(found.rows, 1319)
  assert.deepEqual([found.rules.right.broken, found.rules.empty.broken, found.rules.cheating.broken], [0, 0, 0])
  assert.ok(found.rules.repeated.broken > 0)
  // Counted here by another road: the last number of the question is the answer.
  const last = (text: string) =>
    Number(
      text
        .match(/-?\d[\d,]*(?:\.\d+)?/g)
        ?.at(-1)
        ?.replaceAll(',', ''),
    )
  const rows = readFileSync(gsm8k, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const named = found.first.map(({ row }: { row: number }) => row)
  for (const row of named) assert.equal(last(rows[row - 1].question), last(rows[row - 1].ground_truth))
  // A marker that no question has puts an end to it.
  assert.deepEqual([strict.code, jsonOf(strict).breaches], [0, 0], strict.stderr)
})

test('columns, a form for the answer, cheats of the data; what is wrong with a row', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(
    join(folder, 'data.jsonl'),
    jsonl([
      { q: 'one?', known: 1, trick: ['<a>2</a>', '<a>1</a> or 2'] },
      { q: 'two?', known: 2, trick: '<a>2</a> and <a>3</a>' },
      { q: 'three?' },
    ]),
  )
  writeFileSync(
    join(folder, 'reward.ts'),
    `import { defineReward } from 'guerdon/rewards'
     export default defineReward('tag', ({ prompt, completion }) =>
       completion.text.startsWith('<a>' + prompt.reference + '</a>'), { range: [0, 1] })`,
  )
  const args = ['validate', '--reward', './reward.ts', '--data', 'data.jsonl', '--prompt', 'q', '--reference', 'known']
  const more = ['--wrap', '<a>{}</a>', '--cheat', 'trick']
  const [stopped, skipped] = await Promise.all([
    guerdon(folder, ...args, ...more),
    guerdon(folder, ...args, ...more, '--broken', 'skip', '--json'),
  ])
  assert.equal(stopped.code, 2)
  assert.match(stopped.stderr, /data\.jsonl:3: column 'known' holds no answer as a text/)
  assert.equal(skipped.code, 1)
  const { rows, brokenRows, first, skippedRows } = jsonOf(skipped)
  assert.deepEqual([rows, brokenRows, skippedRows.length], [2, 2, 1])
  assert.deepEqual(
    first.map(({ row, rule, answer }: Record<string, unknown>) => [row, rule, answer]),
    [
      [1, 'cheating', '<a>1</a> or 2'],
      [2, 'cheating', '<a>2</a> and <a>3</a>'],
    ],
  )
})

test('replay scores a run’s rollouts again; a folder that is no run is refused', async (t) => {
  const folder = tempFolder(t)
  mkdirSync(join(folder, 'run'))
  const completion = (text: string, value: number) => ({
    ...{ text, finish: 'stop', tokens: [text], logprobs: [-1], advantages: [0], score: { value } },
  })
  writeFileSync(
    join(folder, 'run', 'rollouts.jsonl'),
    jsonl([
      {
        step: 1,
        group: 0,
        prompt: { id: 'p', messages: [{ role: 'user', text: '2+2?' }], reference: '4' },
        // Saved the wrong way round.
        completions: [completion('4', 0), completion('5', 1), completion('4', 0)],
      },
    ]),
  )
  const again = await guerdon(folder, 'replay', 'run', '--reward', 'exactMatch', '--json')
  assert.equal(again.code, 0, again.stderr)
  const { before, after, flipped, rankCorrelation, largest } = jsonOf(again)
  assert.deepEqual([before.mean, after.mean, flipped, rankCorrelation], [1 / 3, 2 / 3, 3, -1])
  assert.equal(largest.length, 3)
  const [text, no] = await Promise.all([
    guerdon(folder, 'replay', 'run', '--reward', 'exactMatch'),
    guerdon(folder, 'replay', '.', '--reward', 'exactMatch'),
  ])
  assert.match(text.stdout, /3 \(100\.0 %\) advantages change sign/)
  assert.deepEqual([no.code, no.stdout], [2, ''])
  assert.match(no.stderr, /there are no saved rollouts/)
})
