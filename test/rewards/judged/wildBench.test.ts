import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  emptyOutcome,
  lengthRule,
  type Outcome,
  outcomeValue,
  taskMacro,
  wbRewardOf,
  wbScoreOf,
} from '../../../src/rewards/judged/wildBench.ts'
import { near } from './near.ts'

const pairs: readonly (readonly [Outcome, number, number])[] = [
  ['much better', 3000, 500],
  ['better', 2001, 1500],
  ['better', 2000, 1500],
  ['better', 2600, 1500],
  ['better', 900, 1500],
  ['tie', 700, 10],
  ['worse', 1000, 1400],
  ['much worse', 10, 9000],
]

test("eight pairs at every margin: the brief's vector", () => {
  for (const [margin, percent] of [
    [Number.POSITIVE_INFINITY, 18.75],
    [0, 6.25],
    [500, 6.25],
    [1000, 12.5],
  ])
    near(100 * wbRewardOf(pairs.map(([outcome, a, b]) => lengthRule(outcome, a, b, margin))), percent)
})

/** Outcome counts of the published tables, from much better to much worse, over all items. */
function published(counts: readonly number[], items: number): number {
  const names: readonly Outcome[] = ['much better', 'better', 'tie', 'worse', 'much worse']
  const outcomes = names.flatMap((name, i) => new Array<Outcome>(counts[i]).fill(name))
  return (wbRewardOf(outcomes) * outcomes.length) / items
}

test("the leaderboard's own figures", () => {
  near(published([314, 398, 61, 114, 37], 1024), 0.4091796875, 1e-10)
  near(published([314, 267, 213, 93, 37], 1024), 0.35546875, 1e-10)
  near(published([41, 162, 39, 329, 357], 1023), -0.3905180841, 1e-10)
  near(published([41, 63, 177, 290, 357], 1023), -0.4198435973, 1e-10)
  near(wbScoreOf([8, 7, 9, 5, 3, 10]), 4)
  near(wbScoreOf([7.970645792563601]), 5.9412915851, 1e-10)
})

test('the task macro of a model on the leaderboard, by reward and by score', () => {
  const rewards = {
    information: 0.342036554,
    planning: 0.390444811,
    coding: 0.505952381,
    math: 0.460416667,
    creative: 0.345808383,
  }
  near(taskMacro(rewards), 0.4232304764, 1e-9)
  const scores = {
    creative: 6.0361757106,
    coding: 5.8957345972,
    planning: 6.095952024,
    information: 6.0792079208,
    math: 5.7131474104,
  }
  near(taskMacro(scores), 5.9537367332, 1e-9)
})

test('an empty side needs no judge', () => {
  assert.deepEqual(
    [emptyOutcome(' \n', 'x'), emptyOutcome('x', ''), emptyOutcome('', ' '), emptyOutcome('x', 'y')],
    ['much worse', 'much better', 'tie', undefined],
  )
})

test('the rule is fair: seen from the other side the outcome is the opposite', () => {
  const opposite: Readonly<Record<Outcome, Outcome>> = {
    'much better': 'much worse',
    better: 'worse',
    tie: 'tie',
    worse: 'better',
    'much worse': 'much better',
  }
  const outcome = fc.constantFrom<Outcome>('much better', 'better', 'tie', 'worse', 'much worse')
  fc.assert(
    fc.property(outcome, fc.nat(3000), fc.nat(3000), fc.nat(1000), (said, a, b, margin) => {
      const forward = outcomeValue(lengthRule(said, a, b, margin))
      assert.equal(forward + outcomeValue(lengthRule(opposite[said], b, a, margin)), 0)
    }),
    { seed: 3 },
  )
})
