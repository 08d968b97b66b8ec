import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'

const root = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const names = z.record(z.string(), z.string()).default({})
const entry = z.object({
  version: z.string().optional(),
  dependencies: names,
  optionalDependencies: names,
  devDependencies: names,
})
const { packages } = z.object({ packages: z.record(z.string(), entry) }).parse(JSON.parse(read('package-lock.json')))
const manifest = entry.parse(JSON.parse(read('package.json')))

test('the lock file names no host', () => {
  const hosts = read('package-lock.json').match(/"resolved"|"\w+:\/\/[^"]*registry[^"]*"/g)
  assert.equal(hosts, null)
})

test('the lock file and package.json want the same', () => {
  const { dependencies, optionalDependencies, devDependencies } = packages['']
  assert.deepEqual({ dependencies, optionalDependencies, devDependencies }, pick(manifest))
})

function pick({ dependencies, optionalDependencies, devDependencies }: z.infer<typeof entry>) {
  return { dependencies, optionalDependencies, devDependencies }
}

test('the lock file holds what every platform needs', () => {
  // npm leaves out a platform's package that its registry did not serve on the day, and then `npm ci` fails elsewhere.
  const missing = Object.entries(packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !resolutions(path, name).some((at) => packages[at]?.version !== undefined))
      .map((name) => `${path || 'package.json'} needs ${name}`),
  )
  assert.deepEqual(missing, [])
})

/** Where Node looks for a package named in another's folder: its own node_modules first, then those above. */
function resolutions(path: string, name: string): string[] {
  if (path === '') return [`node_modules/${name}`]
  const above = path.slice(0, Math.max(0, path.lastIndexOf('node_modules/') - 1))
  return [`${path}/node_modules/${name}`, ...resolutions(above, name)]
}

test('every dependency has its line in docs/dependencies.md', () => {
  const page = read('docs/dependencies.md')
  const all = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies })
  assert.deepEqual(
    all.filter((name) => !page.includes(`| ${name} |`)),
    [],
  )
})
