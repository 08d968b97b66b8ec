import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scored } from '../../src/data/score.ts'
import { renorm } from '../../src/shaping/renorm.ts'
import { assertClose, flat } from '../credit/groups.ts'
import { stepsAfter, toGo } from './steps.ts'

/** All of an answer's rewards, its value on the last step. */
function total(steps: number[], outcome: number, options = {}): number {
  return toGo(stepsAfter(renorm(options), steps, outcome))[0] + outcome
}

test("the brief's vectors: the outcome decides the sign", () => {
  assertClose(stepsAfter(renorm(), [4 / 6, 3 / 4, 9], 1), [0.666667, 0.75, 0])
  assertClose(stepsAfter(renorm(), [4 / 6, 3 / 4, 9], 0), [-0.333333, -0.25, 0])
  assertClose(stepsAfter(renorm(), [0, 1, 9], 0), [-1, 0, 0])
  assertClose(stepsAfter(renorm({ beta: 0.7 }), [0.5, 9], 0), [-0.2, 0])
  assert.deepEqual(stepsAfter(renorm(), [0.9], 1), [0])
})

test("the brief's totals: steps of a wrong answer never add up to a gain", () => {
  const of = (n: number, outcome: number) => total([...new Array(n).fill(0.8), 0], outcome)
  assertClose(
    [1, 3, 6].map((n) => of(n, 0)),
    [-0.2, -0.6, -1.2],
    1e-5,
  )
  assertClose(
    [1, 3, 6].map((n) => of(n, 1)),
    [1.8, 3.4, 5.8],
    1e-5,
  )
})

test('right answers lose by no step, wrong ones gain by none; per step, length does not pay', () => {
  const answers = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(answers, (steps) => {
      assert.ok(stepsAfter(renorm(), steps, 1).every((reward) => reward >= 0))
      assert.ok(stepsAfter(renorm(), steps, 0).every((reward) => reward <= 0))
      assert.ok(total(steps, 1, { perStep: true }) <= 2 + 1e-5)
    }),
    { seed: 45 },
  )
})

test('the outcome may be a part; answers without it, without steps or without a score stay as they are', () => {
  const steps = Float32Array.of(0.5, 0.5)
  const group = flat([null, 1, scored(7, { steps }), scored(7, { steps, parts: { answer: 0 } })])
  const [{ scores }] = renorm({ outcome: 'answer' }).shape([group])
  assert.deepEqual(scores.slice(0, 3), group.scores.slice(0, 3))
  assert.deepEqual(scores[3], scored(7, { steps: Float32Array.of(-0.5, 0), parts: { answer: 0 } }))
})
