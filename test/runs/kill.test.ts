import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { random } from '../../src/data/random.ts'
import { count, weightsOf } from './countingRun.ts'
import { readEvents } from './readEvents.ts'
import { tempFolder } from './tempFolder.ts'

const STEPS = 25
const silent = () => undefined
const program = join(import.meta.dirname, 'countingRun.ts')

test('killed with SIGKILL again and again, a run ends as an unbroken one does', {
  skip: process.platform === 'win32' && 'no SIGKILL',
}, async (t) => {
  const unbroken = join(tempFolder(t), 'run')
  await count(unbroken, STEPS, silent)
  const broken = join(tempFolder(t), 'run')
  const dice = random('kills')
  let started = 0
  let brokenOff = 0
  while ((await latestOf(broken)) < STEPS - (STEPS % 3)) {
    // The first few die at random moments; then one may finish.
    const mercy = started++ >= 8
    const child = spawn(process.execPath, [program, broken, String(STEPS)], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(child, 'exit')
    if (!mercy) {
      // Every other one dies while it saves a checkpoint, the rest wherever they are.
      await said(child, started % 2 === 0 ? 'saving' : 'from')
      await setTimeout(started % 2 === 0 ? dice.int(0, 6) : dice.int(0, 60))
      child.kill('SIGKILL')
    }
    const [code, signal] = await exit
    if (signal === 'SIGKILL') brokenOff++
    else assert.equal(code, 0)
    checkpointsAreWhole(broken)
  }
  // The last checkpoint is in; what comes after it is made once more, undisturbed.
  await count(broken, STEPS, silent)
  checkpointsAreWhole(broken)
  assert.ok(brokenOff >= 3, `only ${brokenOff} processes were killed in mid-run`)

  // Not assert.equal: the difference of two long files would fill the screen.
  const rollouts = (folder: string) => readFileSync(join(folder, 'rollouts.jsonl'))
  assert.ok(rollouts(broken).equals(rollouts(unbroken)), 'rollouts.jsonl differs')
  assert.deepEqual(timeless(broken), timeless(unbroken))
  assert.deepEqual(eventsOf(broken), eventsOf(unbroken))
  assert.deepEqual(statesOf(broken), statesOf(unbroken))
  assert.deepEqual(namesIn(broken), namesIn(unbroken))
})

/** Waits for a process to say a word, or to end. */
async function said(child: ChildProcessByStdio<null, Readable, null>, word: string): Promise<void> {
  for await (const output of child.stdout.iterator({ destroyOnReturn: false })) if (`${output}`.includes(word)) return
}

async function latestOf(folder: string): Promise<number> {
  const names = existsSync(join(folder, 'checkpoints')) ? readdirSync(join(folder, 'checkpoints')) : []
  return Math.max(0, ...names.filter((name) => name.startsWith('step-')).map((name) => Number(name.slice(5))))
}

/** Whoever lists the folder after a kill finds whole checkpoints only. */
function checkpointsAreWhole(folder: string): void {
  for (const [name, weights, state] of checkpointsOf(folder)) {
    const whole = Buffer.concat(Array.from({ length: 8 }, () => weightsOf(Number(name.slice(5)))))
    assert.ok(weights.equals(whole), `${name} is half a checkpoint`)
    JSON.parse(state)
  }
}

function checkpointsOf(folder: string): [name: string, weights: Buffer, state: string][] {
  const parent = join(folder, 'checkpoints')
  if (!existsSync(parent)) return []
  const whole = readdirSync(parent).filter((name) => name.startsWith('step-'))
  return whole.map((name) => [
    name,
    readFileSync(join(parent, name, 'weights')),
    readFileSync(join(parent, name, 'state.json'), 'utf8'),
  ])
}

function statesOf(folder: string): [name: string, state: string][] {
  return checkpointsOf(folder).map(([name, _, state]) => [name, state])
}

/** The bytes of metrics.jsonl but for the field `time`. */
function timeless(folder: string): string[] {
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').split('\n')
  return lines.map((line) => line.replace(/,"time":\{[^}]*\}/, ''))
}

function eventsOf(folder: string) {
  return readEvents(folder).map(({ step, version, scalars }) => {
    const { 'time/seconds': _, ...rest } = scalars
    return { step, version, scalars: rest }
  })
}

function namesIn(folder: string): string[] {
  const names = readdirSync(folder).map((name) => name.replace(/^(events\.out\.tfevents)\..*/, '$1'))
  return [...names, ...readdirSync(join(folder, 'checkpoints'))].sort()
}
