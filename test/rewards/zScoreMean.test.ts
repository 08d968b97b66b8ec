import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineReward } from '../../src/rewards/reward.ts'
import { scoreAll } from '../../src/rewards/scoreAll.ts'
import { zScoreMean } from '../../src/rewards/zScoreMean.ts'
import { sample, valuesOf } from './samples.ts'

/** Reads its score from the text: 'bleu/rm'. */
const column = (name: string, k: number) =>
  defineReward(name, ({ completion }) => {
    const entry = completion.text.split('/')[k]
    return entry === '?' ? null : Number(entry)
  })
const reward = zScoreMean(column('bleu', 0), column('rm', 1))
const near = (actual: readonly (number | null)[], expected: readonly number[]) => {
  assert.equal(actual.length, expected.length)
  actual.forEach((value, i) => {
    assert.ok(value !== null && Math.abs(value - expected[i]) < 2e-6, `${actual} is not ${expected}`)
  })
}

test('BLEU+RM of the brief', async () => {
  const texts = ['1/3', '.643459/2', '.006738/-1', '.005666/0']
  const scores = await reward.score(texts.map((text) => sample(text)))
  near(valuesOf(scores), [1.14228, 0.506692, -0.960873, -0.6881])
  assert.partialDeepStrictEqual(scores[1], { parts: { bleu: 0.643459, rm: 2 } })
})

test('each prompt has its own moments, however samples are ordered and asked for', async () => {
  const samples = [
    sample('1/1', null, 'p'),
    sample('10/7', null, 'q'),
    sample('3/2', null, 'p'),
    sample('30/8', null, 'q'),
  ]
  const half = Math.SQRT1_2
  near(valuesOf(await scoreAll(reward, samples)), [-half, -half, half, half])
})

test('an Unscored part makes its sample Unscored and counts in no moment; one alone scores 0', async () => {
  const scores = await reward.score(['1/1', '?/5', '3/2'].map((text) => sample(text)))
  assert.equal(scores[1].kind, 'unscored')
  // bleu: ±√½ of {1, 3}; rm: (1 - 8/3) / σ and (2 - 8/3) / σ with σ = √(13/3) of {1, 5, 2}
  const deviation = Math.sqrt(13 / 3)
  const expected = [(-Math.SQRT1_2 - 5 / 3 / deviation) / 2, (Math.SQRT1_2 - 2 / 3 / deviation) / 2]
  near(valuesOf([scores[0], scores[2]]), expected)
  near(valuesOf(await reward.score([sample('4/4')])), [0])
})
