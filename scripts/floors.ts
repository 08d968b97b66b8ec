/**
 * The house rule of src/: a room (a folder of src/) imports only from rooms on lower floors. Rooms of one floor know
 * nothing of each other. Type-only and dynamic imports, re-exports and worker URLs count like any other import, and
 * every npm package that src/ names must be one that people who install Guerdon get, or are told to get: an optional peer.
 */
import { readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import type { Node, SourceFile, TemplateHead } from 'typescript/unstable/ast'
import { isNewExpression, isStringLiteral, isTemplateExpression } from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'
import { z } from 'zod'

/** Which rooms stand on which floor, the ground first. */
export const FLOORS = [
  ['data'],
  ['graph', 'text', 'sandbox'],
  ['nn', 'runs'],
  ['policy', 'judge'],
  ['rewards', 'shaping', 'credit', 'objectives'],
  ['tasks', 'envs'],
  ['train', 'search', 'audit', 'design'],
  ['server'],
  ['cli'],
] as const

const floorOf = new Map(FLOORS.flatMap((rooms, floor) => rooms.map((room): [string, number] => [room, floor])))

const manifest = z.object({
  name: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
})

/**
 * Every import in `root`/src that breaks the rule, one line each: `src/credit/x.ts:3: …`. Reads the files that
 * `root`/tsconfig.json names, with the compiler's own parser.
 */
export function floorViolations(root: string): string[] {
  const { name, ...packages } = manifest.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const { dependencies, optionalDependencies, peerDependencies } = packages
  const declared = new Set(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
  const source = join(root, 'src')
  const violations: string[] = []
  for (const file of sourceFiles(root)) {
    const path = relative(source, file.fileName)
    if (path.startsWith('..')) continue
    for (const { specifier, line } of importsOf(file)) {
      const fault = faultOf(specifier, path, name, declared)
      if (fault !== undefined) violations.push(`${join('src', path)}:${line}: ${fault}`)
    }
    if (!floorOf.has(roomOf(path))) {
      violations.push(`${join('src', path)}:1: stands in no room; the rooms are ${[...floorOf.keys()].join(', ')}`)
    }
  }
  return violations.sort()
}

function sourceFiles(root: string): SourceFile[] {
  const api = new API({ cwd: root })
  try {
    using snapshot = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] })
    const [project] = snapshot.getProjects()
    return project.rootFiles.flatMap((path) => project.program.getSourceFile(path) ?? [])
  } finally {
    api.close()
  }
}

/** The modules a file names and the lines they stand on. A computed name cannot be read and is left out. */
function importsOf(file: SourceFile): { specifier: string; line: number }[] {
  const lineOf = (node: Node) => file.text.slice(0, node.end).split('\n').length
  const imports = file.imports.filter(isStringLiteral).map((node) => ({ specifier: node.text, line: lineOf(node) }))
  const workers = workerNames(file).map((node) => ({ specifier: node.text, line: lineOf(node) }))
  return [...imports, ...workers]
}

/** The './x' of every new URL(`./x${extname(import.meta.url)}`, import.meta.url): how a worker's module is named. */
function workerNames(file: SourceFile): TemplateHead[] {
  const found: TemplateHead[] = []
  const visit = (node: Node): void => {
    if (isNewExpression(node) && node.expression.getText(file) === 'URL') {
      const address = node.arguments?.[0]
      if (address && isTemplateExpression(address) && address.head.text.startsWith('.')) found.push(address.head)
    }
    node.forEachChild(visit)
  }
  visit(file)
  return found
}

/** What is wrong with this import, if anything. `path` is the importing file's, from src/. */
function faultOf(specifier: string, path: string, self: string, declared: ReadonlySet<string>): string | undefined {
  const from = roomOf(path)
  if (specifier.startsWith('.')) return climbs(from, roomOf(join(dirname(path), specifier)), specifier)
  if (specifier.startsWith(`${self}/`)) return climbs(from, specifier.split('/')[1], specifier)
  if (isBuiltin(specifier)) return undefined
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  return declared.has(name) ? undefined : `'${specifier}': ${name} is not among the dependencies of package.json`
}

function climbs(from: string, to: string, specifier: string): string | undefined {
  const [below, above] = [floorOf.get(to), floorOf.get(from)]
  if (from === to || above === undefined) return undefined
  if (below === undefined) return `'${specifier}' is in no room of src/`
  if (below < above) return undefined
  return `'${specifier}': ${from} (floor ${above}) may not know ${to} (floor ${below})`
}

/** The room of a path from src/. */
function roomOf(path: string): string {
  const [room, ...rest] = path.split(sep)
  return rest.length === 0 ? '' : room
}
