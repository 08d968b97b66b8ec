import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { readMetrics } from '../../src/runs/metricsLog.ts'
import { tempFolder } from '../runs/tempFolder.ts'
import { resizeDisk, smallDisk } from '../smallDisk.ts'
import { lasting, resumableRun } from './resumableRun.ts'

test('a disk that fills up costs the checkpoint at hand; with space again the run goes on as if nothing had been', async (t) => {
  // A checkpoint has two models with their optimisers, 4.6 MB: the second finds no room.
  const disk = smallDisk(t, 8)
  if (disk === undefined) return
  const folder = join(disk, 'run')
  await assert.rejects(resumableRun(folder), (error) => {
    assert.ok(error instanceof GuerdonError)
    assert.match(error.message, /checkpoints\/step-000004: the checkpoint could not be saved: the disk is full/)
    assert.match(error.message, /free some space and resume the run: the earlier checkpoints are whole/)
    return true
  })
  assert.deepEqual(readdirSync(join(folder, 'checkpoints')), ['step-000002'])
  const steps = (await Array.fromAsync(readMetrics(folder))).map(({ step }) => step)
  assert.deepEqual(steps, [0, 1, 2, 3, 3, 4])
  resizeDisk(disk, 40)
  await resumableRun(folder, { resume: true })
  const unbroken = join(tempFolder(t), 'run')
  await resumableRun(unbroken)
  const [found, expected] = [lasting(folder), lasting(unbroken)]
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort())
  for (const [name, content] of Object.entries(expected)) assert.ok(found[name] === content, `${name} differs`)
})
