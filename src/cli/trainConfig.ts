/** Reading a training configuration: a module or a YAML or JSON file, with what flags change in it. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Document, LineCounter, parse, parseDocument } from 'yaml'
import { z } from 'zod'
import { GuerdonError, messageOf } from '../data/error.ts'
import { type CheckedConfig, trainConfigSchema } from '../train/config.ts'
import { type CheckedPreference, preferenceConfigSchema } from '../train/preferenceConfig.ts'
import { check, chosen, expected, type Problem } from '../train/schema.ts'
import { preferenceSchemas } from './preferenceParts.ts'
import { partSchemas } from './trainParts.ts'

/** A key that a flag sets; `flag` is how it was written. */
export interface Override {
  readonly flag: string
  readonly path: readonly string[]
  readonly value: unknown
}

/** `key.path=value`, the value as YAML reads it. */
export function setOverride(text: string): Override {
  const equals = text.indexOf('=')
  const path = text.slice(0, equals).trim()
  if (equals < 1 || path === '')
    throw new GuerdonError(`expected key.path=value, got '${text}'`, {
      where: '--set',
      fix: '--set evaluation.every=5',
    })
  try {
    const value: unknown = parse(text.slice(equals + 1))
    return { flag: `--set ${path}`, path: path.split('.'), value }
  } catch (thrown) {
    throw new GuerdonError(messageOf(thrown), { where: `--set ${path}` })
  }
}

/** A configuration of a run on the reward of a task. Throws as `readConfig` does, and for one of another kind. */
export async function readTrainConfig(file: string, overrides: readonly Override[]): Promise<CheckedConfig> {
  const config = await readConfig(file, overrides)
  if ('kind' in config) throw new GuerdonError(`it is a configuration of the kind '${config.kind}'`, { where: file })
  return config
}

/** The checked configuration. Throws a GuerdonError with a line for each thing wrong, the file and the key in front. */
export async function readConfig(
  file: string,
  overrides: readonly Override[],
): Promise<CheckedConfig | CheckedPreference> {
  if (!existsSync(file)) throw new GuerdonError('there is no such file', { where: file })
  const source = await readSource(file)
  const written = overrides.reduce<unknown>(
    (config, override) => changed(config, override, override.path, file),
    source.value,
  )
  const base = dirname(resolve(file))
  const read = check(configSchema(base), written)
  if ('value' in read) return { ...read.value, policy: placed(read.value.policy, base) }
  throw new GuerdonError(read.problems.map((problem) => described(problem, file, overrides, source.line)).join('\n'))
}

/** By its `kind`: a run on preferences, or, where it says none, on the reward of a task. */
function configSchema(base: string) {
  return chosen<CheckedConfig | CheckedPreference>((value) => {
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
    if (kind === 'preference') return preferenceConfigSchema(preferenceSchemas(base))
    if (kind === undefined) return trainConfigSchema(partSchemas(base))
    return z.custom<CheckedConfig>(() => false, { error: `kind: ${expected("'preference', or no kind at all", kind)}` })
  })
}

/** A model's folder is looked for beside the configuration first. */
function placed(policy: CheckedConfig['policy'], base: string): CheckedConfig['policy'] {
  return typeof policy === 'string' && existsSync(resolve(base, policy)) ? resolve(base, policy) : policy
}

interface Source {
  readonly value: unknown
  /** The line that a key stands on, where that is known. */
  readonly line: (path: readonly PropertyKey[]) => number | undefined
}

async function readSource(file: string): Promise<Source> {
  const kind = extname(file)
  if (/^\.[cm]?[jt]s$/.test(kind)) return { value: await importConfig(file), line: () => undefined }
  if (/^\.(ya?ml|json)$/.test(kind)) return parseConfig(await readFile(file, 'utf8'), file)
  throw new GuerdonError(`a configuration does not end in '${kind}'`, {
    where: file,
    fix: 'use .ts or .js with a default export made by defineConfig, .yaml or .json',
  })
}

async function importConfig(file: string): Promise<unknown> {
  const url = pathToFileURL(resolve(file)).href
  const module = await import(url).catch((cause: unknown) => {
    const place = cause instanceof Error ? cause.stack?.split('\n').find((line) => line.includes(url)) : undefined
    const line = place === undefined ? '' : /:\d+(?::\d+)?(?=\)?$)/.exec(place)?.[0]
    throw new GuerdonError(`it could not be loaded: ${messageOf(cause)}`, { where: `${file}${line ?? ''}`, cause })
  })
  if (module.default !== undefined) return module.default
  throw new GuerdonError('it has no default export', { where: file, fix: 'export default defineConfig({ ... })' })
}

function parseConfig(text: string, file: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const [error] = document.errors
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0])
    throw new GuerdonError(error.message.split('\n')[0].replace(/ at line \d+, column \d+:?$/, ''), {
      where: `${file}:${line}`,
    })
  }
  return { value: document.toJS(), line: (path) => lineOf(document, lines, path) }
}

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  const node = document.getIn(path, true)
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined
  return lines.linePos(node.range[0]).line
}

/** A copy with one key set. What was made in code is left alone. */
function changed(target: unknown, { flag, value }: Override, path: readonly string[], file: string): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const inside = target ?? {}
  if (typeof inside !== 'object')
    throw new GuerdonError(`there is no '${key}' within ${JSON.stringify(inside)}`, {
      where: flag,
      fix: 'set the whole of it',
    })
  if (Object.values(inside).some((each) => typeof each === 'function'))
    throw new GuerdonError(`'${key}' cannot be set in what ${file} made in code`, {
      where: flag,
      fix: 'change it there',
    })
  if (Array.isArray(inside))
    return inside.map((each, i) => (String(i) === key ? changed(each, { flag, value, path }, rest, file) : each))
  return { ...inside, [key]: changed(Reflect.get(inside, key), { flag, value, path }, rest, file) }
}

function described(
  { path, message }: Problem,
  file: string,
  overrides: readonly Override[],
  lineOfKey: Source['line'],
): string {
  const key = path.map(String).join('.')
  const flag = overrides.findLast((each) => each.path.every((part, i) => part === String(path[i])))
  if (flag !== undefined) {
    const below = path.slice(flag.path.length).map(String).join('.')
    return `${flag.flag}: ${below === '' ? '' : `${below}: `}${message}`
  }
  const line = lineOfKey(path)
  return `${file}: ${key === '' ? '' : `${key}: `}${message}${line === undefined ? '' : ` (line ${line})`}`
}
