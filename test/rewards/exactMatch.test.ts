import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactMatch } from '../../src/rewards/exactMatch.ts'
import { scoreOf } from './samples.ts'

test('equal texts score 1, others 0 with both texts and where they part', async () => {
  assert.deepEqual(await scoreOf(exactMatch(), ' Paris\n', 'Paris'), { kind: 'scored', value: 1 })
  assert.deepEqual(await scoreOf(exactMatch(), 'Paros', 'Paris'), {
    kind: 'scored',
    value: 0,
    feedback: 'expected "Paris", found "Paros": they differ from character 3 on',
  })
})

test('white space and case count when asked', async () => {
  assert.partialDeepStrictEqual(await scoreOf(exactMatch({ trim: false }), ' a', 'a'), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(exactMatch(), 'PARIS', 'Paris'), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(exactMatch({ ignoreCase: true }), 'PARIS', 'Paris'), { value: 1 })
})

test('numbers and booleans are references as JavaScript prints them', async () => {
  assert.partialDeepStrictEqual(await scoreOf(exactMatch(), '18', 18), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(exactMatch(), 'true', true), { value: 1 })
})

test('a prompt without a plain reference is Unscored, not wrong', async () => {
  for (const reference of [undefined, null, ['a'], { answer: 'a' }]) {
    const score = await scoreOf(exactMatch(), 'a', reference)
    assert.equal(score.kind, 'unscored')
  }
})
