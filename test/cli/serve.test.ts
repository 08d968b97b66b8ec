/** `guerdon serve` as its users run it. */
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { post } from '../server/start.ts'
import { guerdon, type Running, start, tempFolder } from './cli.ts'

/** The first line on stdout, which is printed once it listens. */
function firstLine({ child, ended }: Running): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (text: string) => {
      said += text
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')))
    })
    ended.then(({ stderr }) => reject(new Error(stderr)))
  })
}

const events = (stderr: string) =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('serves a named reward to this machine alone and says so; SIGTERM answers what was accepted, then ends', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(
    join(folder, 'slow.ts'),
    `import { defineReward } from 'guerdon/rewards'
     export default defineReward('slow', async ({ completion }) => {
       console.log('what a reward prints is no part of the output')
       await new Promise((resolve) => setTimeout(resolve, Number(completion.text)))
       return 0.5
     })`,
  )
  const running = start(folder, 'serve', '--reward', './slow.ts', '--port', '0', '--workers', '1', '--access-log')
  const greeting = await firstLine(running)
  const [, url = ''] = /^slow on (http:\/\/127\.0\.0\.1:\d+) \(this machine alone/.exec(greeting) ?? []
  assert.notEqual(url, '', greeting)
  const asked = post(url, '/score', { samples: [{ completion: '1500' }] })
  const quick = await post(url, '/score', { samples: [{ completion: '1' }] })
  assert.deepEqual(quick.body.scores, [{ value: 0.5 }])
  running.child.kill('SIGTERM')
  const late = await asked
  assert.deepEqual([late.status, late.body.scores, late.headers.get('connection')], [200, [{ value: 0.5 }], 'close'])
  const { code, stdout, stderr } = await running.ended
  assert.deepEqual([code, stdout], [0, `${greeting}\n`])
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  const logged = events(lines.join('\n'))
  assert.deepEqual(
    logged.filter(({ event }) => event === 'request').map(({ route, status }) => [route, status]),
    [
      ['/score', 200],
      ['/score', 200],
    ],
  )
  assert.deepEqual(logged.at(-1).event, 'stopped')
  for (const { time, level } of logged) assert.ok(time.endsWith('Z') && ['info', 'warn'].includes(level))
})

test('keys from a file; other addresses without keys are warned about; --json prints where it listens', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'keys.json'), '{ "trainer": "a long key" }')
  chmodSync(join(folder, 'keys.json'), 0o600)
  const args = ['serve', '--reward', 'exactMatch', '--port', '0', '--workers', '1', '--json']
  const closed = start(folder, ...args, '--keys', 'keys.json')
  const open = start(folder, ...args, '--host', '0.0.0.0')
  const [line] = await Promise.all([firstLine(closed), firstLine(open)])
  const { url, reward } = JSON.parse(line)
  assert.deepEqual(reward, { name: 'exactMatch', range: [0, 1] })
  const body = { samples: [{ completion: 'a', reference: 'a' }] }
  assert.equal((await post(url, '/score', body)).status, 401)
  assert.deepEqual((await post(url, '/score', body, { 'x-api-key': 'a long key' })).body.scores, [{ value: 1 }])
  for (const running of [closed, open]) running.child.kill('SIGINT')
  const [first, second] = await Promise.all([closed.ended, open.ended])
  assert.deepEqual([first.code, second.code], [0, 0])
  assert.doesNotMatch(first.stderr, /a long key/)
  assert.deepEqual(events(second.stderr).find(({ level }) => level === 'warn')?.event, 'open')
})

test('what cannot be served ends with code 2 and says why', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'throws.ts'), "throw new Error('no good')")
  writeFileSync(join(folder, 'nothing.ts'), 'export const other = 1')
  const serve = (...args: readonly string[]) => guerdon(folder, 'serve', '--port', '0', ...args)
  const ended = await Promise.all([
    serve('--reward', 'exactmatch'),
    serve('--reward', './absent.ts'),
    serve('--reward', './throws.ts'),
    serve('--reward', './nothing.ts'),
  ])
  const said = [/did you mean 'exactMatch'/, /absent\.ts: there is no such file/, /throws\.ts: no good/]
  const more = [/nothing\.ts: there is no reward in it: it exports other/]
  ended.forEach(({ code, stdout, stderr }, i) => {
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, [...said, ...more][i])
  })
})
