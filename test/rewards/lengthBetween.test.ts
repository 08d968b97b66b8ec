import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lengthBetween } from '../../src/rewards/lengthBetween.ts'
import { scoreOf } from './samples.ts'

test('both bounds belong to the range', async () => {
  const values = []
  for (const text of ['a', 'ab', 'abc', 'abcd']) {
    const score = await scoreOf(lengthBetween(2, 3), text)
    values.push(score.kind === 'scored' && score.value)
  }
  assert.deepEqual(values, [0, 1, 1, 0])
})

test('characters are code points, words are runs without white space', async () => {
  assert.partialDeepStrictEqual(await scoreOf(lengthBetween(2, 2), '😀é'), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(lengthBetween(3, 3, { unit: 'words' }), ' one\n two  three '), {
    value: 1,
  })
  assert.deepEqual(await scoreOf(lengthBetween(1, 2, { unit: 'words' }), 'one two three'), {
    kind: 'scored',
    value: 0,
    feedback: '3 words, at most 2 wanted',
  })
  assert.partialDeepStrictEqual(await scoreOf(lengthBetween(1, 2), ''), {
    value: 0,
    feedback: '0 characters, at least 1 wanted',
  })
})
