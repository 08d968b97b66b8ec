import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { workerPool } from '../../src/sandbox/workerPool.ts'

const handler = new URL('./fixtures/echo.ts', import.meta.url).href
const deadlineMs = 20_000

test('a worker answers one job after another, with the data it was made with', async () => {
  const pool = workerPool({ handler, data: { seed: 7 }, workers: 1 })
  const outcomes = await Promise.all([1, 2].map((job) => pool.run(job, { deadlineMs })))
  assert.deepEqual(outcomes, [
    { kind: 'done', value: { job: 1, data: { seed: 7 }, jobs: 1 } },
    { kind: 'done', value: { job: 2, data: { seed: 7 }, jobs: 2 } },
  ])
  await pool.close()
})

test('time in the queue is not counted against a deadline', async () => {
  const pool = workerPool({ handler, workers: 1 })
  const outcomes = await Promise.all(Array.from({ length: 4 }, () => pool.run('wait 150', { deadlineMs: 500 })))
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['done', 'done', 'done', 'done'],
  )
  await pool.close()
})

test('a killed worker is replaced by a fresh one', async () => {
  const pool = workerPool({ handler, workers: 1 })
  const [before, killed, after] = await Promise.all([
    pool.run('a', { deadlineMs }),
    pool.run('loop', { deadlineMs: 50 }),
    pool.run('b', { deadlineMs }),
  ])
  assert.partialDeepStrictEqual(before, { value: { jobs: 1 } })
  assert.deepEqual(killed, { kind: 'deadline', message: 'no answer within 50 ms' })
  assert.partialDeepStrictEqual(after, { value: { jobs: 1 } })
  await pool.close()
})

test('an abort takes a job from the queue or kills it, and touches no other', async () => {
  const pool = workerPool({ handler, workers: 1 })
  const running = new AbortController()
  const queued = new AbortController()
  const outcomes = [
    pool.run('loop', { deadlineMs, signal: running.signal }),
    pool.run('queued', { deadlineMs, signal: queued.signal }),
    pool.run('last', { deadlineMs }),
    pool.run('late', { deadlineMs, signal: AbortSignal.abort(new Error('before it began')) }),
  ]
  queued.abort(new Error('not needed'))
  assert.deepEqual(await outcomes[1], { kind: 'aborted', message: 'not needed' })
  running.abort(new Error('enough'))
  assert.deepEqual(await outcomes[0], { kind: 'aborted', message: 'enough' })
  assert.partialDeepStrictEqual(await outcomes[2], { kind: 'done', value: { job: 'last', jobs: 1 } })
  assert.deepEqual(await outcomes[3], { kind: 'aborted', message: 'before it began' })
  await pool.close()
})

test('a job that cannot be sent says so', async () => {
  const pool = workerPool({ handler, workers: 1 })
  const outcome = await pool.run(() => 1, { deadlineMs })
  assert.partialDeepStrictEqual(outcome, { kind: 'threw' })
  assert.match(outcome.kind === 'threw' ? outcome.message : '', /cannot be sent to a worker/)
  assert.partialDeepStrictEqual(await pool.run('next', { deadlineMs }), { kind: 'done' })
  await pool.close()
})

test('a handler that does not load loses its job, and the pool goes on refusing', async () => {
  const pool = workerPool({ handler: new URL('./fixtures/nowhere.ts', import.meta.url).href, workers: 1 })
  for (let i = 0; i < 2; i++) {
    const outcome = await pool.run('a', { deadlineMs })
    assert.match(outcome.kind === 'lost' ? outcome.message : '', /could not start: Cannot find module/)
  }
  await pool.close()
  const uncloneable = workerPool({ handler, data: () => 1, workers: 1 })
  const outcomes = await Promise.all([1, 2].map((job) => uncloneable.run(job, { deadlineMs })))
  for (const outcome of outcomes) {
    assert.match(outcome.kind === 'lost' ? outcome.message : '', /could not start: .*could not be cloned/)
  }
})

test('it starts from code given on the command line too', () => {
  const pool = new URL('../../src/sandbox/workerPool.ts', import.meta.url).href
  const code = `import { workerPool } from '${pool}'
    const pool = workerPool({ handler: '${handler}', workers: 1 })
    console.log((await pool.run('a', { deadlineMs: 20_000 })).kind)`
  const flags = ['--input-type=module', '--eval', code]
  assert.equal(execFileSync(process.execPath, flags, { encoding: 'utf8', timeout: 20_000 }), 'done\n')
})
