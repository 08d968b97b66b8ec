/** What a reward, or the death of its process, may do to the requests that need it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { serve } from '../../src/server/index.ts'
import { rewardUrl, start } from './start.ts'

const server = await start({ after }, 'hostile', { deadlineMs: 400, workers: 1 })
const patient = await start({ after }, 'hostile', { deadlineMs: 20_000, memoryMb: 48, workers: 2 })
const samples = (...texts: readonly string[]) => ({ samples: texts.map((completion) => ({ completion })) })
const fine = (value: number) => ({ value, parts: { half: value / 2 }, feedback: 'seen' })
const unscored = (at: string, reason: RegExp) => ({ at, reason })

/** Asks for the texts and holds each answer against a value or a way of having none. */
async function expect(
  texts: readonly string[],
  expected: readonly (number | ReturnType<typeof unscored>)[],
  asked = server,
) {
  const { status, body } = await asked.post('/score', samples(...texts))
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.scores.length, texts.length)
  expected.forEach((wanted, i) => {
    if (typeof wanted === 'number') assert.deepEqual(body.scores[i], fine(wanted), texts[i])
    else {
      assert.equal(body.scores[i].unscored?.at, wanted.at, `${texts[i]}: ${JSON.stringify(body.scores[i])}`)
      assert.match(body.scores[i].unscored.reason, wanted.reason)
      assert.equal('value' in body.scores[i], false)
    }
  })
}

test('a throw, a NaN, too many scores: that sample is unscored with the reason, the others are not', async () => {
  await expect(
    ['ok', 'throw', 'NaN', 'two scores', 'fine'],
    [
      2,
      unscored('reward', /hostile threw: no idea/),
      unscored('reward', /NaN, which is not a finite number/),
      unscored('reward', /returned 2 scores for 1 samples/),
      4,
    ],
  )
})

test('a promise that never settles is unscored at its deadline, in the process that goes on', async () => {
  const { deaths } = await health()
  await expect(['ok', 'never', 'fine'], [2, unscored('deadline', /no answer within 400 ms/), 4])
  assert.equal((await health()).deaths, deaths)
})

test('a promise that never settles holds its own request and no other', async () => {
  const gone = new AbortController()
  const body = JSON.stringify(samples('ok', 'never'))
  let answered = 0
  // Four for two processes: both have some.
  const held = Array.from({ length: 4 }, () =>
    fetch(`${patient.url}/score`, { method: 'POST', body, signal: gone.signal }).then(
      () => answered++,
      () => undefined,
    ),
  )
  for (let inFlight = 0; inFlight < 4; ) {
    const state: ReturnType<typeof JSON.parse> = await (await fetch(`${patient.url}/health`)).json()
    inFlight = state.inFlight
  }
  for (let i = 0; i < 20; i++) await expect(['ok', 'wait5'], [2, 5], patient)
  assert.equal(answered, 0)
  gone.abort()
  await Promise.all(held)
})

test('an endless loop is killed at its deadline, and only its own sample is lost', async () => {
  const began = performance.now()
  // Requests that the same process has at hand are answered all the same.
  const others = Promise.all(Array.from({ length: 20 }, () => server.post('/score', samples('ok', 'wait20'))))
  await expect(
    ['ok', 'loop', 'fine', 'loop'],
    [2, unscored('deadline', /within 400 ms/), 4, unscored('deadline', /400 ms/)],
  )
  for (const { status, body } of await others) assert.deepEqual([status, body.scores], [200, [fine(2), fine(6)]])
  // Two loops one after the other; the rest is the start of processes on a busy machine.
  assert.ok(performance.now() - began > 800)
})

test('a caller that leaves an endless loop behind: its process goes all the same', async () => {
  const gone = AbortSignal.timeout(100)
  const body = JSON.stringify(samples('loop'))
  await assert.rejects(fetch(`${server.url}/score`, { method: 'POST', body, signal: gone }))
  await expect(['ok', 'fine'], [2, 4])
})

test('a loop after an await cannot be told from its neighbours: each is asked again alone', async () => {
  await expect(['ok', 'loop later', 'fine'], [2, unscored('deadline', /400 ms/), 4])
})

test('a reward that ends its process, or fills its memory, loses its own sample alone', async () => {
  const exits = unscored('sandbox', /ended with code 3/)
  await expect(['ok', 'exit', 'exit', 'fine'], [2, exits, exits, 4], patient)
  await expect(['ok', 'memory'], [2, unscored('sandbox', /ended with .*\(out of memory\)/)], patient)
})

test('kill -9 of the scoring processes under load: every request is answered, and rightly', async () => {
  let going = true
  let answered = 0
  const lane = async (lane: number) => {
    for (let i = 0; going; i++) {
      const texts = [`wait${1 + (i % 5)}`, 'x'.repeat(lane + 1), 'y'.repeat(i % 7)]
      const { status, body } = await patient.post('/score', samples(...texts))
      assert.equal(status, 200, JSON.stringify(body))
      assert.deepEqual(
        body.scores,
        texts.map(({ length }) => fine(length)),
      )
      answered++
    }
  }
  const lanes = Promise.all(Array.from({ length: 16 }, (_, i) => lane(i)))
  const killed = new Set<number>()
  const deaths = () => patient.logged.filter(({ event }) => event === 'worker ended').map(({ fields }) => fields.pid)
  while (killed.size < 3) {
    const before = answered
    while (answered < before + 40) await setTimeout(5)
    const ready = patient.logged.flatMap(({ event, fields }) => (event === 'worker ready' ? [Number(fields.pid)] : []))
    const victim = ready.find((pid) => !deaths().includes(pid))
    if (victim === undefined) continue
    killed.add(victim)
    process.kill(victim, 'SIGKILL')
  }
  going = false
  await lanes
  for (const pid of killed) assert.ok(deaths().includes(pid))
})

test('a module that throws, exports nothing, never loads or is not there: the server does not start, and says why', async () => {
  const fails = (module: string, message: RegExp, startMs = 30_000) =>
    assert.rejects(serve(rewardUrl(module), { port: 0, startMs }), message)
  await fails('throwsAtImport', /no good/)
  await fails('exportsNothing', /the export 'default' is no reward/)
  await fails('neverLoads', /did not load within 2000 ms/, 2000)
  await fails('absent', /absent/)
})

async function health() {
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  return { deaths: Number(/^guerdon_worker_deaths (\d+)/m.exec(metrics)?.[1]) }
}

test('a machine that slept in the middle of a piece is no stuck reward', async (t) => {
  const slept = await start(t, 'hostile', { deadlineMs: 2500 })
  const asked = slept.post('/score', samples('busy'))
  await setTimeout(400)
  const pids = slept.logged.filter(({ event }) => event === 'worker ready').map(({ fields }) => Number(fields.pid))
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  await setTimeout(4000)
  for (const pid of pids) process.kill(pid, 'SIGCONT')
  await asked
  await setTimeout(100)
  assert.deepEqual(
    slept.logged.filter(({ event }) => event === 'worker ended'),
    [],
  )
})
