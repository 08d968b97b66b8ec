import assert from 'node:assert/strict'
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { readMetrics } from '../../src/runs/metricsLog.ts'
import { readRollouts } from '../../src/runs/rolloutLog.ts'
import { openRun } from '../../src/runs/run.ts'
import { collect } from '../collect.ts'
import { smallDisk } from '../smallDisk.ts'
import { readEvents } from './readEvents.ts'
import { sampleGroup, tokenText } from './sampleRun.ts'

const weights = (size: number) => (folder: string) => writeFile(join(folder, 'weights'), new Uint8Array(size).fill(7))
const isDiskFull = (error: unknown) => {
  assert.ok(error instanceof GuerdonError)
  assert.match(error.message, /the disk is full/)
  assert.match(error.message, /free some space/)
  return true
}

test('a disk that fills up while a checkpoint is saved costs that checkpoint only', async (t) => {
  const disk = smallDisk(t, 1)
  if (disk === undefined) return
  const folder = join(disk, 'run')
  const run = await openRun(folder, { config: {}, seed: 1 })
  await run.log(1, { reward: 1 })
  await run.checkpoint(1, { at: 1 }, weights(200_000))
  const before = readFileSync(join(folder, 'metrics.jsonl'))
  await assert.rejects(run.checkpoint(2, { at: 2 }, weights(2_000_000)), isDiskFull)
  assert.deepEqual(readdirSync(join(folder, 'checkpoints')), ['step-000001'])
  assert.deepEqual(await run.latestCheckpoint(), {
    step: 1,
    folder: join(folder, 'checkpoints', 'step-000001'),
    state: { at: 1 },
  })
  assert.equal(readFileSync(join(folder, 'checkpoints', 'step-000001', 'weights')).length, 200_000)
  assert.deepEqual(readFileSync(join(folder, 'metrics.jsonl')), before)
  await run.checkpoint(3, { at: 3 }, weights(200_000))
  assert.equal((await run.latestCheckpoint())?.step, 3)
  await run.close()
})

test('a disk that fills up while logging leaves whole lines and whole events, and logging goes on once there is space', async (t) => {
  const disk = smallDisk(t, 1)
  if (disk === undefined) return
  const folder = join(disk, 'run')
  const run = await openRun(folder, { config: {}, seed: 1 })
  await run.log(1, { reward: 1 })
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(join(disk, 'filler'), new Uint8Array((bavail - 4) * bsize))
  const { group, advantages } = sampleGroup(2, 0, 8, 200)
  const fill = async () => {
    for (let step = 2; step < 2000; step++) {
      await run.rollouts(step, [group], [advantages], tokenText)
      await run.log(step, { reward: step })
    }
  }
  await assert.rejects(fill(), isDiskFull)
  const rows = await collect(readMetrics(folder))
  assert.deepEqual(
    rows.map(({ step }) => step),
    Array.from({ length: rows.length }, (_, i) => i + 1),
  )
  assert.equal(readFileSync(join(folder, 'metrics.jsonl'), 'utf8').at(-1), '\n')
  assert.ok(['', '\n'].includes(readFileSync(join(folder, 'rollouts.jsonl'), 'utf8').slice(-1)))
  readEvents(folder)
  rmSync(join(disk, 'filler'))
  await run.rollouts(2001, [group], [advantages], tokenText)
  await run.log(2001, { reward: 5 })
  await run.close()
  assert.equal((await collect(readMetrics(folder))).at(-1)?.step, 2001)
  assert.equal((await collect(readRollouts(folder))).at(-1)?.step, 2001)
  assert.equal(readEvents(folder).at(-1)?.step, 2001)
})
