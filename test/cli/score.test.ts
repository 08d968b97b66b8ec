import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { guerdon, jsonOf, start, tempFolder } from './cli.ts'

const gsm8k = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'gsm8k', 'example_model_solutions.jsonl')
const models = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification']

const rowsOf = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** Right is to repeat the prompt's number; 'loop' never comes back, 'throw' throws. */
const rewardFile = `
import { defineReward } from 'guerdon/rewards'
export const unrelated = 1
export default defineReward('repeats', ({ prompt, completion }) => {
  if (completion.text === 'loop') for (;;);
  if (completion.text === 'throw') throw new Error('no idea')
  return { kind: 'scored', value: completion.text === String(prompt.meta?.n) ? 1 : 0, parts: { half: 0.5 }, feedback: 'seen' }
}, { range: [0, 1] })
`

test('the labels of GSM8K’s example solutions are reproduced, all of them', {
  skip: existsSync(gsm8k) ? false : 'the GSM8K data is not there',
}, async (t) => {
  const folder = tempFolder(t)
  const columns = ['--prompt', 'question', '--reference', 'ground_truth']
  const explicit = [models.map((name) => `${name}.solution`), models.map((name) => `${name}.is_correct`)]
  const answers = ['--completion', explicit[0].join(','), '--expect', explicit[1].join(',')]
  const ended = await guerdon(
    folder,
    ...['score', gsm8k, '--reward', 'numericMatch', ...columns, ...answers, '--json', '--out', 's.jsonl'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  const summary = jsonOf(ended)
  assert.deepEqual([summary.answers, summary.compared, summary.agree], [5276, 5276, 5276])
  assert.deepEqual(Object.keys(summary.columns), explicit[0])
  const labels = rowsOf(gsm8k)
  for (const name of models) {
    const correct = labels.filter((row) => row[name].is_correct).length
    const { answers, atOne, agree } = summary.columns[`${name}.solution`]
    assert.deepEqual([answers, atOne, agree], [1319, correct, 1319])
  }
  const lines = rowsOf(join(folder, 's.jsonl'))
  assert.equal(lines.length, 5276)
  assert.deepEqual(lines[4], { row: 2, column: '6b_finetuning.solution', value: 1, expected: true, agrees: true })
  assert.deepEqual(summary.bars, [
    { low: 0, high: 0, count: 3275 },
    { low: 1, high: 1, count: 2001 },
  ])
})

test('a reward of the user’s own is killed where it hangs, and only that answer is lost', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'reward.ts'), rewardFile)
  writeFileSync(
    join(folder, 'data.jsonl'),
    jsonl([1, 2, 3, 4].map((n) => ({ n, prompt: `say ${n}`, completion: ['1', 'loop', 'throw', '5'][n - 1] }))),
  )
  const ended = await guerdon(
    folder,
    'score',
    'data.jsonl',
    '--reward',
    'reward.ts',
    ...['--deadline', '1000', '--out', 'out.jsonl', '--json'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  const { answers, scored, mean, unscored, reward } = jsonOf(ended)
  assert.deepEqual([answers, scored, mean, reward], [4, 2, 0.5, 'repeats'])
  assert.deepEqual(unscored, {
    deadline: { count: 1, reason: 'repeats: no answer within 1000 ms' },
    reward: { count: 1, reason: 'repeats threw: no idea' },
  })
  assert.deepEqual(rowsOf(join(folder, 'out.jsonl')), [
    { row: 1, column: 'completion', value: 1, parts: { half: 0.5 }, feedback: 'seen' },
    { row: 2, column: 'completion', unscored: { at: 'deadline', reason: 'repeats: no answer within 1000 ms' } },
    { row: 3, column: 'completion', unscored: { at: 'reward', reason: 'repeats threw: no idea' } },
    { row: 4, column: 'completion', value: 0, parts: { half: 0.5 }, feedback: 'seen' },
  ])
})

test('line 10000 is broken: it is named, what came before is kept, and once mended the rest follows', async (t) => {
  const folder = tempFolder(t)
  const lines = Array.from({ length: 10_050 }, (_, i) => JSON.stringify({ completion: `${i}`, reference: i }))
  const whole = lines[9999]
  lines[9999] = '{"completion": "9999", "refer'
  const data = join(folder, 'data.jsonl')
  writeFileSync(data, `${lines.join('\n')}\n`)
  const args = ['score', 'data.jsonl', '--reward', 'exactMatch', '--json']
  const [stopped, skipped] = await Promise.all([
    guerdon(folder, ...args, '--out', 'out.jsonl'),
    guerdon(folder, ...args, '--broken', 'skip', '--out', 'skipped.jsonl'),
  ])
  assert.deepEqual([stopped.code, stopped.stdout], [2, ''])
  assert.match(stopped.stderr, /data\.jsonl:10000: not JSON/)
  assert.equal(rowsOf(join(folder, 'out.jsonl')).length, 9999)
  assert.equal(skipped.code, 0)
  const summary = jsonOf(skipped)
  assert.deepEqual(
    [summary.answers, summary.mean, summary.broken.count, summary.broken.first[0].row],
    [10_049, 1, 1, 10_000],
  )
  const written = rowsOf(join(folder, 'skipped.jsonl'))
  assert.deepEqual(
    written.map(({ row }) => row),
    lines.map((_, i) => i + 1),
  )
  assert.match(written[9999].broken, /not JSON/)

  lines[9999] = whole
  writeFileSync(data, `${lines.join('\n')}\n`)
  const resumed = await guerdon(folder, ...args, '--out', 'out.jsonl', '--resume')
  assert.equal(resumed.code, 0)
  assert.deepEqual([jsonOf(resumed).answers, jsonOf(resumed).mean], [10_050, 1])
  assert.deepEqual(
    rowsOf(join(folder, 'out.jsonl')).map(({ row }) => row),
    lines.map((_, i) => i + 1),
  )
})

test('interrupted, the output is whole lines, and --resume ends up with what an unbroken call writes', async (t) => {
  const folder = tempFolder(t)
  // Slow enough to be interrupted in the middle; two columns, so that a row may be half written.
  writeFileSync(
    join(folder, 'slow.ts'),
    `export default { name: 'slow', async score(samples) {
       await new Promise((resolve) => setTimeout(resolve, 4))
       return samples.map(({ completion }) => ({ kind: 'scored', value: completion.text.length }))
     } }`,
  )
  writeFileSync(
    join(folder, 'data.jsonl'),
    jsonl(Array.from({ length: 300 }, (_, i) => ({ a: 'x'.repeat(i), b: 'y' }))),
  )
  const args = ['score', 'data.jsonl', '--reward', './slow.ts', '--completion', 'a,b', '--json']
  const out = join(folder, 'out.jsonl')
  const first = start(folder, ...args, '--out', 'out.jsonl')
  while (!existsSync(out) || readFileSync(out, 'utf8').split('\n').length < 40) await setTimeout(10)
  first.child.kill('SIGINT')
  const interrupted = await first.ended
  assert.equal(interrupted.code, 130, interrupted.stderr)
  assert.ok(jsonOf(interrupted).interrupted)
  const partial = rowsOf(out)
  assert.ok(partial.length >= 39 && partial.length < 600)
  const command = /go on with: .*main\.ts (score .*)/.exec(interrupted.stderr)?.[1] ?? ''
  assert.equal(command, 'score data.jsonl --reward ./slow.ts --completion a,b --json --out out.jsonl --resume')
  // As if the power had gone: a row of which only the first column is there, and half a line.
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, 21)
  writeFileSync(out, `${lines.join('\n')}\n{"row":11,"col`)
  const [resumed, unbroken] = await Promise.all([
    guerdon(folder, ...command.split(' ')),
    guerdon(folder, ...args, '--out', 'unbroken.jsonl'),
  ])
  assert.deepEqual([resumed.code, unbroken.code], [0, 0])
  assert.equal(readFileSync(out, 'utf8'), readFileSync(join(folder, 'unbroken.jsonl'), 'utf8'))
  const { seconds: _, answersPerSecond: __, out: ___, ...numbers } = jsonOf(resumed)
  const { seconds: _u, answersPerSecond: __u, out: ___u, ...others } = jsonOf(unbroken)
  assert.deepEqual(numbers, others)
})

test('Parquet, nested columns, messages as prompts and answers, numbers as labels', async (t) => {
  const folder = tempFolder(t)
  const answers = [[{ role: 'assistant', content: 'It is 4.' }], [{ role: 'assistant', content: 'Perhaps 5?' }]]
  const parquet = parquetWriteBuffer({
    columnData: [
      {
        name: 'question',
        data: [[{ role: 'user', content: '2+2?' }], [{ role: 'user', content: '2+3?' }]],
        type: 'JSON',
      },
      { name: 'answer', data: answers.map((text) => ({ text })), type: 'JSON' },
      { name: 'gold', data: [4, 5], type: 'INT32' },
      { name: 'label', data: [1, 0], type: 'DOUBLE' },
    ],
  })
  writeFileSync(join(folder, 'data.parquet'), Buffer.from(parquet))
  const { code, stdout } = await guerdon(
    folder,
    ...['score', 'data.parquet', '--reward', 'weigh(answer=[1, numericMatch], short=[0.5, lengthBetween(0, 8)])'],
    ...[
      '--prompt',
      'question',
      '--completion',
      'answer.text',
      '--reference',
      'gold',
      '--expect',
      'label',
      '--out',
      'out.jsonl',
    ],
  )
  assert.equal(code, 0)
  const parts = rowsOf(join(folder, 'out.jsonl')).map((line) => [line.row, line.value, line.parts, line.agrees])
  assert.deepEqual(parts, [
    [1, 1.5, { answer: 1, short: 1 }, false],
    [2, 1, { answer: 1, short: 0 }, false],
  ])
  assert.match(stdout, /2 scores differ from their labels\n {2}row 1, answer\.text: 1\.5, labelled 1\n/)
})

test('what is wrong with the arguments is said without a stack and before anything is scored: exit code 2', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'data.jsonl'), jsonl([{ prompt: 'p', completion: 'c' }]))
  writeFileSync(join(folder, 'none.ts'), 'export const one = 1')
  const cases: readonly [args: string[], message: RegExp][] = [
    [['gone.jsonl', '--reward', 'exactMatch'], /gone\.jsonl: there is no such file/],
    [['data.jsonl', '--reward', './none.ts'], /none\.ts: .*there is no reward in it: it exports one/],
    [['data.jsonl', '--reward', 'exactMatch', '--out', 'data.jsonl'], /data\.jsonl: there is such a file already/],
    [['data.jsonl', '--reward', 'exactMatch', '--broken', 'mend'], /--broken.*throw, skip/],
  ]
  const ended = await Promise.all(cases.map(([args]) => guerdon(folder, 'score', ...args)))
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    assert.match(stderr, cases[i][1])
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
  assert.equal(readFileSync(join(folder, 'data.jsonl'), 'utf8'), jsonl([{ prompt: 'p', completion: 'c' }]))
})
