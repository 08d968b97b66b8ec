import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastLine, softVerdict } from '../../../src/rewards/judged/softVerdict.ts'
import { near } from './near.ts'

test('first-token distributions of the brief, in both forms', () => {
  for (const [probabilities, first, renormalised] of [
    [{ YES: 0.7, ' Yes': 0.1, NO: 0.15, Maybe: 0.05 }, 0.7, 0.842105],
    [{ NO: 0.6, YES: 0.25, The: 0.15 }, 0.4, 0.294118],
    [{ The: 0.6, YES: 0.3, NO: 0.1 }, 0, 0.75],
    [{ The: 1 }, 0, 0],
    [{}, 0, 0],
  ] as const) {
    near(softVerdict(probabilities, 'firstToken'), first)
    near(softVerdict(probabilities), renormalised)
  }
})

test('two-token renormalisation is the sigmoid of the logits difference (RewardDance, vector 1)', () => {
  near(softVerdict({ yes: 0.628532, no: 0.231224, other: 0.140244 }), 0.731059)
})

test('the last line that says something', () => {
  assert.equal(lastLine('step 1\nTherefore, the answer is 7.\n\n   \n'), 'Therefore, the answer is 7.')
  assert.equal(lastLine(' \n\r\n '), undefined)
})
