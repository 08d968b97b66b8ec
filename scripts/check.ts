/** Everything that can be said of the code without running it: types (tsc), style (Biome), the floors of src/. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { floorViolations } from './floors.ts'

const root = join(import.meta.dirname, '..')

/** Runs the three checks at once, prints what they find, and says whether they found nothing. */
export async function check(): Promise<boolean> {
  const modules = join(root, 'node_modules')
  const results = await Promise.all([
    tool('types', [join(modules, 'typescript', 'bin', 'tsc'), '--pretty', 'false']),
    tool('style', [join(modules, '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings']),
    floors(),
  ])
  for (const { name, output } of results.filter(({ passed }) => !passed)) console.log(`${output.trimEnd()}\n✖ ${name}`)
  const passed = results.every((result) => result.passed)
  if (passed) console.log('✔ types, style, floors')
  return passed
}

interface Result {
  readonly name: string
  readonly passed: boolean
  readonly output: string
}

function tool(name: string, args: readonly string[]): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ name, passed: code === 0, output }))
  })
}

async function floors(): Promise<Result> {
  const violations = floorViolations(root)
  return { name: 'floors', passed: violations.length === 0, output: violations.join('\n') }
}

if (import.meta.main && !(await check())) process.exitCode = 1
