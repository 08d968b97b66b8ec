import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalisedMatch } from '../../src/rewards/normalisedMatch.ts'
import { scoreOf } from './samples.ts'

test('case, white space and final punctuation do not count', async () => {
  for (const text of ['Yes', ' yes.\n', 'YES!!', 'ｙｅｓ', 'yes。']) {
    assert.partialDeepStrictEqual(await scoreOf(normalisedMatch(), text, 'yes'), { value: 1 }, text)
  }
  assert.partialDeepStrictEqual(await scoreOf(normalisedMatch(), 'red  circle', ['blue', 'Red circle.']), { value: 1 })
  assert.deepEqual(await scoreOf(normalisedMatch(), 'yes, no', 'yes'), {
    kind: 'scored',
    value: 0,
    feedback: "expected 'yes', found 'yes, no'",
  })
})
