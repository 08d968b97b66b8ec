/**
 * One file of a model on the hub into the cache: the hub tells its size and checksum (ETag: the SHA-256 of a large file,
 * git's SHA-1 of a small one), bytes go to BLOB.incomplete, a connection that is cut is taken up where it stopped (HTTP
 * range requests), and the file gets its name only when size and checksum are right.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, type FileHandle, mkdir, open, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { diskError } from './atomicFile.ts'
import { GuerdonError, messageOf } from './error.ts'

/** A model on a hub. */
export interface Hub {
  readonly endpoint: string
  readonly model: string
  readonly token?: string
  readonly signal?: AbortSignal
}

interface Place {
  readonly commit: string
  readonly file: string
  /** The model's folder in the cache. */
  readonly folder: string
}

/**
 * Asks the hub. Throws a GuerdonError where it cannot be reached or refuses; redirects to other hosts are followed
 * without the token.
 */
export async function hubFetch(hub: Hub, url: string, init: RequestInit = {}): Promise<Response> {
  const response = await request(hub, url, init).catch((cause) => {
    hub.signal?.throwIfAborted()
    throw new GuerdonError(`the hub could not be reached: ${reasonOf(cause)}`, {
      where: url,
      fix: 'check the network (or HF_ENDPOINT), or name the folder or GGUF file of a model that is on this machine',
      cause,
    })
  })
  if (response.status < 400) return response
  await response.body?.cancel()
  throw refusal(hub, url, response.status)
}

function request(hub: Hub, url: string, init: RequestInit): Promise<Response> {
  const authorization = hub.token === undefined ? {} : { authorization: `Bearer ${hub.token}` }
  const headers = { 'accept-encoding': 'identity', ...authorization, ...init.headers }
  return fetch(url, { ...init, headers, ...(hub.signal === undefined ? {} : { signal: hub.signal }) })
}

/** `fetch` hides what happened behind 'fetch failed'. */
function reasonOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown)
}

function refusal(hub: Hub, url: string, status: number): GuerdonError {
  const check = 'check the name; a folder or file of that name is not on this machine either'
  const consent = `if '${hub.model}' is private or needs consent, set HF_TOKEN`
  // The hub does not say whether a model that it hides exists.
  const [what, fix] =
    status === 401 || status === 403
      ? ['the hub has no such model, or does not show it to everyone', `${check}; ${consent}`]
      : status === 404
        ? ['the hub has no such model or file', check]
        : ['the hub does not serve this now', 'try again later']
  return new GuerdonError(`${what} (status ${status})`, { where: url, fix })
}

/** Fetches a file unless its blob is there, links it into the snapshot, and gives its path there. */
export async function hubFile(hub: Hub, { commit, file, folder }: Place, onProgress: Progress): Promise<string> {
  const url = `${hub.endpoint}/${hub.model}/resolve/${commit}/${file}`
  const { etag, size } = await announced(hub, url)
  const blob = join(folder, 'blobs', etag)
  if ((await sizeOf(blob)) !== size) {
    await mkdir(dirname(blob), { recursive: true }).catch((cause) => {
      throw diskError(blob, cause)
    })
    await download(hub, url, `${blob}.incomplete`, size, onProgress)
    await checkSum(`${blob}.incomplete`, etag, size, url)
    await rename(`${blob}.incomplete`, blob)
  }
  const path = join(folder, 'snapshots', commit, file)
  await link(blob, path)
  return path
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size
}

/** What the hub says of a file before it is fetched. */
async function announced(hub: Hub, url: string): Promise<{ readonly etag: string; readonly size: number }> {
  let response = await hubFetch(hub, url, { method: 'HEAD', redirect: 'manual' })
  // Large files are redirected to storage, after their headers were told; renamed models are redirected on the hub.
  for (let hops = 0; response.status >= 300 && !response.headers.has('x-linked-etag') && hops < 5; hops++) {
    const next = new URL(response.headers.get('location') ?? '', url)
    if (next.origin !== new URL(url).origin) break
    response = await hubFetch(hub, next.href, { method: 'HEAD', redirect: 'manual' })
  }
  const { headers } = response
  const etag = (headers.get('x-linked-etag') ?? headers.get('etag') ?? '').replace(/^W\//, '').replaceAll('"', '')
  const size = Number(headers.get('x-linked-size') ?? headers.get('content-length') ?? Number.NaN)
  // The tag becomes a file's name.
  if (!/^[\w-]+$/.test(etag) || !Number.isSafeInteger(size) || size < 0)
    throw new GuerdonError('the hub does not tell the size and the tag of this file', { where: url })
  return { etag, size }
}

/** How often in a row a connection may fail without a byte received. */
const patience = 4

type Progress = (received: number, total: number) => void

/** Fills a file, from what an earlier download left in it on. */
async function download(hub: Hub, url: string, path: string, size: number, onProgress: Progress): Promise<void> {
  const file = await open(path, 'a+').catch((cause) => {
    throw diskError(path, cause)
  })
  try {
    const { size: kept } = await file.stat()
    const partial: Partial = { file, path, size, received: kept }
    if (kept > size) await startAgain(partial)
    onProgress(partial.received, size)
    for (let failures = 0; partial.received < size; ) {
      const before = partial.received
      const reason = await receive(hub, url, partial, onProgress)
      failures = partial.received > before ? 0 : failures + 1
      if (failures === patience)
        throw new GuerdonError(`the download stops at byte ${partial.received} of ${size}: ${reason}`, {
          where: url,
          fix: 'try again: it goes on from there',
        })
      if (failures > 0) await pause(250 * 2 ** failures, undefined, hub.signal && { signal: hub.signal })
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A file on its way: it holds the first `received` of `size` bytes. */
interface Partial {
  readonly file: FileHandle
  readonly path: string
  readonly size: number
  received: number
}

async function startAgain(partial: Partial): Promise<void> {
  await partial.file.truncate(0)
  partial.received = 0
}

/** One connection: takes what it brings, and says why it ended. Throws a GuerdonError where another would not help. */
async function receive(hub: Hub, url: string, partial: Partial, onProgress: Progress): Promise<string> {
  const { file, path, size } = partial
  try {
    const range = partial.received === 0 ? {} : { range: `bytes=${partial.received}-` }
    const response = await request(hub, url, { headers: range })
    const { status, body } = response
    // 416: what was kept is no part of this file. Any answer but 206 brings the file from its beginning.
    if (status === 416 || status === 200) await startAgain(partial)
    if (status !== 200 && status !== 206) {
      await body?.cancel()
      if (status === 416 || status === 429 || status >= 500) return `status ${status}`
      throw refusal(hub, url, status)
    }
    if (status === 206 && !isRest(response, partial))
      throw new GuerdonError('the hub sends another part of the file than was asked for', { where: url })
    for await (const bytes of body ?? []) {
      if (partial.received + bytes.length > size)
        throw new GuerdonError(`the hub sends more than the ${size} bytes it announced`, { where: url })
      await file.appendFile(bytes).catch((cause) => {
        throw diskError(path, cause)
      })
      partial.received += bytes.length
      onProgress(partial.received, size)
    }
    return 'the connection ended early'
  } catch (thrown) {
    hub.signal?.throwIfAborted()
    if (thrown instanceof GuerdonError) throw thrown
    return reasonOf(thrown)
  }
}

/** Whether a partial answer is the rest that was asked for, of a file of the size announced. */
function isRest(response: Response, { received, size }: Partial): boolean {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? []
  return Number(from) === received && (total === '*' || Number(total) === size)
}

async function checkSum(path: string, etag: string, size: number, url: string): Promise<void> {
  const hash = /^[0-9a-f]{64}$/.test(etag)
    ? createHash('sha256')
    : /^[0-9a-f]{40}$/.test(etag)
      ? createHash('sha1').update(`blob ${size}\0`)
      : undefined
  if (hash === undefined) return
  for await (const bytes of createReadStream(path)) hash.update(bytes)
  if (hash.digest('hex') === etag) return
  await rm(path, { force: true })
  throw new GuerdonError('what was received is not the file that the hub announced (its checksum differs)', {
    where: url,
    fix: 'try again; it starts from the beginning',
  })
}

/** A relative link, so that the cache can be moved; a copy where the system has no links. */
async function link(blob: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await rm(path, { force: true })
  await symlink(relative(dirname(path), blob), path).catch(() => copyFile(blob, path))
}
