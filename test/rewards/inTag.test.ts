import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactMatch } from '../../src/rewards/exactMatch.ts'
import { inTag } from '../../src/rewards/inTag.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { taggedText } from '../../src/text/taggedText.ts'
import { scoreOf } from './samples.ts'

test('the last tag counts, closed or not', () => {
  assert.equal(taggedText('<a>1</a> <a>2</a>', 'a'), '2')
  assert.equal(taggedText('<a>1</a> <a>2', 'a'), '2')
  assert.equal(taggedText('<a>1<a>2</a></a>', 'a'), '2')
  assert.equal(taggedText('a</a>', 'a'), undefined)
  assert.equal(taggedText('<A>1</A>', 'a'), undefined)
})

test('only the tag is judged, and a missing tag scores 0 with that reason', async () => {
  const reward = inTag('answer', exactMatch())
  assert.partialDeepStrictEqual(await scoreOf(reward, 'so: <answer> 4 </answer>.', '4'), { value: 1 })
  assert.deepEqual(await scoreOf(reward, '4', '4'), {
    kind: 'scored',
    value: 0,
    feedback: 'there is no <answer> in the answer',
  })
  assert.partialDeepStrictEqual(await scoreOf(inTag('answer', exactMatch(), { missing: 'whole' }), '4', '4'), {
    value: 1,
  })
})

test('Unscored passes through, dense rewards do not', async () => {
  const dense = defineReward('dense', () => ({ kind: 'scored', value: 1, tokens: new Float32Array(2), feedback: 'f' }))
  assert.deepEqual(await scoreOf(inTag('a', dense), '<a>x</a>'), { kind: 'scored', value: 1, feedback: 'f' })
  const nothing = defineReward('nothing', () => null)
  assert.equal((await scoreOf(inTag('a', nothing), '<a>x</a>')).kind, 'unscored')
})
