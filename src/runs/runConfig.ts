/** config.json: what a run was started with and resumed with, secrets left out. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { GuerdonError, messageOf } from '../data/error.ts'
import type { Json } from '../data/message.ts'

/** Settings by name, as JSON. */
export type Settings = { readonly [key: string]: Json }

/** One time a run was taken up again: after which step, and which settings differed from before (dotted names). */
export interface Resumption {
  readonly at: string
  readonly step: number
  readonly changed: readonly string[]
}

export interface RunConfig {
  readonly guerdon: string
  readonly node: string
  readonly seed: number | string
  /** ISO 8601, UTC. */
  readonly started: string
  readonly resumed: readonly Resumption[]
  readonly config: Settings
}

const schema = z.object({
  guerdon: z.string(),
  node: z.string(),
  seed: z.union([z.number(), z.string()]),
  started: z.string(),
  resumed: z.array(z.object({ at: z.string(), step: z.number(), changed: z.array(z.string()) })),
  config: z.record(z.string(), z.json()),
})

/** Writes a run's config.json, every secret in `config` replaced by '[secret]'. */
export function writeRunConfig(folder: string, config: RunConfig): Promise<void> {
  const clean = { ...config, config: withoutSecrets(config.config) }
  return writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(clean, null, 2)}\n`)
}

/** Reads a run's config.json. Throws a GuerdonError where there is none or it is something else. */
export async function readRunConfig(folder: string): Promise<RunConfig> {
  const file = join(folder, 'config.json')
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
    throw new GuerdonError(`this is not the config of a run: ${why}`, {
      where: file,
      fix: 'name the folder of a run, such as runs/2026-01-31-gsm8k',
      cause,
    })
  }
}

/** The record of taking a run up again after `step` with these settings, and the config that then holds. */
export function resumedConfig(before: RunConfig, config: Settings, step: number, at: string): RunConfig {
  const changed = differences(before.config, withoutSecrets(config))
  return { ...before, config, resumed: [...before.resumed, { at, step, changed }] }
}

/** Guerdon's own version. */
export function guerdonVersion(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url)
  return readFile(file, 'utf8').then((text) => z.object({ version: z.string() }).parse(JSON.parse(text)).version)
}

/** Settings flattened to dotted names: { policy: { rank: 8 } } becomes 'policy.rank' → 8. Lists stay whole. */
export function flatten(settings: Settings, prefix = ''): [string, Json][] {
  return Object.entries(settings).flatMap(([key, value]) =>
    isSettings(value) && Object.keys(value).length > 0 ? flatten(value, `${prefix}${key}.`) : [[prefix + key, value]],
  )
}

function differences(before: Settings, after: Settings): string[] {
  const old = new Map(flatten(before).map(([name, value]) => [name, JSON.stringify(value)]))
  const now = new Map(flatten(after).map(([name, value]) => [name, JSON.stringify(value)]))
  return [...new Set([...old.keys(), ...now.keys()])].filter((name) => old.get(name) !== now.get(name)).sort()
}

function isSettings(value: Json): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Names that hold a secret, once camelCase is written with underscores. `stop_token` and its like do not. */
const secretName =
  /(^|_)(api_?key|access_?key|private_?key|secret|secret_key|password|passphrase|credentials?|authorization|cookie)$|^((access|auth|api|hf|bearer|refresh|session|github|gitlab)_)?token$/

/** Secrets that show by their form: keys of well-known services, bearer tokens, signed tokens, passwords in a URL. */
const secretForm =
  /\b(sk|rk|pk)-[\w-]{16,}|\bhf_\w{16,}|\bgh[pousr]_\w{16,}|\bgithub_pat_\w{16,}|\bAKIA[0-9A-Z]{16}\b|\bBearer\s+[\w.~+/-]+=*|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=:\/\/)[^\s/@:]*:[^\s/@]+(?=@)/g

function withoutSecrets(settings: Settings): Settings {
  const clean = (value: Json, name: string): Json => {
    if (typeof value === 'string') return secretName.test(name) ? '[secret]' : value.replace(secretForm, '[secret]')
    if (isSettings(value)) return withoutSecrets(value)
    return Array.isArray(value) ? value.map((item: Json) => clean(item, name)) : value
  }
  const underscored = (key: string) =>
    key
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/-/g, '_')
      .toLowerCase()
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, clean(value, underscored(key))]))
}
