/** Worker processes: what they are allowed, and what happens when one of them is gone. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { openSandbox } from '../../src/sandbox/index.ts'
import type { WorkerProcess } from '../../src/sandbox/workerProcess.ts'
import { workforce } from '../../src/sandbox/workforce.ts'

const linux = process.platform === 'linux' ? {} : { skip: 'reads /proc' }
const sandbox = openSandbox({ workers: 1, limits: { seconds: 20 } })
after(() => sandbox.close())

const program = { language: 'python', source: 'def f(x): return x + 1' } as const
const tests = { code: ['assert f(1) == 2'] }
const passed = { kind: 'passed', total: 1 }

/** The process ids of this process's children that run Python. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('pyodide')
      } catch {
        return false
      }
    })
}

test('a worker has no permissions, no environment and the root as its folder', linux, async () => {
  assert.deepEqual(await sandbox.test(program, tests), passed)
  const pids = children()
  assert.ok(pids.length >= 2)
  for (const pid of pids) {
    assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '')
    const flags = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    assert.ok(flags.includes('--permission') && flags.includes('--disallow-code-generation-from-strings'))
    assert.ok(!flags.some((flag) => /^--allow-(?!fs-read=)/.test(flag)))
  }
})

test('workers that are killed from outside cost nobody a verdict', linux, async () => {
  for (const pid of children()) process.kill(pid, 'SIGKILL')
  assert.deepEqual(await sandbox.test(program, tests), passed)
  const slow = { language: 'python', source: 'import time\ntime.sleep(1.5)\ndef f(x): return x + 1' } as const
  const running = sandbox.test(slow, tests)
  await new Promise((resolve) => setTimeout(resolve, 700))
  for (const pid of children()) process.kill(pid, 'SIGKILL')
  const verdict = await running
  assert.deepEqual(verdict, passed)
  assert.deepEqual(await sandbox.test(program, tests), passed)
})

test('an aborted batch ends at once and the pool goes on', async () => {
  const abort = new AbortController()
  const endless = { language: 'python', source: 'while True: pass' } as const
  const verdict = sandbox.test(endless, tests, abort.signal)
  setTimeout(() => abort.abort(), 100)
  assert.deepEqual(await verdict, { kind: 'broken', reason: 'the batch was aborted' })
  assert.deepEqual(await sandbox.test(program, tests), passed)
})

test('a closed sandbox answers that it is closed', async () => {
  const closed = openSandbox()
  closed.close()
  assert.deepEqual(await closed.run(program), { kind: 'broken', reason: 'the sandbox is closed' })
})

/** A worker that does nothing, to watch how workers are lent. */
function idleWorker(ready = true): WorkerProcess {
  const state = { alive: true, served: 0 }
  return {
    get alive() {
      return state.alive
    },
    ready,
    served: 0,
    send() {},
    listen() {},
    rest() {},
    kill() {
      state.alive = false
    },
  }
}

test('no more workers are lent than the limit, and one more is kept ready', async () => {
  let started = 0
  const start = async () => {
    started++
    return idleWorker()
  }
  const pool = workforce(start, 2, 1, 3)
  const first = await pool.take()
  const second = await pool.take()
  const third = pool.take()
  await new Promise(setImmediate)
  assert.equal(started, 3)
  first.kill('test')
  pool.give(first)
  const lent = await third
  assert.notEqual(lent, first)
  lent.served = 3
  pool.give(lent)
  pool.give(second)
  assert.equal(lent.alive, false)
  pool.close()
  await assert.rejects(pool.take(), /closed/)
})

test('of the idle ones the last that has forgotten its program is lent, or else the first', async () => {
  const readiness = [true, true, false]
  const pool = workforce(async () => idleWorker(readiness.shift()), 3, 0, 10)
  const workers = await Promise.all([pool.take(), pool.take(), pool.take()])
  for (const worker of workers) pool.give(worker)
  const [first, second, busy] = workers
  assert.equal(await pool.take(), second)
  assert.equal(await pool.take(), first)
  assert.equal(await pool.take(), busy)
  pool.close()
})

test('a worker that cannot be started is told to those who wait, and tried again for the next', async () => {
  let tries = 0
  const pool = workforce(
    async () => {
      if (tries++ < 1) throw new Error('no room')
      return idleWorker()
    },
    1,
    0,
    10,
  )
  await assert.rejects(pool.take(), /no room/)
  assert.equal((await pool.take()).alive, true)
})
