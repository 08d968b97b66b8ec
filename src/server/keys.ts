/** API keys: who may ask, and how much. Keys come from a file or from the environment, never from the command line. */
import { hash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'

/** What one caller may do. */
export interface ApiKey {
  /** In logs and metrics. */
  readonly name: string
  readonly key: string
  /** Requests a second, on average; as many again at once. Default: no limit. */
  readonly requestsPerSecond?: number | undefined
  /** Requests that are being answered at one time. Default: no limit. */
  readonly inFlight?: number | undefined
}

export type Entry =
  | { readonly kind: 'open'; readonly name: string; leave(): void }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'limited'; readonly name: string; readonly retryAfterSeconds: number; readonly what: string }

export interface Door {
  /** Lets a request in by its headers, or says why not. Whoever was let in must `leave`. */
  enter(headers: {
    readonly authorization?: string | undefined
    readonly 'x-api-key'?: string | string[] | undefined
  }): Entry
  /** Whether the headers hold a known key; costs nothing. */
  knows(headers: {
    readonly authorization?: string | undefined
    readonly 'x-api-key'?: string | string[] | undefined
  }): boolean
}

/** The door of a server with these keys; without any everyone is let in. */
export function door(keys: readonly ApiKey[]): Door {
  if (keys.length === 0) {
    const open: Entry = { kind: 'open', name: 'anyone', leave: () => undefined }
    return { enter: () => open, knows: () => true }
  }
  const guests = keys.map((key) => ({
    ...key,
    digest: digest(key.key),
    inside: 0,
    allowance: allowance(key.requestsPerSecond),
  }))
  const find = (headers: Parameters<Door['enter']>[0]) => {
    const given = digest(presented(headers) ?? '')
    // Every digest is compared, so that the time taken says nothing of which one it was.
    return guests.filter((guest) => timingSafeEqual(guest.digest, given)).at(0)
  }
  return {
    enter(headers) {
      const guest = find(headers)
      if (guest === undefined) return { kind: 'unknown' }
      const { name, inFlight = Number.POSITIVE_INFINITY } = guest
      if (guest.inside >= inFlight)
        return { kind: 'limited', name, retryAfterSeconds: 1, what: `${inFlight} requests at a time` }
      const wait = guest.allowance()
      if (wait > 0)
        return {
          ...{ kind: 'limited', name, retryAfterSeconds: Math.ceil(wait) },
          what: `${guest.requestsPerSecond} requests a second`,
        }
      guest.inside++
      return { kind: 'open', name, leave: () => void guest.inside-- }
    },
    knows: (headers) => find(headers) !== undefined,
  }
}

/** Bearer KEY, or x-api-key: KEY; or the password of a URL, http://any:KEY@host/, for callers that take only a URL. */
function presented({ authorization, 'x-api-key': header }: Parameters<Door['enter']>[0]): string | undefined {
  if (typeof header === 'string') return header
  const [, scheme, value] = /^(bearer|basic) +(.+)$/i.exec(authorization?.trim() ?? '') ?? []
  if (scheme?.toLowerCase() === 'basic') return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':')
  return value
}

function digest(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}

/** A bucket that holds one second's worth; gives the seconds to wait, 0 where a request may pass. */
function allowance(perSecond: number | undefined): () => number {
  if (perSecond === undefined) return () => 0
  const most = Math.max(1, perSecond)
  let [left, last] = [most, performance.now()]
  return () => {
    const now = performance.now()
    left = Math.min(most, left + ((now - last) / 1000) * perSecond)
    last = now
    if (left < 1) return (1 - left) / perSecond
    left--
    return 0
  }
}

const limits = { requestsPerSecond: z.number().positive().optional(), inFlight: z.int().positive().optional() }
const file = z.record(z.string(), z.union([z.string().min(8), z.strictObject({ key: z.string().min(8), ...limits })]))

/**
 * The keys of a JSON file: { "name": "key" } or { "name": { "key", "requestsPerSecond", "inFlight" } }. Throws a
 * GuerdonError where it is something else, or where others on this machine can read it.
 */
export function readKeys(path: string): ApiKey[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new GuerdonError('could not be read', { where: path, cause })
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0)
    throw new GuerdonError('everyone on this machine can read the keys in it', {
      where: path,
      fix: `chmod 600 ${path}`,
    })
  return parseKeys(text, path)
}

/** The keys of an environment variable: a single key, or JSON as in a file. */
export function environmentKeys(value: string, name: string): ApiKey[] {
  return value.trimStart().startsWith('{')
    ? parseKeys(value, name)
    : parseKeys(JSON.stringify({ key: value.trim() }), name)
}

function parseKeys(text: string, where: string): ApiKey[] {
  const fix =
    'write { "name": "a key of at least 8 characters" }, or { "name": { "key": "...", "requestsPerSecond": 100, "inFlight": 64 } }'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // What the parser says would quote the text, which holds keys.
    throw new GuerdonError('not JSON', { where, fix })
  }
  const read = file.safeParse(value)
  if (!read.success)
    throw new GuerdonError(`entry '${read.error.issues[0].path.map(String).join('.')}' is no key`, { where, fix })
  return Object.entries(read.data).map(([name, entry]) =>
    typeof entry === 'string' ? { name, key: entry } : { name, ...entry },
  )
}
