import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scored } from '../../src/data/score.ts'
import { clipDelta } from '../../src/shaping/clipDelta.ts'
import { assertClose, flat } from '../credit/groups.ts'
import { stepsAfter, toGo } from './steps.ts'

const scores = [0.9, 0.95, 0.4, 0.8]
const clip = clipDelta({ delta: false })
const delta = clipDelta({ eta: false })
const both = clipDelta()

test("the brief's vectors: rewards and what is to come from each step", () => {
  assert.deepEqual(stepsAfter(clip, scores), [0, 0, -0.4, 0])
  assert.deepEqual(toGo(stepsAfter(clip, scores)), [-0.4, -0.4, -0.4, 0])
  assert.deepEqual(stepsAfter(delta, scores), [-0.05, 0.55, 0.4, 0])
  assert.deepEqual(toGo(stepsAfter(delta, scores)), [0.9, 0.95, 0.4, 0])
  assert.deepEqual(stepsAfter(both, scores), [0, 0.4, -0.4, 0])
  assert.deepEqual(toGo(stepsAfter(both, scores)), [0, 0, -0.4, 0])
  assert.deepEqual(stepsAfter(delta, [0.7]), [0])
  assert.deepEqual(stepsAfter(delta, [0.7, 0.3]), [0.7, 0])
})

test('ten more good steps pay nothing, where the plain sum pays for each', () => {
  const padded = [...scores.slice(0, 2), ...new Array(10).fill(0.95), ...scores.slice(2)]
  const sums = [clip, delta, both].map((shaping) => toGo(stepsAfter(shaping, padded))[0])
  assertClose(sums, [-0.4, 0.9, 0])
})

test('the return of any answer is bounded by its first step, whatever its length', () => {
  const answers = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 40 })
  fc.assert(
    fc.property(answers, (steps) => {
      assertClose(toGo(stepsAfter(delta, steps))[0], steps[0], 1e-4)
      assertClose(toGo(stepsAfter(both, steps))[0], Math.min(steps[0] - 0.8, 0), 1e-4)
      assert.ok(stepsAfter(clip, steps).every((reward) => reward <= 0))
    }),
    { seed: 55 },
  )
})

test('values, unscored answers and answers without steps stay as they are; alpha scales the steps alone', () => {
  const group = flat([null, 0.5, scored(1, { steps: Float32Array.of(0.4, 1) })])
  const [{ scores: after }] = clipDelta({ weight: 0.5 }).shape([group])
  assert.deepEqual(after.slice(0, 2), group.scores.slice(0, 2))
  assert.ok(after[2].kind === 'scored' && after[2].value === 1)
  assertClose(stepsAfter(clipDelta({ weight: 0.5 }), scores), [0, 0.2, -0.2, 0])
})
