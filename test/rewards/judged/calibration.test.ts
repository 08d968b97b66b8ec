import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GuerdonError } from '../../../src/data/error.ts'
import { type Score, scored, unscored } from '../../../src/data/score.ts'
import { calibrate } from '../../../src/rewards/judged/calibration.ts'
import { near } from './near.ts'

/** Counts of (judge, label) as scores and labels. */
function table(truePositives: number, falsePositives: number, falseNegatives: number, trueNegatives: number) {
  const counts = [truePositives, falsePositives, falseNegatives, trueNegatives]
  const cells = [
    [0.9, true],
    [0.6, false],
    [0.4, true],
    [0.1, false],
  ] as const
  const rows = cells.flatMap((cell, i) => new Array<typeof cell>(counts[i]).fill(cell))
  return [rows.map(([value]): Score => scored(value)), rows.map(([, label]) => label)] as const
}

test('agreement of two classes: the vectors of Master-RM and of RLVR across domains', () => {
  const { classes, n } = calibrate(...table(45, 5, 10, 40))
  assert.ok(classes !== undefined)
  assert.equal(n, 100)
  near(classes.accuracy, 0.85)
  near(classes.macroF1, 0.849624)
  near(classes.kappa ?? Number.NaN, 0.7)
  assert.deepEqual(
    [classes.truePositives, classes.falsePositives, classes.falseNegatives, classes.trueNegatives],
    [45, 5, 10, 40],
  )
  near(calibrate(...table(40, 6, 4, 50)).classes?.kappa ?? Number.NaN, 0.798061)
  // Wilson's interval for 5 of 100.
  const [low, high] = calibrate(...table(5, 95, 0, 0)).classes?.accuracyInterval ?? [Number.NaN, Number.NaN]
  near(low, 0.021543, 1e-5)
  near(high, 0.111752, 1e-5)
})

test('a judge that always says no is exposed: accurate, and kappa is none or 0', () => {
  const { classes } = calibrate(...table(0, 0, 10, 90))
  assert.ok(classes !== undefined)
  near(classes.accuracy, 0.9)
  near(classes.kappa ?? Number.NaN, 0)
  assert.equal(calibrate(...table(0, 0, 0, 90)).classes?.kappa, null)
})

test('what was not scored counts in neither class and is reported by cause', () => {
  const scores = [
    scored(1),
    scored(0),
    unscored('judge', 'prose'),
    unscored('judge', 'refused'),
    unscored('network', 'x'),
  ]
  const found = calibrate(scores, [true, false, true, false, true])
  assert.deepEqual([found.n, found.classes?.accuracy, found.unscored], [2, 1, { judge: 2, network: 1 }])
  const none = calibrate([unscored('judge', 'x')], [1])
  assert.deepEqual([none.n, none.classes?.kappa], [0, null])
})

test('labels on a scale: rank correlation that no monotone change of the score moves', () => {
  const labels = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 5, maxLength: 20 })
  fc.assert(
    fc.property(labels, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (given, stream) => {
      fc.pre(given.some((label) => label > 1) && new Set(given).size > 1)
      const values = given.map(() => Math.round(100 * (stream.next().value ?? 0)) / 100)
      const plain = calibrate(
        values.map((value) => scored(value)),
        given,
      ).numbers
      const bent = calibrate(
        values.map((value) => scored(Math.exp(3 * value))),
        given,
      ).numbers
      assert.equal(plain?.spearman === null, bent?.spearman === null)
      near(plain?.spearman ?? 0, bent?.spearman ?? 0, 1e-9)
    }),
    { seed: 21, numRuns: 30 },
  )
  near(
    calibrate(
      [1, 2, 3, 4].map((value) => scored(value)),
      [1, 2, 4, 3],
    ).numbers?.spearman ?? Number.NaN,
    0.8,
  )
})

test('labels of two kinds, or none, are refused', () => {
  assert.throws(() => calibrate([scored(1), scored(0)], [true, 3]), GuerdonError)
  assert.throws(() => calibrate([], []), GuerdonError)
})
