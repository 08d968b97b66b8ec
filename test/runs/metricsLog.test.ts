import assert from 'node:assert/strict'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openMetricsLog, readMetrics } from '../../src/runs/metricsLog.ts'
import { collect } from '../collect.ts'
import { readEvents } from './readEvents.ts'
import { tempFolder } from './tempFolder.ts'

/** A clock that moves a quarter of a second at each look. */
function clock(): () => number {
  let now = 1000
  return () => (now += 0.25)
}

test('a line holds the step, the numbers, and apart from them what the clock says', async (t) => {
  const folder = tempFolder(t)
  const log = await openMetricsLog(folder, -1, clock())
  await log.append(3, { reward: 0.1, 'unscored/judge': 0, kl: Number.NaN }, { seconds: 2 })
  await log.close()
  const text = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
  assert.equal(text, '{"step":3,"reward":0.1,"unscored/judge":0,"kl":null,"time":{"at":1000.5,"seconds":2}}\n')
  assert.deepEqual(await collect(readMetrics(folder)), [
    { step: 3, at: 1000.5, metrics: { reward: 0.1, 'unscored/judge': 0, kl: null }, time: { seconds: 2 } },
  ])
})

test('TensorBoard gets the same numbers, times in a family of their own, and nothing that is not finite', async (t) => {
  const folder = tempFolder(t)
  const log = await openMetricsLog(folder, -1, clock())
  await log.append(3, { reward: 0.5, kl: Number.POSITIVE_INFINITY }, { seconds: 2 })
  await log.close()
  assert.deepEqual(readEvents(folder), [
    { wallTime: 1000.25, step: 0, version: 'brain.Event:2', scalars: {} },
    { wallTime: 1000.5, step: 3, version: '', scalars: { reward: 0.5, 'time/seconds': 2 } },
  ])
})

test('opened again, lines after the step are gone from both, and the events that stay are the same', async (t) => {
  const folder = tempFolder(t)
  const log = await openMetricsLog(folder, -1, clock())
  for (let step = 1; step <= 5; step++) await log.append(step, { reward: 1 / step }, { seconds: step })
  await log.close()
  const before = readEvents(folder)
  appendFileSync(join(folder, 'metrics.jsonl'), '{"step":6,"rew')
  const again = await openMetricsLog(folder, 3, clock())
  await again.append(4, { reward: 7 }, {})
  await again.close()
  const after = readEvents(folder)
  assert.deepEqual(after.slice(1, 4), before.slice(1, 4))
  assert.deepEqual(
    after.slice(4).map(({ step, scalars }) => [step, scalars]),
    [[4, { reward: 7 }]],
  )
  assert.deepEqual(
    (await collect(readMetrics(folder))).map(({ step }) => step),
    [1, 2, 3, 4],
  )
})

test('lines appended at once stand in the order of the calls, in both', async (t) => {
  const folder = tempFolder(t)
  const log = await openMetricsLog(folder, -1, clock())
  await Promise.all(Array.from({ length: 60 }, (_, step) => log.append(step, { step2: step ** 2 }, {})))
  await log.close()
  const steps = Array.from({ length: 60 }, (_, step) => step)
  assert.deepEqual(
    (await collect(readMetrics(folder))).map(({ step }) => step),
    steps,
  )
  assert.deepEqual(
    readEvents(folder)
      .slice(1)
      .map(({ step }) => step),
    steps,
  )
})
