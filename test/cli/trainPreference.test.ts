import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guerdon, jsonOf, tempFolder } from './cli.ts'

const pairs = Array.from({ length: 40 }, (_, i) => ({
  prompt: `${i % 10}?`,
  chosen: `a${(3 * i) % 10}`,
  rejected: `b${(7 * i) % 10}`,
}))

const yaml = `kind: preference
policy:
  nano: { size: 0.2M, context: 16 }
data: pairs.jsonl
objective: dpo(beta=0.5)
warmup: { steps: 5, batch: 8 }
batch: 8
epochs: 2
adam: { learningRate: 1e-3 }
evaluation: { share: 0.2, every: 4 }
`

const jsonl = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

test('a YAML configuration trains on pairs from a file, and a resumed run ends the same', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'pairs.jsonl'), jsonl(pairs))
  writeFileSync(join(folder, 'pairs.yaml'), yaml)
  const ended = await guerdon(folder, 'train', 'pairs.yaml', '--folder', 'run', '--json')
  assert.equal(ended.code, 0, ended.stderr)
  const result = jsonOf(ended)
  // 32 of 40 pairs in batches of 8, twice.
  assert.deepEqual([result.step, result.stopped, result.accuracyBefore], [8, 'steps', 0.5])
  assert.ok(result.accuracyAfter > 0.5)
  for (const file of ['config.json', 'metrics.jsonl', 'report.html', 'fixed'])
    assert.ok(existsSync(join(folder, 'run', file)), file)
  assert.match(ended.stderr, /dpo on 32 preferences, 8 held out → run/)
  const half = ['train', 'pairs.yaml', '--folder', 'halves']
  assert.equal((await guerdon(folder, ...half, '--steps', '4', '--json')).code, 0)
  const rest = await guerdon(folder, ...half, '--resume', '--json')
  assert.equal(rest.code, 0, rest.stderr)
  const model = (run: string) =>
    readFileSync(join(folder, run, 'checkpoints/step-000008/policy/model.safetensors')).toString('base64')
  assert.ok(model('run') === model('halves'), 'the models differ')
})

test('judged answers with columns of other names; what is wrong is named with its line', async (t) => {
  const folder = tempFolder(t)
  const rows = pairs.map(({ prompt, chosen, rejected }, i) => ({ q: prompt, a: i % 2 ? chosen : rejected, up: i % 2 }))
  writeFileSync(join(folder, 'votes.jsonl'), jsonl(rows))
  const write = (text: string) => writeFileSync(join(folder, 'votes.yaml'), text)
  const good = yaml
    .replace('data: pairs.jsonl', 'data: { file: votes.jsonl, prompt: q, completion: a, label: up }')
    .replace('dpo(beta=0.5)', 'bco')
  write(good)
  const ended = await guerdon(folder, 'train', 'votes.yaml', '--folder', 'run', '--steps', '2')
  assert.equal(ended.code, 0, ended.stderr)
  assert.match(ended.stdout, /accuracy, held out/)

  write(good.replace('bco', 'dpoo'))
  const unknown = await guerdon(folder, 'train', 'votes.yaml')
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /objective: unknown objective on preferences 'dpoo'; did you mean 'dpo'\?.*\(line 5\)/)
  write(good.replace('kind: preference', 'kind: preferences'))
  assert.match((await guerdon(folder, 'train', 'votes.yaml')).stderr, /kind: expected 'preference'/)
  write(good.replace('label: up', 'label: vote'))
  assert.match(
    (await guerdon(folder, 'train', 'votes.yaml')).stderr,
    /votes\.jsonl:1: it has no column 'vote'; its columns are q, a, up/,
  )
  write(good.replace('objective: bco', 'objective: dpo'))
  assert.match((await guerdon(folder, 'train', 'votes.yaml')).stderr, /the objective compares pairs/)
})
