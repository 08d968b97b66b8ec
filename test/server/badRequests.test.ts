/** What callers may send, and how: over bare sockets where an HTTP client would not do it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { start } from './start.ts'

const server = await start({ after }, 'hostile', { bodyMs: 500, bodyBytes: 8 << 20, inFlight: 4, queueLimit: 8 })
const { port } = new URL(server.url)
const good = JSON.stringify({ samples: [{ completion: 'ok' }] })

/** Sends bytes on a socket of its own and gives all that came back until it was closed, or until `done` of it. */
async function raw(parts: readonly (string | Buffer)[], done = /\r\n\r\n.*\}$/s): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1')
  let said = ''
  socket.setEncoding('utf8').on('data', (text) => (said += text))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  for (const part of parts) socket.write(part)
  while (!socket.closed && !done.test(said)) await setTimeout(5)
  socket.destroy()
  return said
}

const head = (length: number | 'chunked') =>
  `POST /score HTTP/1.1\r\nhost: x\r\n${length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`}\r\n\r\n`

async function stillWell() {
  const { status, body } = await server.post('/score', good)
  assert.deepEqual([status, body.scores[0].value], [200, 2])
}

test('missing fields, wrong types, lists of different lengths, no JSON: 400, and what is wrong', async () => {
  const cases: [string, unknown, RegExp][] = [
    ['/score', '', /not JSON/],
    ['/score', '{"samples": [', /not JSON/],
    ['/score', [], /expected an object/],
    ['/score', {}, /samples/],
    ['/score', { samples: [{ prompt: 'q' }] }, /samples\.0\.completion/],
    ['/score', { samples: [{ completion: 3 }] }, /samples\.0\.completion/],
    ['/score', { samples: [{ completion: 'a', prompt: [{ role: 'boss', content: 'x' }] }] }, /role .*'boss'/],
    ['/get_reward', { prompts: ['a'] }, /query/],
    ['/get_reward', { query: ['a', 'b'], prompts: ['a'], labels: [] }, /query has 2, prompts has 1, labels has 0/],
    ['/verl', { ground_truth: '3' }, /solution_str/],
    ['/verl', { solution_strs: ['a'], ground_truths: ['a', 'b'] }, /solution_strs has 1, ground_truths has 2/],
    ['/trl', { prompts: ['a'], completions: [] }, /completions has 0, prompts has 1/],
    ['/rank', { prompt: 'a' }, /completions/],
    ['/classify', {}, /input/],
  ]
  for (const [path, body, message] of cases) {
    const reply = await server.post(path, body)
    assert.equal(reply.status, 400, `${path} ${JSON.stringify(body)}`)
    assert.match(reply.body.error.message, message)
  }
  await stillWell()
})

test('invalid UTF-8 is refused and not mended; a byte order mark, NUL and lone surrogates are text', async () => {
  const broken = Buffer.from('{"samples":[{"completion":"?"}]}')
  broken[broken.indexOf('?')] = 0xff
  const reply = await server.post('/score', broken)
  assert.deepEqual([reply.status, reply.body.error.message], [400, 'the body is not valid UTF-8'])
  const odd = await server.post('/score', String.raw`{"samples":[{"completion":"\u0000\ud800x"}]}`)
  assert.deepEqual([odd.status, odd.body.scores[0].value], [200, 3])
})

test('megabytes of one character are scored', async () => {
  const completion = 'a'.repeat(6 << 20)
  const { body } = await server.post('/score', { samples: [{ completion }, { completion: ' ' }] })
  assert.deepEqual(
    body.scores.map(({ value }: { value: number }) => value),
    [6 << 20, 1],
  )
})

test('a body of 100 MB is refused, announced or not, and its sender does not fill the memory', async () => {
  const announced = await raw([head(100 << 20), Buffer.alloc(1 << 20, 97)])
  assert.match(announced, /^HTTP\/1\.1 413 .*longer than 8388608 bytes/s)
  const before = process.memoryUsage().arrayBuffers
  const megabyte = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1 << 20, 97), Buffer.from('\r\n')])
  const unannounced = await raw([head('chunked'), ...Array.from({ length: 100 }, () => megabyte)])
  assert.match(unannounced, /^HTTP\/1\.1 413 /)
  assert.ok(process.memoryUsage().arrayBuffers - before < 50 << 20)
  await stillWell()
})

test('a caller that sends its body byte by byte is cut off, and meanwhile others are answered', async () => {
  const slow = Array.from({ length: 20 }, async () => {
    const socket = connect(Number(port), '127.0.0.1')
    let said = ''
    socket.setEncoding('utf8').on('data', (text) => (said += text))
    socket.on('error', () => undefined)
    socket.write(head(good.length))
    for (const character of good) {
      if (socket.closed || said !== '') break
      socket.write(character)
      await setTimeout(100)
    }
    socket.destroy()
    return said
  })
  for (let i = 0; i < 20; i++) await stillWell()
  for (const said of await Promise.all(slow)) assert.match(said, /^HTTP\/1\.1 408 .*within 500 ms/s)
})

test('callers that go away in the middle, before or after their body, leave nothing behind', async () => {
  const leave = async (sent: string) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(sent)
    await setTimeout(50)
    socket.destroy()
  }
  const waiting = JSON.stringify({ samples: [{ completion: 'wait300' }] })
  await Promise.all([
    ...Array.from({ length: 5 }, () => leave(head(waiting.length) + waiting)),
    ...Array.from({ length: 5 }, () => leave(head(waiting.length) + waiting.slice(0, 10))),
  ])
  await setTimeout(100)
  const { queued, inFlight }: ReturnType<typeof JSON.parse> = await (await fetch(`${server.url}/health`)).json()
  assert.deepEqual([queued, inFlight], [0, 0])
  await stillWell()
})

test('what is no HTTP, other methods, unknown paths', async () => {
  assert.match(await raw(['hello\r\n\r\n'], /400 Bad Request/), /^HTTP\/1\.1 400 /)
  const status = async (path: string, method: string) => (await fetch(server.url + path, { method })).status
  assert.deepEqual(await Promise.all([status('/score', 'GET'), status('/nope', 'POST')]), [405, 404])
})

test('more than can wait is refused at once with retry-after, and the rest is answered', async () => {
  const replies = await Promise.all(
    Array.from({ length: 40 }, () => server.post('/score', { samples: [{ completion: 'wait200' }] })),
  )
  const refused = replies.filter(({ status }) => status === 503)
  for (const { headers } of refused) assert.equal(headers.get('retry-after'), '1')
  const answered = replies.filter(({ status }) => status === 200)
  assert.equal(answered.length + refused.length, 40)
  // 4 at work and 8 that wait.
  assert.ok(answered.length >= 12 && refused.length > 0, `${answered.length} answered`)
  for (const { body } of answered) assert.equal(body.scores[0].value, 7)
})

test('a request may have a deadline of its own', async () => {
  const { body } = await server.post(
    '/score',
    { samples: [{ completion: 'never' }, { completion: 'ok' }] },
    { 'x-guerdon-deadline-ms': '150' },
  )
  assert.match(body.scores[0].unscored.reason, /no answer within 1[45]\d ms/)
  assert.equal(body.scores[1].value, 2)
})
