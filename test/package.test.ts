/** The package as its users get it: built, packed, installed into an empty folder, imported, type-checked and run. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..')
const manifest = z
  .object({ version: z.string(), exports: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))

const rooms = Object.keys(manifest.exports)
  .map((path) => path.slice('./'.length))
  .filter((path) => path !== 'package.json')

const folder = mkdtempSync(join(tmpdir(), 'guerdon-package-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What people run: this Node first on the path, npm without its habit of asking other hosts. */
const env = {
  ...process.env,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  ONNXRUNTIME_NODE_INSTALL: 'skip',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_prefer_offline: 'true',
}
const shell = process.platform === 'win32'

before(async () => {
  await run(process.execPath, [...process.execArgv, join(root, 'scripts', 'build.ts')], { cwd: root })
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root, env, shell })
  const tarball = `guerdon-${manifest.version}.tgz`
  assert.deepEqual(readdirSync(folder), [tarball])
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', `./${tarball}`], { cwd: folder, env, shell })
})

/** Runs JavaScript in the consumer's folder. */
async function javascript(code: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    env: { ...env, ...more },
  })
  return stdout
}

test('every room is exported but the command line, which is run and not imported', () => {
  const folders = readdirSync(join(root, 'src')).filter((room) => existsSync(join(root, 'src', room, 'index.ts')))
  assert.deepEqual(folders.filter((room) => room !== 'cli').sort(), [...rooms].sort())
})

test('every room can be imported from JavaScript', async () => {
  const code = rooms.map((room) => `await import('guerdon/${room}'); console.log('${room}')`)
  assert.deepEqual((await javascript(code.join('\n'))).trim().split('\n'), rooms)
})

/** y = x + x over two floats (opset 17), written by the onnx package for Python. */
const DOUBLE = 'CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggCQgQKABAR'
const DOUBLES = `
  import { loadRuntime } from './node_modules/guerdon/dist/graph/runtime.js'
  const { InferenceSession, Tensor } = await loadRuntime()
  const session = await InferenceSession.create(Buffer.from('${DOUBLE}', 'base64'))
  const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1.5, -2), [2]) })
  console.log(y.data.join(' '))
`

test('ONNX Runtime runs, and where npm dropped it, it is installed once into the cache', async () => {
  assert.equal(await javascript(DOUBLES), '3 -4\n')

  // What npm does where the package's install script fails.
  rmSync(join(folder, 'node_modules', 'onnxruntime-node'), { recursive: true })
  const cache = join(folder, 'cache')
  const fresh = { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache }
  await assert.rejects(javascript(DOUBLES, { ...fresh, GUERDON_OFFLINE: '1' }), (error: { stderr: string }) => {
    assert.match(error.stderr, /GuerdonError: onnxruntime-node is not installed, and GUERDON_OFFLINE=1 forbids/)
    assert.match(error.stderr, /npm install --ignore-scripts .*--prefix .*cache.* onnxruntime-node@\d+\.\d+\.\d+/)
    return true
  })
  // Two at once: both must run, and one folder must be left.
  assert.deepEqual(await Promise.all([javascript(DOUBLES, fresh), javascript(DOUBLES, fresh)]), ['3 -4\n', '3 -4\n'])
  assert.match(readdirSync(join(cache, 'guerdon')).join(' '), /^onnxruntime-\d+\.\d+\.\d+$/)
  assert.equal(await javascript(DOUBLES, { ...fresh, GUERDON_OFFLINE: '1' }), '3 -4\n')
})

// From here on onnxruntime-node is gone: the types must not need it.

test('a strict TypeScript program compiles against its types, libraries checked too', async () => {
  const program = [
    ...rooms.map((room, i) => `import * as room${i} from 'guerdon/${room}'`),
    `import { type Score, scored } from 'guerdon/data'`,
    `export const rooms: object[] = [${rooms.map((_, i) => `room${i}`).join(', ')}]`,
    'export const score: Score = scored(1)',
    '// @ts-expect-error: a score is no number',
    'export const wrong: number = scored(1)',
  ]
  writeFileSync(join(folder, 'program.ts'), program.join('\n'))
  await compiles(['program.ts'])
})

test('the examples of README.md compile, and the one that scores prints a score', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const examples = [...readme.matchAll(/```ts\n\/\/ (\w+\.ts)\n([\s\S]*?)```/g)]
  assert.ok(examples.length > 0)
  for (const [, name, code] of examples) writeFileSync(join(folder, name), code)
  await compiles(examples.map(([, name]) => name))
  const { stdout } = await run(process.execPath, ['score.ts'], { cwd: folder, env })
  assert.match(stdout, /kind: 'scored',\s+value: 1\.1/)
})

/** Type-checks files of the consumer's folder, as strictly as anybody may, in both ways that TypeScript finds packages. */
async function compiles(files: readonly string[]): Promise<void> {
  // The types of Node are what a consumer installs beside the compiler; here the repository's copy stands in.
  const typeRoots = [join(root, 'node_modules', '@types')]
  for (const [module, moduleResolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable', 'esnext.iterator'],
      types: ['node'],
      typeRoots,
      strict: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      noEmit: true,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    await run(process.execPath, [compiler, '--pretty', 'false'], { cwd: folder }).catch((error: { stdout: string }) =>
      assert.fail(error.stdout),
    )
  }
}

test('npx guerdon --help answers', { skip: !existsSync(join(root, 'src', 'cli', 'main.ts')) }, async () => {
  const { stdout } = await run('npx', ['--no-install', 'guerdon', '--help'], { cwd: folder, env, shell })
  assert.match(stdout, /guerdon/i)
})
