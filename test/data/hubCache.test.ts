/** The hub's cache, against a server that stands in for the hub and misbehaves in every way it can. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { type HubProgress, hubFolder, isHubName } from '../../src/data/hubCache.ts'

const sha = 'a'.repeat(40)
/** Three megabytes that are not all the same. */
const weights = Buffer.from(Uint32Array.from({ length: 750_000 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer)
const small = { 'config.json': '{"model_type":"llama"}', 'tokenizer.json': '{}', 'tokenizer_config.json': '{"a":1}' }

interface Asked {
  readonly method: string
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

/** What the server does, set by each test. */
interface Behaviour {
  readonly files: Readonly<Record<string, Buffer>>
  readonly others: readonly string[]
  /** Bytes after which each next connection to storage is cut. */
  cuts: number[]
  /** Statuses of the next answers from storage. */
  statuses: number[]
  readonly ignoresRanges: boolean
  readonly wrongRange: boolean
  readonly announcedSize?: number
  readonly corrupt: boolean
  readonly sha: string
}

let server: Server
let other: Server
let origin = ''
let storage = ''
let home = ''
let asked: Asked[] = []
let now: Behaviour

const usual = (): Behaviour => ({
  files: {
    ...Object.fromEntries(Object.entries(small).map(([name, text]) => [name, Buffer.from(text)])),
    'model.safetensors': weights,
  },
  ...{ others: ['README.md', 'pytorch_model.bin', 'onnx/model.onnx'], cuts: [], statuses: [] },
  ...{ ignoresRanges: false, wrongRange: false, corrupt: false, sha },
})

before(async () => {
  const listen = async (handler: (request: IncomingMessage, response: ServerResponse) => void) => {
    const made = createServer(handler)
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
    return made
  }
  const address = (made: Server) => `http://127.0.0.1:${(made.address() as AddressInfo).port}`
  server = await listen(hub)
  other = await listen(stored)
  origin = address(server)
  storage = address(other)
})
after(() => {
  for (const each of [server, other]) {
    each.closeAllConnections()
    each.close()
  }
})
beforeEach(async (t) => {
  home = await mkdtemp(join(tmpdir(), 'guerdon-hub-'))
  asked = []
  now = usual()
  if ('after' in t) t.after(() => rm(home, { recursive: true }))
})

function noted(request: IncomingMessage): string {
  const { method = '', url: path = '' } = request
  asked.push({ method, path, range: request.headers.range, authorization: request.headers.authorization })
  return path
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const gitSha = (bytes: Buffer) => createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

function hub(request: IncomingMessage, response: ServerResponse): void {
  const path = noted(request)
  if (path.startsWith('/api/models/org/gated/')) return void response.writeHead(401).end()
  if (path === '/api/models/org/model/revision/main' || path === `/api/models/org/model/revision/${sha}`) {
    const siblings = [...Object.keys(now.files), ...now.others].map((rfilename) => ({ rfilename }))
    return void response.end(JSON.stringify({ sha: now.sha, siblings }))
  }
  const [, file] = /^\/(?:org\/model|moved)\/resolve\/a{40}\/(.+)$/.exec(path) ?? []
  const bytes = file === undefined ? undefined : now.files[file]
  if (bytes === undefined) return void response.writeHead(404).end()
  // Large files are in storage on another host; small ones are here. One of them has moved.
  if (file?.endsWith('.safetensors'))
    return void response
      .writeHead(302, {
        location: `${storage}/${file}`,
        'x-linked-etag': `"${sha256(bytes)}"`,
        'x-linked-size': now.announcedSize ?? bytes.length,
      })
      .end()
  if (file === 'tokenizer_config.json' && path.startsWith('/org/'))
    return void response.writeHead(307, { location: `/moved/resolve/${sha}/${file}` }).end()
  response.writeHead(200, { etag: `W/"${gitSha(bytes)}"`, 'content-length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function stored(request: IncomingMessage, response: ServerResponse): void {
  const bytes = now.files[noted(request).slice(1)]
  const status = now.statuses.shift()
  if (status !== undefined) return void response.writeHead(status).end()
  const from = now.ignoresRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const content = now.corrupt ? Buffer.alloc(bytes.length, 7) : bytes
  const body = content.subarray(from)
  const start = now.wrongRange ? from + 1 : from
  const partial = request.headers.range !== undefined && !now.ignoresRanges
  response.writeHead(
    partial ? 206 : 200,
    partial ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {},
  )
  const cut = now.cuts.shift()
  if (cut === undefined) return void response.end(body)
  response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20))
}

const environment = (more: Readonly<Record<string, string>> = {}) => ({ HF_ENDPOINT: origin, HF_HOME: home, ...more })
const fetched = (more: Readonly<Record<string, string>> = {}) =>
  hubFolder('org/model', { environment: environment(more) })
const repo = () => join(home, 'hub', 'models--org--model')
const failsWith = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (thrown) => {
    assert.ok(thrown instanceof GuerdonError, String(thrown))
    assert.match(thrown.message, message)
    return true
  })

test('a model is fetched once, into the layout of the Python libraries', async () => {
  const progress: HubProgress[] = []
  const folder = await hubFolder('org/model', { environment: environment(), onProgress: (each) => progress.push(each) })
  assert.equal(folder, join(repo(), 'snapshots', sha))
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights)
  for (const [name, text] of Object.entries(small)) assert.equal(await readFile(join(folder, name), 'utf8'), text)
  assert.equal(await readFile(join(repo(), 'refs', 'main'), 'utf8'), sha)
  const link = join(folder, 'model.safetensors')
  if ((await lstat(link)).isSymbolicLink())
    assert.equal((await readlink(link)).replaceAll('\\', '/'), `../../blobs/${sha256(weights)}`)
  assert.ok(!asked.some(({ path }) => /README|\.bin|onnx/.test(path)), 'only what is needed is fetched')
  const last = progress.at(-1)
  assert.deepEqual(last, { file: 'model.safetensors', received: weights.length, total: weights.length })
  assert.ok(progress.every(({ received, total }) => received <= total))

  const requests = asked.length
  assert.equal(await fetched(), folder)
  assert.equal(await fetched({ HF_HUB_OFFLINE: '1' }), folder)
  assert.equal(await hubFolder(`org/model@${sha}`, { environment: environment() }), folder)
  assert.equal(asked.length, requests, 'what is in the cache is not asked for')
})

test('the token goes to the hub and not to storage', async () => {
  await fetched({ HF_TOKEN: 'secret' })
  for (const { path, authorization } of asked)
    assert.equal(authorization, path === '/model.safetensors' ? undefined : 'Bearer secret')
})

test('HF_HUB_CACHE is the cache itself', async () => {
  const folder = await fetched({ HF_HUB_CACHE: join(home, 'elsewhere') })
  assert.ok(folder.startsWith(join(home, 'elsewhere', 'models--org--model')))
})

test('a connection that is cut is taken up where it stopped', async () => {
  now.cuts = [1_000_000, 500_000]
  const folder = await fetched()
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights)
  // What the server had sent when it cut may not all have arrived.
  const starts = asked.flatMap(({ path, range = 'bytes=0-' }) =>
    path === '/model.safetensors' ? [Number(/\d+/.exec(range)?.[0])] : [],
  )
  assert.equal(starts.length, 3)
  assert.ok(starts[0] === 0 && starts[1] > 0 && starts[1] <= 1_000_000, starts.join())
  assert.ok(starts[2] > starts[1] && starts[2] <= starts[1] + 500_000, starts.join())
})

test('a later process goes on from what an earlier one left', async () => {
  const blob = join(repo(), 'blobs', `${sha256(weights)}.incomplete`)
  await mkdir(join(repo(), 'blobs'), { recursive: true })
  await writeFile(blob, weights.subarray(0, 2_000_000))
  const folder = await fetched()
  assert.deepEqual(await readFile(join(folder, 'model.safetensors')), weights)
  assert.ok(asked.some(({ range }) => range === 'bytes=2000000-'))
})

test('what is left of another file, or is longer, is thrown away', async () => {
  const blob = join(repo(), 'blobs', `${sha256(weights)}.incomplete`)
  await mkdir(join(repo(), 'blobs'), { recursive: true })
  await writeFile(blob, Buffer.alloc(weights.length + 1))
  assert.deepEqual(await readFile(join(await fetched(), 'model.safetensors')), weights)
  await rm(home, { recursive: true })
  await mkdir(join(repo(), 'blobs'), { recursive: true })
  await writeFile(blob, Buffer.alloc(1000))
  await failsWith(fetched(), /model\.safetensors: .*its checksum differs/)
  assert.deepEqual(await readFile(join(await fetched(), 'model.safetensors')), weights)
})

test('a server that knows no ranges is asked from the beginning', async () => {
  now = { ...usual(), ignoresRanges: true, cuts: [700_000] }
  assert.deepEqual(await readFile(join(await fetched(), 'model.safetensors')), weights)
})

test('busy servers are asked again; a range that is refused starts afresh', async () => {
  now.statuses = [503]
  assert.deepEqual(await readFile(join(await fetched(), 'model.safetensors')), weights)
  await rm(home, { recursive: true })
  now.statuses = [416]
  now.cuts = []
  const blob = join(repo(), 'blobs', `${sha256(weights)}.incomplete`)
  await mkdir(join(repo(), 'blobs'), { recursive: true })
  await writeFile(blob, weights.subarray(0, 10))
  assert.deepEqual(await readFile(join(await fetched(), 'model.safetensors')), weights)
})

test('a file of another size or content than announced is no file', async () => {
  now = { ...usual(), announcedSize: weights.length - 1 }
  await failsWith(fetched(), /model\.safetensors: the hub sends more than the 2999999 bytes it announced/)
  now = { ...usual(), corrupt: true }
  await rm(home, { recursive: true })
  await failsWith(fetched(), /model\.safetensors: .*its checksum differs/)
  now = { ...usual(), wrongRange: true, cuts: [1000] }
  await rm(home, { recursive: true, force: true })
  await failsWith(fetched(), /the hub sends another part of the file than was asked for/)
  await failsWith(fetched({ HF_HUB_OFFLINE: '1' }), /'org\/model' is not in the cache/)
})

test('a download that stops for good says where, and how to go on', async () => {
  now.statuses = [503, 503, 503, 503]
  await failsWith(fetched(), /the download stops at byte 0 of 3000000: status 503\n.*it goes on from there/)
})

test('shards are fetched with their index; a path in it is refused', async () => {
  const index = { weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors', c: 'model-1.safetensors' } }
  const { 'model.safetensors': _, ...others } = usual().files
  const shards = { 'model-1.safetensors': weights, 'model-2.safetensors': weights.subarray(0, 1000) }
  const withIndex = (value: object) => ({
    ...usual(),
    files: { ...others, ...shards, 'model.safetensors.index.json': Buffer.from(JSON.stringify(value)) },
  })
  now = withIndex(index)
  const folder = await fetched()
  assert.deepEqual(await readFile(join(folder, 'model-2.safetensors')), shards['model-2.safetensors'])
  await rm(join(folder, 'model-2.safetensors'))
  await failsWith(fetched({ HF_HUB_OFFLINE: '1' }), /not in the cache/)
  await rm(home, { recursive: true })
  now = withIndex({ weight_map: { a: '../../../../etc/passwd' } })
  await failsWith(fetched(), /model\.safetensors\.index\.json: 'weight_map\.a': expected the name of a \.safetensors/)
})

test('models and networks that are not there say so', async () => {
  await failsWith(hubFolder('org/none', { environment: environment() }), /has no such model or file \(status 404\)/)
  await failsWith(
    hubFolder('org/gated', { environment: environment() }),
    /no such model, or does not show it .*\(status 401\)[\s\S]*HF_TOKEN/,
  )
  const nowhere = { HF_ENDPOINT: 'http://127.0.0.1:9', HF_HOME: home }
  await failsWith(hubFolder('org/model', { environment: nowhere }), /could not be reached: [\s\S]*→ check the network/)
  await failsWith(fetched({ HF_HUB_OFFLINE: '1' }), /HF_HUB_OFFLINE says not to fetch it/)
  now = { ...usual(), files: { 'config.json': Buffer.from('{}') }, others: ['x.gguf', 'pytorch_model.bin'] }
  await failsWith(fetched(), /no weights in the safetensors format[\s\S]*download its x\.gguf/)
  now = { ...usual(), sha: '../../escape' }
  await failsWith(fetched(), /the answer is not a list/)
})

test('an abort ends a download and keeps what is there', async () => {
  const controller = new AbortController()
  now.cuts = [1_000_000]
  const onProgress = ({ received }: HubProgress) => {
    if (received >= 300_000) controller.abort(new Error('enough'))
  }
  await assert.rejects(hubFolder('org/model', { environment: environment(), onProgress, signal: controller.signal }), {
    message: 'enough',
  })
  now.cuts = []
  assert.deepEqual(await readFile(join(await fetched(), 'model.safetensors')), weights)
  assert.ok(asked.some(({ range }) => range !== undefined))
})

test('names', () => {
  for (const name of ['HuggingFaceTB/SmolLM2-135M-Instruct', 'a/b@main', 'a/b@refs/pr/1']) assert.ok(isHubName(name))
  for (const name of ['a', 'a/b/c', '/a/b', './a', '../a', 'a/..', 'a/b@../c', 'a b/c', '', 'models/']) {
    assert.ok(!isHubName(name), name)
  }
})
