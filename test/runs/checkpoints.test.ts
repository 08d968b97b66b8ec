import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { clearUnfinished, latestCheckpoint, writeCheckpoint } from '../../src/runs/checkpoints.ts'
import { tempFolder } from './tempFolder.ts'

const weights = (text: string) => (folder: string) => writeFile(join(folder, 'weights'), text)

test('the latest checkpoint is the one with the highest step, however many digits it has', async (t) => {
  const run = tempFolder(t)
  assert.equal(await latestCheckpoint(run), undefined)
  for (const step of [0, 50, 999_999, 1_000_000]) await writeCheckpoint(run, step, { step }, weights(`w${step}`), 9)
  const latest = await latestCheckpoint(run)
  assert.deepEqual(latest, {
    step: 1_000_000,
    folder: join(run, 'checkpoints', 'step-1000000'),
    state: { step: 1_000_000 },
  })
  assert.equal(readFileSync(join(latest.folder, 'weights'), 'utf8'), 'w1000000')
  assert.deepEqual(readdirSync(join(run, 'checkpoints')).sort()[1], 'step-000050')
})

test('only the last ones stay, and the older go after the new one is whole', async (t) => {
  const run = tempFolder(t)
  const during: string[][] = []
  for (const step of [1, 2, 3, 4]) {
    await writeCheckpoint(
      run,
      step,
      null,
      async () => void during.push(readdirSync(join(run, 'checkpoints')).filter((name) => name.startsWith('step-'))),
      2,
    )
  }
  assert.deepEqual(during[3], ['step-000002', 'step-000003'])
  assert.deepEqual(readdirSync(join(run, 'checkpoints')), ['step-000003', 'step-000004'])
})

test('a writer that throws leaves the earlier checkpoints and nothing of its own', async (t) => {
  const run = tempFolder(t)
  await writeCheckpoint(run, 1, 'one', weights('w1'), 2)
  const fail = async (folder: string) => {
    await weights('half')(folder)
    throw new Error('the weights are gone')
  }
  await assert.rejects(writeCheckpoint(run, 2, 'two', fail, 2), /^Error: the weights are gone$/)
  assert.deepEqual(readdirSync(join(run, 'checkpoints')), ['step-000001'])
  assert.equal((await latestCheckpoint(run))?.state, 'one')
})

test('what a killed process left half written or half deleted is never the latest, and can be cleared', async (t) => {
  const run = tempFolder(t)
  await writeCheckpoint(run, 3, null, weights('w3'), 2)
  for (const name of ['.step-000004.unfinished', '.step-000002.removed']) {
    mkdirSync(join(run, 'checkpoints', name))
    writeFileSync(join(run, 'checkpoints', name, 'state.json'), '{}')
  }
  assert.equal((await latestCheckpoint(run))?.step, 3)
  await clearUnfinished(run)
  assert.deepEqual(readdirSync(join(run, 'checkpoints')), ['step-000003'])
})

test('a whole tree of files is kept', async (t) => {
  const run = tempFolder(t)
  const tree = async (folder: string) => {
    mkdirSync(join(folder, 'policy', 'adapter'), { recursive: true })
    await weights('deep')(join(folder, 'policy', 'adapter'))
  }
  await writeCheckpoint(run, 1, {}, tree, 1)
  assert.ok(existsSync(join(run, 'checkpoints', 'step-000001', 'policy', 'adapter', 'weights')))
})

test('a state that cannot be read is an error that names the file and the way out', async (t) => {
  const run = tempFolder(t)
  await writeCheckpoint(run, 1, {}, weights('w'), 2)
  await writeCheckpoint(run, 2, {}, weights('w'), 2)
  writeFileSync(join(run, 'checkpoints', 'step-000002', 'state.json'), '{"a":')
  await assert.rejects(latestCheckpoint(run), /step-000002.state\.json: .*\n.*delete .*step-000002 to go on/)
})
