/**
 * Builds dist/: JavaScript and types of src/, the recipes as dist/recipes/, and every file of src/ that is not TypeScript.
 *
 * tsc turns './x.ts' into './x.js' in JavaScript's imports only. In .d.ts files it is done here; a module that runs in a
 * worker must be named new URL(`./x${extname(import.meta.url)}`, import.meta.url), which is true in src/ and in dist/.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { GuerdonError } from '../src/data/error.ts'

const root = join(import.meta.dirname, '..')
const source = join(root, 'src')
const dist = join(root, 'dist')

/** Empties dist/ and builds it anew. */
export function build(): void {
  rmSync(dist, { recursive: true, force: true })
  tsc('tsconfig.build.json')
  for (const file of globSync('**/*.d.ts', { cwd: dist })) rewrite(join(dist, file), javascriptNames)
  // The recipes name the package as its users do, so they are compiled against what was just built.
  if (globSync('recipes/*.ts', { cwd: root }).length > 0) tsc('tsconfig.recipes.json')
  for (const file of globSync('**/*.js', { cwd: dist })) refuseTypeScriptUrls(join(dist, file))
  cpSync(source, dist, { recursive: true, filter: (path) => !path.endsWith('.ts') })
  const main = join(dist, 'cli', 'main.js')
  if (existsSync(main)) makeExecutable(main)
}

function tsc(project: string): void {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new GuerdonError(`tsc found errors in ${project}`, { fix: 'mend what it names above' })
}

function rewrite(file: string, change: (text: string) => string): void {
  const text = readFileSync(file, 'utf8')
  const changed = change(text)
  if (changed !== text) writeFileSync(file, changed)
}

/** './x.ts' → './x.js' in `from './x.ts'` and `import('./x.ts')`. */
function javascriptNames(text: string): string {
  return text.replace(/\b(from |import |import\()(["'])(\.[^"'\n]+)\.ts\2/g, '$1$2$3.js$2')
}

/** Stops the build at an address that is true in src/ alone. */
function refuseTypeScriptUrls(file: string): void {
  const address = /new URL\(\s*['"](\.[^'"\n]+)\.ts['"],\s*import\.meta\.url/.exec(readFileSync(file, 'utf8'))
  if (address === null) return
  throw new GuerdonError(`'${address[1]}.ts' will not exist beside the built module`, {
    where: relative(root, file),
    fix: `name it \`${address[1]}\${extname(import.meta.url)}\``,
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
