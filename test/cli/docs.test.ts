/** What the documentation says to type is what the command line takes. */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { rewardChoice } from '../../src/cli/rewardParts.ts'
import { readTrainConfig } from '../../src/cli/trainConfig.ts'
import { check } from '../../src/train/schema.ts'
import { tempFolder } from './cli.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })].map((page) => ({
  page,
  text: readFileSync(join(root, page), 'utf8'),
}))

test('every reward named in a documented command can be made', () => {
  let found = 0
  for (const { page, text } of pages)
    for (const [, quoted, bare] of text.matchAll(/guerdon .*--reward (?:'([^'\n]+)'|(\S+))/g)) {
      const spec = quoted ?? bare
      if (/\.(?:ts|ya?ml)$/.test(spec)) continue
      found++
      const read = check(rewardChoice, spec)
      assert.ok('value' in read, `${page}: ${spec}: ${'problems' in read && read.problems[0].message}`)
    }
  assert.ok(found > 10)
})

test('the configurations in docs/cli.md are taken as they are', async (t) => {
  const folder = tempFolder(t)
  const text = pages.find(({ page }) => page.endsWith('cli.md'))?.text ?? ''
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(text) ?? []
  writeFileSync(join(folder, 'gsm8k.yaml'), yaml)
  const config = await readTrainConfig(join(folder, 'gsm8k.yaml'), [])
  assert.deepEqual([config.task.name, config.policy, config.steps], ['gsm8k.jsonl', 'models/small', 200])
  const [, code] = /```ts\n([\s\S]*?)```/.exec(text) ?? []
  // A module without a place of its own has no package to import guerdon/... from.
  const module = `data:text/javascript,${encodeURIComponent(code.replaceAll(/'guerdon\/(\w+)'/g, (_, room) => `'${new URL(`../../src/${room}/index.ts`, import.meta.url).href}'`))}`
  const { default: made } = await import(module)
  assert.deepEqual([made.credit.name, made.steps], ['grpo', 100])
})

test('the table of keys has every key of a configuration', () => {
  const text = pages.find(({ page }) => page.endsWith('cli.md'))?.text ?? ''
  const source = readFileSync(join(root, 'src', 'train', 'config.ts'), 'utf8')
  const body = /export interface TrainConfig \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? ''
  const keys = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, key]) => key)
  assert.ok(keys.length > 20)
  const table = text.slice(text.indexOf('| key |'))
  for (const key of keys) assert.match(table, new RegExp(`\\| .*\`${key}\``), key)
})
