/** The examples of docs/rewards.md: each is an expression and what it says of an answer. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { scoreAll } from '../../src/rewards/scoreAll.ts'
import { sample } from './samples.ts'

const page = readFileSync(new URL('../../docs/rewards.md', import.meta.url), 'utf8')
const names = [
  'defineReward',
  'exactMatch',
  'firstOf',
  'gate',
  'lengthBetween',
  'min',
  'numericMatch',
  'product',
  'regexFormat',
  'weigh',
]
const room = (name: string) =>
  new URL(`../../src/rewards/${name === 'defineReward' ? 'reward' : name}.ts`, import.meta.url).href

test('every example gives the value that stands beside it', async () => {
  const lines = [...page.matchAll(/```ts\n(.*?)```/gs)].flatMap(([, block]) => block.trim().split('\n'))
  const examples = lines.map((line) => {
    const found = /^(.+?)\s+\/\/ ('.*') against (.+): (\S+)$/.exec(line)
    assert.ok(found, `not an example: ${line}`)
    const [, expression, answer, reference, value] = found
    return { line, code: `[${expression}, ${answer.replaceAll('\\boxed', '\\\\boxed')}, ${reference}]`, value }
  })
  assert.equal(examples.length, 9 * 3)
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-docs-'))
  try {
    const file = join(folder, 'examples.mjs')
    const imports = names.map((name) => `import { ${name} } from '${room(name)}'`)
    writeFileSync(file, `${imports.join('\n')}\nexport default [${examples.map(({ code }) => code).join(',\n')}]\n`)
    const { default: cases } = await import(pathToFileURL(file).href)
    for (const [i, { line, value }] of examples.entries()) {
      const [reward, answer, reference] = cases[i]
      const [score] = await scoreAll(reward, [sample(answer, reference)])
      assert.equal(score.kind === 'scored' ? String(score.value) : 'Unscored', value, line)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
