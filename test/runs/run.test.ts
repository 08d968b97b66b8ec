import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { readMetrics } from '../../src/runs/metricsLog.ts'
import { readRollouts } from '../../src/runs/rolloutLog.ts'
import { openRun } from '../../src/runs/run.ts'
import { readRunConfig } from '../../src/runs/runConfig.ts'
import { collect } from '../collect.ts'
import { sampleGroup, sampleMetrics, tokenText } from './sampleRun.ts'
import { tempFolder } from './tempFolder.ts'

const options = { config: { steps: 4, apiKey: 'word' }, seed: 1 }

test('a run leaves its config, metrics, events, rollouts, checkpoints and report', async (t) => {
  const folder = join(tempFolder(t), 'runs', 'first')
  const run = await openRun(folder, options)
  assert.equal(run.resumed, undefined)
  const noise = random(1)
  for (let step = 1; step <= 4; step++) {
    const { group, advantages } = sampleGroup(step, 0, 2, 20)
    await run.rollouts(step, [group], [advantages], tokenText)
    await run.log(step, sampleMetrics(step, 4, noise), { seconds: 1 })
    await run.checkpoint(step, { step }, (to) => writeFile(join(to, 'weights'), String(step)))
  }
  assert.equal((await run.latestCheckpoint())?.step, 4)
  assert.equal(await run.report(), join(folder, 'report.html'))
  await run.close()
  const names = readdirSync(folder).map((name) => name.replace(/^(events\.out\.tfevents)\..*/, '$1'))
  assert.deepEqual(names.sort(), [
    'checkpoints',
    'config.json',
    'events.out.tfevents',
    'metrics.jsonl',
    'report.html',
    'rollouts.jsonl',
  ])
  const config = await readRunConfig(folder)
  assert.equal(config.node, process.version)
  assert.deepEqual(config.config, { steps: 4, apiKey: '[secret]' })
})

test('a folder with a run in it is opened only to resume it', async (t) => {
  const folder = tempFolder(t)
  await (await openRun(folder, options)).close()
  await assert.rejects(openRun(folder, options), /there is a run in it already\n.*--resume/)
  await (await openRun(folder, { ...options, resume: true })).close()
})

test('a folder of other things is left alone, resumed or not', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'thesis.txt'), 'years of work')
  await assert.rejects(openRun(folder, options), /not empty/)
  await assert.rejects(openRun(folder, { ...options, resume: true }), /not the config of a run/)
  assert.deepEqual(readdirSync(folder), ['thesis.txt'])
})

test('what a process killed at its very start leaves behind counts as an empty folder', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, '.config.json.1234.tmp'), '{"gue')
  await (await openRun(folder, options)).close()
})

test('two at once: the second is refused and disturbs nothing', async (t) => {
  const folder = tempFolder(t)
  const run = await openRun(folder, options)
  await assert.rejects(openRun(folder, { ...options, resume: true }), /this process has it open already/)
  await run.log(1, { reward: 1 })
  await run.close()
  assert.equal((await collect(readMetrics(folder))).length, 1)
})

test('resumed, a run goes on after its latest checkpoint; without one it begins again', async (t) => {
  const folder = tempFolder(t)
  const first = await openRun(folder, options)
  await first.log(1, { reward: 1 })
  await first.close()
  const second = await openRun(folder, { ...options, resume: true })
  assert.equal(second.resumed, undefined)
  for (const step of [1, 2, 3]) {
    await second.log(step, { reward: 10 * step })
    if (step === 2) await second.checkpoint(2, { drawn: 17 }, async () => undefined)
  }
  await second.close()
  const third = await openRun(folder, { ...options, config: { steps: 9 }, resume: true })
  assert.deepEqual(third.resumed, { step: 2, folder: join(folder, 'checkpoints', 'step-000002'), state: { drawn: 17 } })
  await third.log(3, { reward: 33 })
  await third.close()
  const rewards = (await collect(readMetrics(folder))).map(({ step, metrics }) => [step, metrics.reward])
  assert.deepEqual(rewards, [
    [1, 10],
    [2, 20],
    [3, 33],
  ])
  const { resumed, config } = await readRunConfig(folder)
  assert.deepEqual(
    resumed.map(({ step, changed }) => [step, changed]),
    [
      [0, []],
      [2, ['apiKey', 'steps']],
    ],
  )
  assert.deepEqual(config, { steps: 9 })
})

test('another seed would make it another run', async (t) => {
  const folder = tempFolder(t)
  await (await openRun(folder, options)).close()
  await assert.rejects(
    openRun(folder, { ...options, seed: 2, resume: true }),
    /started with seed 1, not 2\n.*resume it with seed 1/,
  )
})

test('the first groups of a step are kept, as many as asked for', async (t) => {
  const folder = tempFolder(t)
  const sampled = [0, 1, 2, 3, 4, 5].map((g) => sampleGroup(1, g, 2, 10))
  const groups = sampled.map(({ group }) => group)
  const advantages = sampled.map((one) => one.advantages)
  for (const [name, groupsPerStep, kept] of [
    ['default', undefined, 4],
    ['two', 2, 2],
    ['all', 100, 6],
  ] as const) {
    const run = await openRun(join(folder, name), groupsPerStep === undefined ? options : { ...options, groupsPerStep })
    await run.rollouts(1, groups, advantages, tokenText)
    await run.close()
    const lines = await collect(readRollouts(join(folder, name)))
    assert.deepEqual(
      lines.map(({ group }) => group),
      Array.from({ length: kept }, (_, i) => i),
    )
  }
})

test('steps neither go back nor grow once they are in a checkpoint', async (t) => {
  const run = await openRun(tempFolder(t), options)
  await run.log(0, { accuracy: 0.5 })
  await run.log(5, { reward: 1 })
  await run.log(5, { accuracy: 1 })
  await assert.rejects(run.log(4, { reward: 1 }), RangeError)
  await assert.rejects(run.log(5.5, { reward: 1 }), RangeError)
  await run.checkpoint(5, null, async () => undefined)
  await assert.rejects(run.log(5, { reward: 1 }), RangeError)
  await assert.rejects(
    run.checkpoint(5, null, async () => undefined),
    RangeError,
  )
  await run.log(6, { reward: 1 })
  await run.close()
})

test('a folder that cannot be made is an error that names it', async (t) => {
  const file = join(tempFolder(t), 'file')
  writeFileSync(file, '')
  await assert.rejects(openRun(join(file, 'run'), options), /file.run: could not be written/)
  mkdirSync(join(tempFolder(t), 'x'))
  assert.equal(readFileSync(file, 'utf8'), '')
})
