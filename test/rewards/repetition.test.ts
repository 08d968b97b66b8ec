import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repetition } from '../../src/rewards/repetition.ts'
import { scoreOf } from './samples.ts'

test('minus the share of repeated n-grams', async () => {
  assert.deepEqual(await scoreOf(repetition(), 'one two three four five six'), { kind: 'scored', value: 0 })
  assert.deepEqual(await scoreOf(repetition({ n: 2 }), 'Yes no yes NO yes'), {
    kind: 'scored',
    value: -0.5,
    feedback: '50% of the 2-grams have been there before',
  })
  assert.partialDeepStrictEqual(await scoreOf(repetition(), 'too short'), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(repetition(), ''), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(repetition({ n: 1, tokenise: 'char' }), '好好好好'), { value: -0.75 })
})
