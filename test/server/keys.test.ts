/** Who may ask, and how much. */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { environmentKeys, readKeys } from '../../src/server/index.ts'
import { start } from './start.ts'

const server = await start({ after }, 'hostile', {
  keys: [
    { name: 'trainer', key: 'open sesame' },
    { name: 'slow', key: 'one a second', requestsPerSecond: 2 },
    { name: 'narrow', key: 'two at once', inFlight: 2 },
  ],
})
const ask = (headers: Record<string, string>, completion = 'ok') =>
  server.post('/score', { samples: [{ completion }] }, headers)
const basic = (user: string, key: string) => `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`

test('a key in any of the places a caller can put one; without it nothing is told', async () => {
  const right: Record<string, string>[] = [
    { authorization: 'bearer open sesame' },
    { 'x-api-key': 'open sesame' },
    { authorization: basic('anyone', 'open sesame') },
  ]
  const statuses = await Promise.all(right.map(async (headers) => (await ask(headers)).status))
  assert.deepEqual(statuses, [200, 200, 200])
  const wrong: Record<string, string>[] = [
    {},
    { 'x-api-key': '' },
    { 'x-api-key': 'open sesam' },
    { authorization: 'Bearer' },
  ]
  for (const headers of wrong) {
    const { status, body, headers: said } = await ask(headers)
    assert.deepEqual([status, said.get('www-authenticate')], [401, 'Bearer'])
    assert.deepEqual(Object.keys(body), ['error'])
  }
  assert.equal((await fetch(`${server.url}/metrics`)).status, 401)
  assert.equal((await fetch(`${server.url}/metrics`, { headers: { 'x-api-key': 'open sesame' } })).status, 200)
  assert.equal((await fetch(`${server.url}/health`)).status, 200, 'a load balancer has no key')
})

test("a key's rate and its requests at a time are kept, and nobody else's", async () => {
  const statuses = async (key: string, count: number, completion: string) => {
    const replies = await Promise.all(Array.from({ length: count }, () => ask({ 'x-api-key': key }, completion)))
    const limited = replies.filter(({ status }) => status === 429)
    for (const { headers } of limited) assert.equal(headers.get('retry-after'), '1')
    return [replies.length - limited.length, limited.length]
  }
  assert.deepEqual(await statuses('one a second', 6, 'ok'), [2, 4])
  assert.deepEqual(await statuses('two at once', 6, 'wait300'), [2, 4])
  assert.deepEqual(await statuses('two at once', 2, 'ok'), [2, 0])
  assert.deepEqual(await statuses('open sesame', 20, 'ok'), [20, 0])
})

test('keys are read from a file that is private, or from the environment; an error does not repeat them', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keys.json')
  const write = (text: string, mode = 0o600) => {
    writeFileSync(file, text)
    chmodSync(file, mode)
  }
  write('{ "a": "secret-secret", "b": { "key": "other-secret", "requestsPerSecond": 5 } }')
  assert.deepEqual(readKeys(file), [
    { name: 'a', key: 'secret-secret' },
    { name: 'b', key: 'other-secret', requestsPerSecond: 5 },
  ])
  assert.deepEqual(environmentKeys('secret-secret', 'X'), [{ name: 'key', key: 'secret-secret' }])
  assert.deepEqual(environmentKeys('{"a":"secret-secret"}', 'X'), [{ name: 'a', key: 'secret-secret' }])
  write('{ "a": "secret-secret" }', 0o644)
  assert.throws(() => readKeys(file), /everyone on this machine can read/)
  for (const text of [
    '{ "a": "secret-secret',
    '{ "a": ["secret-secret"] }',
    '{ "a": { "key": "secret-secret", "typo": 1 } }',
  ]) {
    write(text)
    assert.throws(
      () => readKeys(file),
      (error: Error) => error.message.startsWith(file) && !error.message.includes('secret-secret'),
    )
  }
  assert.throws(() => readKeys(join(folder, 'absent')), /could not be read/)
})
