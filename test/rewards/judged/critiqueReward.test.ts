import { test } from 'node:test'
import {
  argumentOverlap,
  critiqueReward,
  metaCritiqueReward,
  wordSetOverlap,
} from '../../../src/rewards/judged/critiqueReward.ts'
import { near } from './near.ts'

test('argument counts to precision, recall and F1', () => {
  for (const [matched, generated, reference, precision, recall, f1] of [
    [2, 3, 2, 2 / 3, 1, 0.8],
    [1, 5, 1, 0.2, 1, 1 / 3],
    [0, 4, 2, 0, 0, 0],
    [1, 1, 4, 1, 0.25, 0.4],
    [0, 0, 2, 0, 0, 0],
  ]) {
    const found = argumentOverlap({ matched, generated, reference })
    near(found.precision, precision)
    near(found.recall, recall)
    near(found.f1, f1)
  }
})

test('more matches than arguments are not believed', () => {
  near(argumentOverlap({ matched: 9, generated: 1, reference: 4 }).f1, 0.4)
})

test('the reward: form, choice, critique', () => {
  near(critiqueReward(undefined, 1), -1)
  near(critiqueReward(false, 1), 0)
  near(critiqueReward(true, 0.4), 1)
  near(critiqueReward(true, 0.8), 1.5)
  near(critiqueReward(true, 0.8, { threshold: 'none' }), 1.4)
})

test("MetaRM's score in place of a human critique", () => {
  near(metaCritiqueReward(true, 1.6), 1.3)
  near(metaCritiqueReward(true, 0.7), 1)
  near(metaCritiqueReward(false, 1.9), 0)
  near(metaCritiqueReward(undefined, 1.9), -1)
})

test('the fallback on sets of words', () => {
  near(wordSetOverlap('A has wrong year', 'A gives the wrong year').f1, 2 / 3)
})
