import { test } from 'node:test'
import fc from 'fast-check'
import { followUpReward } from '../../../src/rewards/judged/followUps.ts'
import { near } from './near.ts'

test('the three ways to compare two sides', () => {
  const [positive, negative] = [
    [-1.2, -2.0],
    [-1.5, -0.9],
  ]
  near(followUpReward(positive, negative), -0.4)
  near(followUpReward(positive, negative, 'logMeanExp'), -0.366387)
  near(followUpReward(positive, negative, 'share'), 0.409414)
})

test('a scorer that finds everything likelier says the same', () => {
  const side = fc.array(fc.double({ min: -20, max: 0, noNaN: true }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(side, side, fc.double({ min: -5, max: 0, noNaN: true }), (a, b, shift) => {
      for (const form of ['mean', 'logMeanExp', 'share'] as const) {
        const moved = [a, b].map((list) => list.map((value) => value + shift))
        near(followUpReward(moved[0], moved[1], form), followUpReward(a, b, form), 1e-9)
      }
    }),
    { seed: 5 },
  )
})
