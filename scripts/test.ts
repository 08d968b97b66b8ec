/**
 * `npm test [part of a path ...]`: the checks, then every test file under test/ (or those whose path holds one of the
 * given parts), two files at a time.
 */
import { spawn } from 'node:child_process'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from './check.ts'

const root = join(import.meta.dirname, '..')

/** A test that hangs is stopped after this many milliseconds; the slowest honest one takes a minute. */
const TIMEOUT = 300_000

process.exitCode = (await check()) ? await runTests(process.argv.slice(2)) : 1

async function runTests(parts: readonly string[]): Promise<number> {
  const all = (await Array.fromAsync(glob('test/**/*.test.ts', { cwd: root }))).sort()
  const files = parts.length === 0 ? all : all.filter((file) => parts.some((part) => file.includes(part)))
  if (files.length === 0) {
    console.error(`no test file's path holds ${parts.map((part) => `'${part}'`).join(' or ')}`)
    return 1
  }
  const flags = ['--test', '--test-concurrency=2', '--test-reporter=spec', `--test-timeout=${TIMEOUT}`]
  const child = spawn(process.execPath, [...process.execArgv, ...flags, ...files], { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
