import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bleuberi } from '../../src/rewards/bleuberi.ts'
import { inTag } from '../../src/rewards/inTag.ts'
import { selectByScore } from '../../src/rewards/selectByScore.ts'
import { sample, scoreOf, valuesOf } from './samples.ts'

const reference = 'the cat sat on the mat'

test('the group of the brief', async () => {
  const texts = [reference, 'the cat sat on a mat', 'cat', 'dog']
  const values = valuesOf(await bleuberi().score(texts.map((text) => sample(text, reference))))
  ;[1, 0.643459, 0.006738, 0.005666].forEach((expected, i) => {
    assert.ok(Math.abs((values[i] ?? 0) - expected) < 5e-7)
  })
})

test('short references are refused unless asked for', async () => {
  assert.partialDeepStrictEqual(await scoreOf(bleuberi(), 'x y z', 'a b c'), {
    kind: 'unscored',
    reason: 'the shortest reference has 3 tokens; smoothed BLEU says little below 5',
  })
  const [asPublished] = valuesOf([await scoreOf(bleuberi({ minReferenceTokens: 0 }), 'x y z', 'a b c')])
  assert.ok(Math.abs((asPublished ?? 0) - 0.451801) < 5e-7)
})

test('the answer is read as the authors read it: in its tag, behind an open one, or whole and stripped', async () => {
  const reward = inTag('answer', bleuberi(), { missing: 'whole' })
  for (const text of [
    `<think>a dog</think><answer>${reference}</answer>`,
    `<think>hm</think><answer> ${reference}`,
    `  ${reference}\n`,
  ]) {
    assert.partialDeepStrictEqual(await scoreOf(reward, text, reference), { value: 1 })
  }
  assert.partialDeepStrictEqual(await scoreOf(reward, '<answer></answer>', reference), { value: 0 })
})

test('hard, easy, medium and random prompts, best first, Unscored ones dropped', async () => {
  const items = ['a', 'b', 'c', 'd', 'e', 'f']
  const scores = [0.3, 0.9, null, 0.1, 0.5, 0.7].map((value) =>
    value === null ? ({ kind: 'unscored', at: 'reward', reason: '' } as const) : ({ kind: 'scored', value } as const),
  )
  const choose = (difficulty: 'hard' | 'easy' | 'medium' | 'random', count: number) =>
    selectByScore(items, scores, { count, difficulty, seed: 3 }).join('')
  assert.equal(choose('hard', 2), 'ad')
  assert.equal(choose('easy', 2), 'bf')
  assert.equal(choose('medium', 3), 'fea')
  assert.equal(choose('hard', 99), 'bfead')
  assert.equal(choose('random', 3), choose('random', 3))
  assert.match(choose('random', 3), /^b?f?e?a?d?$/)
  assert.equal(choose('random', 3).length, 3)
  assert.equal(selectByScore(items, scores, { count: 1 }).join(''), 'd')
})
