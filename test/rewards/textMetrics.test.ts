import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bleu } from '../../src/rewards/bleu.ts'
import { chrf } from '../../src/rewards/chrf.ts'
import { editSimilarity } from '../../src/rewards/editSimilarity.ts'
import type { Reward } from '../../src/rewards/reward.ts'
import { rougeL } from '../../src/rewards/rougeL.ts'
import { tokenF1 } from '../../src/rewards/tokenF1.ts'
import { sentenceBleu } from '../../src/text/bleu.ts'
import { sentenceChrf } from '../../src/text/chrf.ts'
import { sample, scoreOf, valuesOf } from './samples.ts'

const rewards: Reward[] = [bleu(), chrf(), rougeL(), tokenF1(), editSimilarity()]

test('each gives 1 to the reference, 0 to an empty answer, and stays in [0, 1]', async () => {
  const reference = 'the cat sat on the mat'
  for (const reward of rewards) {
    assert.deepEqual(reward.range, [0, 1])
    const texts = [reference, '', ' \n', 'a dog sat on the mat', 'wholly other words here', `${reference} ${reference}`]
    const values = valuesOf(await reward.score(texts.map((text) => sample(text, reference))))
    assert.ok(Math.abs((values[0] ?? 0) - 1) < 1e-12, reward.name)
    assert.deepEqual(values.slice(1, 3), [0, 0])
    for (const value of values) assert.ok(value !== null && value >= 0 && value <= 1)
    assert.ok((values[3] ?? 0) > (values[4] ?? 0), `${reward.name} prefers the nearer text`)
  }
})

test('any of several references will do, and numbers are references', async () => {
  for (const reward of rewards) {
    const [first, second] = ['one two three four', 'five six seven eight']
    assert.ok((valuesOf([await scoreOf(reward, second, [first, second])])[0] ?? 0) > 1 - 1e-12, reward.name)
  }
  assert.partialDeepStrictEqual(await scoreOf(tokenF1(), '42', 42), { value: 1 })
})

test('a prompt without reference texts is Unscored, not wrong', async () => {
  for (const reward of rewards) {
    for (const reference of [undefined, null, [], [null], { text: 'a' }, [['a']]]) {
      const score = await scoreOf(reward, 'a', reference)
      assert.partialDeepStrictEqual(score, { kind: 'unscored', at: 'reward' })
    }
  }
})

test('BLEU and chrF are the metrics over 100, with the parts of BLEU', async () => {
  const [answer, reference] = ['the cat sat on a mat', 'the cat sat on the mat']
  const expected = sentenceBleu(answer, [reference])
  const score = await scoreOf(bleu(), answer, reference)
  assert.partialDeepStrictEqual(score, { value: expected.score / 100, parts: { brevityPenalty: 1 } })
  const parts = score.kind === 'scored' ? score.parts : undefined
  ;[5 / 6, 3 / 5, 2 / 4, 1 / 3].forEach((precision, n) => {
    assert.ok(Math.abs((parts?.[`precision${n + 1}`] ?? 0) - precision) < 1e-12)
  })
  assert.partialDeepStrictEqual(await scoreOf(chrf({ wordOrder: 2 }), answer, reference), {
    value: sentenceChrf(answer, [reference], { wordOrder: 2 }) / 100,
  })
})

test('precision and recall of ROUGE-L and token F1; the nearest reference of the edit distance', async () => {
  assert.partialDeepStrictEqual(await scoreOf(rougeL(), 'cat sat', 'the cat sat down'), {
    parts: { precision: 1, recall: 0.5 },
  })
  assert.partialDeepStrictEqual(await scoreOf(tokenF1(), 'sat: the CAT!', 'cat sat down'), {
    parts: { precision: 1, recall: 2 / 3 },
  })
  assert.partialDeepStrictEqual(await scoreOf(editSimilarity(), ' abcd\n', ['xxxx', 'abcx']), { value: 0.75 })
  assert.partialDeepStrictEqual(await scoreOf(editSimilarity({ unit: 'words' }), 'a b', 'a c'), { value: 0.5 })
})
