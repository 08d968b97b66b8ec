import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scored, unscored } from '../../src/data/score.ts'
import { firstOf } from '../../src/rewards/firstOf.ts'
import { numericMatch } from '../../src/rewards/numericMatch.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import { sample, valuesOf } from './samples.ts'

test('each sample gets the first answer, and the next reward sees only the rest', async () => {
  const asked: string[] = []
  const judge = defineReward('judge', ({ completion }) => {
    asked.push(completion.text)
    return completion.text === 'odd' ? unscored('judge', 'no idea') : 0.5
  })
  const scores = await firstOf(numericMatch(), judge).score([sample('5', 5), sample('even', 'x'), sample('odd', 'x')])
  assert.deepEqual(scores[0], { kind: 'scored', value: 1, parts: { numericMatch: 1 } })
  assert.deepEqual(scores[1], { kind: 'scored', value: 0.5, parts: { judge: 0.5 } })
  assert.deepEqual(scores[2], {
    kind: 'unscored',
    at: 'judge',
    reason: "numericMatch: prompt 'p' has no number in its reference; judge: no idea",
  })
  assert.deepEqual(asked, ['even', 'odd'])
})

test('a listwise reward sees whole prompts, but changes no answer that is there', async () => {
  const seen: number[] = []
  const rank: Reward = {
    name: 'rank',
    listwise: true,
    async score(samples) {
      seen.push(samples.length)
      return samples.map(() => scored(9))
    },
  }
  const samples = [sample('5', 5, 'p'), sample('x', 'none', 'p'), sample('5', 5, 'q')]
  assert.deepEqual(valuesOf(await firstOf(numericMatch(), rank).score(samples)), [1, 9, 1])
  assert.deepEqual(seen, [2])
})
