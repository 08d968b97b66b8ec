/**
 * Builds dist/: JavaScript and types of src/, the recipes as dist/recipes/, and every file of src/ that is not TypeScript.
 *
 * A module that runs in a worker is named `new URL('./x.ts', import.meta.url)`: true in src/, where Node runs the
 * TypeScript itself, and turned here into './x.js'. tsc leaves such addresses, and the names of modules in .d.ts files, alone.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { GuerdonError } from '../src/data/error.ts'

const root = join(import.meta.dirname, '..')
const source = join(root, 'src')
const dist = join(root, 'dist')

/** Empties dist/ and builds it anew. */
export function build(): void {
  rmSync(dist, { recursive: true, force: true })
  tsc('tsconfig.build.json')
  for (const file of globSync('**/*.d.ts', { cwd: dist })) rewrite(join(dist, file), declarationImports)
  // The recipes name the package as its users do, so they are compiled against what was just built.
  if (globSync('recipes/*.ts', { cwd: root }).length > 0) tsc('tsconfig.recipes.json')
  for (const file of globSync('**/*.js', { cwd: dist })) rewrite(join(dist, file), workerUrls)
  cpSync(source, dist, { recursive: true, filter: (path) => !path.endsWith('.ts') })
  const main = join(dist, 'cli', 'main.js')
  if (existsSync(main)) makeExecutable(main)
}

function tsc(project: string): void {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new GuerdonError(`tsc found errors in ${project}`, { fix: 'mend what it names above' })
}

function rewrite(file: string, change: (text: string, file: string) => string): void {
  const text = readFileSync(file, 'utf8')
  const changed = change(text, file)
  if (changed !== text) writeFileSync(file, changed)
}

/** './x.ts' → './x.js' in `from './x.ts'` and `import('./x.ts')`. */
function declarationImports(text: string): string {
  return text.replace(/\b(from |import |import\()(["'])(\.[^"'\n]+)\.ts\2/g, '$1$2$3.js$2')
}

/** './x.ts' → './x.js' in `new URL('./x.ts', import.meta.url)`. */
function workerUrls(text: string, file: string): string {
  return text.replace(/(new URL\(\s*)(["'])(\.[^"'\n]+)\.ts\2(?=,\s*import\.meta\.url)/g, (_, start, quote, path) => {
    if (!existsSync(join(dirname(file), `${path}.js`))) {
      throw new GuerdonError(`there is no ${path}.ts`, { where: relative(root, file) })
    }
    return `${start}${quote}${path}.js${quote}`
  })
}

function makeExecutable(file: string): void {
  rewrite(file, (text) => (text.startsWith('#!') ? text : `#!/usr/bin/env node\n${text}`))
  chmodSync(file, 0o755)
}

if (import.meta.main) {
  build()
  console.log(`dist/: ${globSync('**/*.js', { cwd: dist }).length} modules`)
}
