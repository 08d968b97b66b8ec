/**
 * Runs a TypeScript file of this project on Node 24 or newer, whatever Node and npm started it:
 *   node scripts/run.mjs scripts/test.ts [arguments]
 * Installs the dependencies where they are missing or not those of package-lock.json. Plain JavaScript for Node 16 up.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const windows = process.platform === 'win32'

const [script, ...args] = process.argv.slice(2)
if (script === undefined) fail('usage: node scripts/run.mjs script.ts [arguments]')
if (!installed()) install()
run(node24(), ['--conditions=guerdon-source', '--disable-warning=ExperimentalWarning', join(root, script), ...args])

/** Whether node_modules holds every package of package-lock.json in its version; extra packages do no harm. */
function installed() {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const found = packagesOf(record)
  return Object.keys(wanted).every((path) => {
    if (path === '') return true
    if (found[path] === undefined) return wanted[path].optional === true
    return found[path].version === wanted[path].version
  })
}

function packagesOf(lockFile) {
  return JSON.parse(readFileSync(lockFile, 'utf8')).packages
}

function install() {
  note('installing dependencies with npm (once; minutes on a slow line)')
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  if (npm(['ci', ...quiet]) !== 0 && npm(['install', ...quiet]) !== 0) fail('npm could not install the dependencies')
}

function npm(args) {
  // onnxruntime-node's install script fetches CUDA libraries from outside the registry; .npmrc turns scripts off, and
  // this keeps the install whole where the caller's environment turns them on again.
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' } }
  const own = process.env.npm_execpath
  if (own !== undefined && /npm-cli\.c?js$/.test(own))
    return spawnSync(process.execPath, [own, ...args], options).status
  return spawnSync('npm', args, { ...options, shell: windows }).status
}

/** This Node where it is new enough, else the one of the `node` package, which its own script fetches from npm. */
function node24() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  const home = join(root, 'node_modules', 'node')
  const binary = join(home, 'bin', windows ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  note(
    `fetching Node ${JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version} (this is ${process.version})`,
  )
  spawnSync(process.execPath, ['installArchSpecificPackage'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] })
  if (!existsSync(binary))
    fail('Guerdon needs Node 24 or newer, and the `node` package could not fetch it: install Node 24')
  return binary
}

/** Hands over to the program: its terminal, the signals it is sent, its exit code. */
function run(command, args) {
  const child = spawn(command, args, { stdio: 'inherit' })
  // A terminal sends Ctrl-C to every process of the job: passing it on would make the program see it twice.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => fail(error.message))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function note(text) {
  process.stderr.write(`guerdon: ${text}\n`)
}

function fail(text) {
  note(text)
  process.exit(1)
}
