/** Runs the command as a child process, as its users do. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
export const main = join(root, 'src', 'cli', 'main.ts')
const flags = ['--conditions=guerdon-source', '--disable-warning=ExperimentalWarning']

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  readonly ended: Promise<Ended>
}

/** Starts `guerdon` with these arguments in a folder. */
export function start(folder: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [...flags, main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => (said.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...said }))
  })
  return { child, ended }
}

/** Runs `guerdon` to its end. */
export function guerdon(folder: string, ...args: readonly string[]): Promise<Ended> {
  return start(folder, ...args).ended
}

/** The one line of JSON that a command with --json prints; throws where stdout holds anything else. */
export function jsonOf({ stdout, stderr }: Ended): ReturnType<typeof JSON.parse> {
  if (!/^[^\n]+\n$/.test(stdout)) throw new Error(`stdout is not one line: ${stdout}\n${stderr}`)
  return JSON.parse(stdout)
}

/** An empty folder, outside the repository, that is gone when the test is over. */
export function tempFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-cli-'))
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
