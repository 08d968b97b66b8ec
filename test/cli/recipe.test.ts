import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { recipeFiles } from '../../src/cli/recipes.ts'
import { guerdon, jsonOf, start, tempFolder } from './cli.ts'

/** Two arms that only count; each run takes as long as the environment says. */
const counting = `
import { recipe } from 'guerdon/train'
const pause = () => new Promise((resolve) => setTimeout(resolve, Number(process.env.PAUSE ?? 0)))
export default recipe({
  number: 7,
  title: 'Counting',
  paper: 'none',
  claim: 'Twice is more than once.',
  measure: 'The count',
  seeds: [1, 2, 3],
  settings: { by: 1 },
  prepare: async (seed) => seed,
  arms: {
    once: async (start) => { await pause(); return { value: start, extra: { start } } },
    twice: async (start) => { await pause(); return { value: 2 * start, curves: { count: { steps: [1, 2], values: [start, 2 * start] } } } },
  },
  verdict: ({ once, twice }) => ({ holds: twice.mean > once.mean ? 'yes' : 'no', because: twice.mean + ' against ' + once.mean }),
})
`

test('a recipe’s arms are run with every seed; the table and the line of JSON say the same', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'counting.ts'), counting)
  const text = await guerdon(folder, 'recipe', 'counting.ts')
  assert.equal(text.code, 0, text.stderr)
  assert.match(text.stdout, /^The count:\narm +mean +sd +n +start\nonce +2 +1 +3 +2\ntwice +4 +2 +3 +–\n/)
  assert.match(
    text.stdout,
    /claim: Twice is more than once\.\nholds here: 4 against 2\nreport: runs.recipe-07.report\.html/,
  )
  assert.ok(existsSync(join(folder, 'runs', 'recipe-07', 'report.html')))

  const json = await guerdon(folder, 'recipe', 'run', 'counting.ts', '--seeds', '10-12,20', '--folder', 'out', '--json')
  assert.equal(json.code, 0, json.stderr)
  const { seconds, ...line } = jsonOf(json)
  assert.ok(seconds > 0)
  const sd = Math.sqrt([10, 11, 12, 20].reduce((sum, seed) => sum + (seed - 13.25) ** 2, 0) / 3)
  assert.deepEqual(line, {
    recipe: 7,
    arms: { once: { mean: 13.25, sd, n: 4 }, twice: { mean: 26.5, sd: 2 * sd, n: 4 } },
    claim: 'Twice is more than once.',
    holds: 'yes',
    because: '26.5 against 13.25',
    report: join('out', 'report.html'),
    complete: true,
  })
})

test('interrupted, the run at hand is kept, and the same command goes on', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'counting.ts'), counting.replace('?? 0', '?? 300'))
  const results = join(folder, 'out', 'results.jsonl')
  const first = start(folder, 'recipe', 'counting.ts', '--folder', 'out', '--json')
  while (!existsSync(results) || readFileSync(results, 'utf8') === '') await setTimeout(5)
  first.child.kill('SIGINT')
  const stopped = await first.ended
  assert.equal(stopped.code, 130, stopped.stderr)
  assert.equal(jsonOf(stopped).complete, false)
  assert.match(stopped.stderr, /go on with: .* recipe counting\.ts --folder out --json\n$/)
  const kept = readFileSync(results, 'utf8')
  const again = await guerdon(folder, 'recipe', 'counting.ts', '--folder', 'out', '--json')
  assert.equal(again.code, 0)
  assert.deepEqual([jsonOf(again).complete, jsonOf(again).arms.twice], [true, { mean: 4, sd: 2, n: 3 }])
  assert.ok(readFileSync(results, 'utf8').startsWith(kept))
})

test('the recipes of the repository are listed by number; another number is told which there are', async (t) => {
  const folder = tempFolder(t)
  const numbers = recipeFiles().map(({ number }) => number)
  const [listed, other] = await Promise.all([guerdon(folder, 'recipe', 'list'), guerdon(folder, 'recipe', '9999')])
  assert.equal(listed.code, 0, listed.stderr)
  const shown = [...listed.stdout.matchAll(/^(\d+) {2}/gm)].map(([, number]) => Number(number))
  assert.deepEqual(shown, numbers)
  assert.deepEqual([other.code, other.stdout], [2, ''])
  assert.match(other.stderr, /there is no recipe 9999/)
})

test('a comparison that is not there is told which are', async (t) => {
  const other = await guerdon(tempFolder(t), 'recipe', 'compare', 'nothing')
  assert.deepEqual([other.code, other.stdout], [2, ''])
  assert.match(other.stderr, /there is no comparison 'nothing'.*\n.*credit/s)
})
