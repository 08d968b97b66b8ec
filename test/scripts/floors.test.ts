import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { floorViolations } from '../../scripts/floors.ts'

/** The violations of a made-up project with these files, paths from its src/. */
function violationsOf(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'guerdon-floors-'))
  try {
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    write(
      'package.json',
      JSON.stringify({
        name: 'house',
        dependencies: { zod: '1' },
        optionalDependencies: { '@a/b': '1' },
        peerDependencies: { peer: '1' },
      }),
    )
    write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'nodenext', noEmit: true }, include: ['src'] }))
    for (const [path, text] of Object.entries(files)) write(join('src', path), text)
    return floorViolations(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

test('imports down the house, inside a room, of built-in modules and of declared packages pass', () => {
  const train = `
    import { a } from '../credit/a.ts'
    import type { D } from '../data/d.ts'
    import { other } from './other.ts'
    import { deeper } from './deep/deeper.ts'
    import { readFile } from 'node:fs/promises'
    import { z } from 'zod/mini'
    import b from '@a/b/c'
    const peer = await import('peer')
    import 'house/rewards'
    const page = new URL('../../studio/page.html', import.meta.url)
  `
  assert.deepEqual(violationsOf({ 'train/x.ts': train, 'train/deep/deeper.ts': `import '../other.ts'` }), [])
})

test('an import that climbs fails, with its file, line and both floors', () => {
  const files = { 'credit/x.ts': `import { g } from '../graph/g.ts'\n\nimport { loop } from '../train/loop.ts'\n` }
  assert.deepEqual(violationsOf(files), [
    `src/credit/x.ts:3: '../train/loop.ts': credit (floor 4) may not know train (floor 6)`,
  ])
})

test('rooms of one floor may not know each other', () => {
  const [violation, ...rest] = violationsOf({ 'text/x.ts': `import { g } from '../graph/g.ts'` })
  assert.equal(violation, `src/text/x.ts:1: '../graph/g.ts': text (floor 1) may not know graph (floor 1)`)
  assert.deepEqual(rest, [])
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: source text under test
const forms: Record<string, string> = {
  'type-only': `import type { L } from '../train/loop.ts'`,
  'inline type': `import { type L } from '../train/loop.ts'`,
  'multi-line': `import {\n  a,\n  b as c,\n} from '../train/loop.ts'`,
  'side-effect': `import '../train/loop.ts'`,
  're-export': `export { a } from '../train/loop.ts'`,
  're-export of all': `export * from '../train/loop.ts'`,
  're-export of types': `export type * from '../train/loop.ts'`,
  dynamic: `const loop = await import('../train/loop.ts')`,
  'dynamic inside a template': 'const text = `${(await import("../train/loop.ts")).name}`',
  'type query': `type L = import('../train/loop.ts').L`,
  worker: 'new Worker(new URL(`../train/loop${extname(import.meta.url)}`, import.meta.url))',
  "by the package's own name": `import { loop } from 'house/train'`,
}
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: source text under test
for (const [form, text] of Object.entries(forms)) {
  test(`the climbing import is seen in its form: ${form}`, () => {
    const violations = violationsOf({ 'data/x.ts': text })
    assert.equal(violations.length, 1, violations.join('\n'))
    assert.match(violations[0], /^src\/data\/x\.ts:\d: .* data \(floor 0\) may not know train \(floor 6\)$/)
  })
}

test('strings, comments and regular expressions that look like imports are none', () => {
  const text = [
    `// import '../train/loop.ts'`,
    `/* import '../train/loop.ts' */`,
    `const a = "import '../train/loop.ts'"`,
    "const b = `import '../train/loop.ts'`",
    `const c = /import '..\\/train\\/loop.ts'/`,
    `const from = '../train/loop.ts'`,
    `const d = { import: '../train/loop.ts' }`,
  ]
  assert.deepEqual(violationsOf({ 'data/x.ts': text.join('\n') }), [])
})

test('a package that is not declared fails, whatever part of it is imported', () => {
  const text = `import x from 'left-pad/lib/x.js'\nimport y from '@scope/y/z'`
  assert.deepEqual(violationsOf({ 'data/x.ts': text }), [
    `src/data/x.ts:1: 'left-pad/lib/x.js': left-pad is not among the dependencies of package.json`,
    `src/data/x.ts:2: '@scope/y/z': @scope/y is not among the dependencies of package.json`,
  ])
})

test('a room that is not in the house fails, and so does a file in none', () => {
  const violations = violationsOf({ 'attic/x.ts': '', 'loose.ts': '', 'data/x.ts': `import '../attic/x.ts'` })
  assert.equal(violations.length, 3, violations.join('\n'))
  assert.match(violations[0], /^src\/attic\/x\.ts:1: stands in no room/)
  assert.match(violations[1], /^src\/data\/x\.ts:1: '\.\.\/attic\/x\.ts' is in no room/)
  assert.match(violations[2], /^src\/loose\.ts:1: stands in no room/)
})
