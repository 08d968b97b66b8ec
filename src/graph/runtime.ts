/**
 * ONNX Runtime, found or fetched. `onnxruntime-node` is an optional dependency: its install script downloads CUDA
 * libraries from outside the registry, and npm drops the package where that fails. The CPU libraries are inside the
 * package itself, so here it is installed once more with scripts off, into a cache folder of the user's.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { GuerdonError, messageOf } from '../data/error.ts'

/** The API of ONNX Runtime: `InferenceSession`, `Tensor`, `env`. The same in `onnxruntime-node`, which adds the engine. */
export type Runtime = typeof import('onnxruntime-common')

let loading: Promise<Runtime> | undefined

/**
 * ONNX Runtime with its native engine. The first call in a process loads it; where the package is missing, the first
 * call on a machine installs it (one line on stderr says so). Set GUERDON_OFFLINE=1 to forbid that.
 *
 * @throws GuerdonError with the command to run when it cannot be loaded or installed
 */
export function loadRuntime(): Promise<Runtime> {
  loading ??= findOrInstall().catch((error: unknown) => {
    loading = undefined
    throw error
  })
  return loading
}

async function findOrInstall(): Promise<Runtime> {
  const here = createRequire(import.meta.url)
  if (resolves(here)) return load(here)
  // The two packages are released together under one number, and onnxruntime-common has no install script to fail.
  const { env }: Runtime = here('onnxruntime-common')
  const version = env.versions.common
  const folder = join(cacheFolder(), 'guerdon', `onnxruntime-${version}`)
  const cached = createRequire(join(folder, 'package.json'))
  if (!existsSync(join(folder, 'package.json'))) await install(version, folder)
  return load(cached)
}

function resolves(require: NodeJS.Require): boolean {
  try {
    require.resolve('onnxruntime-node')
    return true
  } catch {
    return false
  }
}

function load(require: NodeJS.Require): Runtime {
  try {
    return require('onnxruntime-node')
  } catch (cause) {
    throw new GuerdonError(
      `ONNX Runtime could not be loaded on ${process.platform}/${process.arch}: ${messageOf(cause)}`,
      {
        fix: 'it runs on Linux with glibc (x64, arm64), macOS (arm64) and Windows (x64, arm64)',
        cause,
      },
    )
  }
}

/** Where programs keep what they can fetch again: the platform's own convention. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  if (process.platform === 'win32' && LOCALAPPDATA) return LOCALAPPDATA
  return XDG_CACHE_HOME || join(homedir(), '.cache')
}

/**
 * Installs beside the goal and renames: a folder under its final name is always whole, and of two processes that
 * install at once the later one throws its copy away.
 */
async function install(version: string, folder: string): Promise<void> {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund']
  const command = `npm ${args.join(' ')} --prefix ${folder} onnxruntime-node@${version}`
  if (process.env.GUERDON_OFFLINE === '1') {
    throw new GuerdonError('onnxruntime-node is not installed, and GUERDON_OFFLINE=1 forbids fetching it', {
      fix: `run once, online: ${command}`,
    })
  }
  process.stderr.write(`guerdon: onnxruntime-node is missing; installing ${version} once into ${folder}\n`)
  try {
    await mkdir(dirname(folder), { recursive: true })
    const fresh = await mkdtemp(`${folder}-`)
    try {
      // npm would otherwise look for a project in the folders above.
      await writeFile(join(fresh, 'package.json'), '{ "private": true }\n')
      await npm([...args, `onnxruntime-node@${version}`], fresh)
      await rename(fresh, folder).catch((error: unknown) => {
        if (!existsSync(join(folder, 'package.json'))) throw error
      })
    } finally {
      await rm(fresh, { recursive: true, force: true })
    }
  } catch (cause) {
    throw new GuerdonError(`onnxruntime-node is missing and could not be installed: ${messageOf(cause)}`, {
      fix: `run ${command}`,
      cause,
    })
  }
}

function npm(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // On Windows npm is a batch file, which only a shell runs; no argument holds a space.
    const child = spawn('npm', args, { cwd, shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`npm exited with ${code}\n${errors}`))))
  })
}
