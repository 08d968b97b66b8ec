/** The pages about rewards: every example is run, and gives the value that stands beside it. */
import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import * as rewards from '../../src/rewards/index.ts'
import { scoreAll } from '../../src/rewards/scoreAll.ts'
import { sample } from './samples.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = ['docs/rewards.md', ...globSync('docs/rewards/*.md', { cwd: root }).toSorted()]
/** Pages about several rewards. */
const ofSeveral = ['judged', 'rubrics']
const room = (name: string) => pathToFileURL(join(root, 'src', name, 'index.ts')).href

/** reward(...)   // 'answer' against reference: value */
const EXAMPLE = /^(.+?)\s+\/\/ ('.*') against (.+): (\S+)$/

interface Case {
  readonly reward: rewards.Reward
  readonly answer: string
  readonly reference: Parameters<typeof sample>[1]
  readonly value: string
  readonly line: string
}

/** A block of code as a module that exports its examples. */
function moduleOf(block: string): string {
  const lines = block.trim().split('\n')
  const cases = lines.flatMap((line) => {
    const found = EXAMPLE.exec(line)
    if (found === null) return []
    const [, reward, answer, reference, value] = found
    const raw = answer.replace(/\\(?=boxed|frac)/g, '\\\\')
    return `{ reward: ${reward}, answer: ${raw}, reference: ${reference}, value: '${value}', line: ${JSON.stringify(line)} }`
  })
  const rest = lines.filter((line) => !EXAMPLE.test(line)).join('\n')
  const imported = [...rest.matchAll(/^import \{(.*?)\} from/gms)].flatMap(([, names]) => names.split(/[\s,]+/))
  const names = Object.keys(rewards).filter((name) => !imported.includes(name) && block.includes(name))
  const code = rest.replace(/'guerdon\/(\w+)'/g, (_, name) => `'${room(name)}'`)
  return `import { ${names.join(', ')} } from '${room('rewards')}'\n${code}\nexport const cases = [${cases.join(',\n')}]\n`
}

const folder = mkdtempSync(join(tmpdir(), 'guerdon-docs-'))
test.after(() => rmSync(folder, { recursive: true }))

for (const page of pages) {
  test(`the examples of ${page} run and give what they say`, async () => {
    const text = readFileSync(join(root, page), 'utf8')
    let examples = 0
    for (const [i, [, block]] of [...text.matchAll(/```ts\n(.*?)```/gs)].entries()) {
      const file = join(folder, `${page.replaceAll('/', '-')}-${i}.mts`)
      writeFileSync(file, moduleOf(block))
      const { cases }: { readonly cases: readonly Case[] } = await import(pathToFileURL(file).href)
      for (const { reward, answer, reference, value, line } of cases) {
        const [score] = await scoreAll(reward, [sample(answer, reference)])
        const digits = value.split('.')[1]?.length ?? 0
        assert.equal(score.kind === 'scored' ? score.value.toFixed(digits) : 'Unscored', value, line)
        examples++
      }
    }
    assert.ok(examples > 0, 'an example with its value')
    if (page !== 'docs/rewards.md') {
      assert.match(text, /guerdon score /, 'its command line')
      assert.match(text, /\n## When to use it\n/)
      assert.match(text, /\n## What it gets wrong\n/)
    }
  })
}

test('every page is linked and is about a reward of its name, or about several', () => {
  const text = readFileSync(join(root, 'docs', 'rewards.md'), 'utf8')
  for (const page of pages.slice(1)) {
    const name = basename(page, '.md')
    assert.ok(name in rewards || ofSeveral.includes(name), name)
    assert.ok(text.includes(`(rewards/${name}.md)`), name)
  }
})
