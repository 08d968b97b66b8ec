import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementOf, type Rated } from '../../src/data/agreement.ts'

const items = (counts: readonly (readonly [boolean, boolean, number])[]): Rated<boolean>[] =>
  counts.flatMap(([a, b, n]) => new Array<Rated<boolean>>(n).fill([a, b]))
const near = (actual: number | undefined, expected: number) =>
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-6, `${actual} is not ${expected}`)

test("the briefs' tables (arXiv 2507.08794 and 2503.23829)", () => {
  const judged = agreementOf(
    items([
      [true, true, 45],
      [true, false, 5],
      [false, true, 10],
      [false, false, 40],
    ]),
  )
  near(judged.accuracy, 0.85)
  near(judged.kappa, 0.7)
  near(judged.classes.find(({ name }) => name)?.f1, 0.857143)
  near(judged.classes.find(({ name }) => !name)?.f1, 0.842105)
  near(judged.macroF1, 0.849624)
  const other = agreementOf(
    items([
      [true, true, 40],
      [false, false, 50],
      [true, false, 6],
      [false, true, 4],
    ]),
  )
  near(other.accuracy, 0.9)
  near(other.kappa, 0.798061)
})

test('a rater who always says the same has kappa 0; where both do there is none', () => {
  near(
    agreementOf(
      items([
        [false, true, 30],
        [false, false, 70],
      ]),
    ).kappa,
    0,
  )
  assert.equal(agreementOf(items([[false, false, 9]])).kappa, undefined)
  assert.deepEqual([agreementOf([]).accuracy, agreementOf([]).kappa], [0, undefined])
})
