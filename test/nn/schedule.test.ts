/** Learning-rate schedules at the points where their closed forms are known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constantSchedule, cosineSchedule, linearSchedule } from '../../src/nn/schedule.ts'

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, ${expected}`)

test('a warm-up rises in equal steps to 1', () => {
  for (const schedule of [constantSchedule({ warmup: 4 }), linearSchedule({ steps: 100, warmup: 4 })])
    [0.25, 0.5, 0.75, 1].forEach((factor, step) => near(schedule(step), factor))
  near(constantSchedule()(0), 1)
  near(constantSchedule({ warmup: 4 })(1000), 1)
})

test('linear: halfway at half time, at the floor from the end on', () => {
  const schedule = linearSchedule({ steps: 110, warmup: 10, floor: 0.2 })
  near(schedule(10), 1)
  near(schedule(60), 0.6)
  near(schedule(110), 0.2)
  near(schedule(500), 0.2)
})

test('cosine: 1, then cos², then the floor', () => {
  const schedule = cosineSchedule({ steps: 100, floor: 0.1 })
  near(schedule(0), 1)
  near(schedule(50), 0.55)
  near(schedule(25), 0.1 + 0.9 * Math.cos(Math.PI / 8) ** 2)
  near(schedule(100), 0.1)
})
