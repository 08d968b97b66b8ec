import assert from 'node:assert/strict'
import { test } from 'node:test'
import { multipleChoice } from '../../src/rewards/multipleChoice.ts'
import { scoreOf } from './samples.ts'

const value = async (text: string, reference: string | string[], options = {}) => {
  const score = await scoreOf(multipleChoice(options), text, reference)
  return score.kind === 'scored' ? score.value : null
}

test('one right letter: it or nothing, and two different letters are rejected', async () => {
  assert.equal(await value('The answer is (B).', 'B'), 1)
  assert.equal(await value('C', 'B'), 0)
  assert.equal(await value('A or B', 'B'), 0)
  assert.equal(await value('A or B', 'B', { partial: 'jaccard' }), 0)
  assert.equal(await value('no idea', 'B'), 0)
})

test('several right letters: shares by each rule', async () => {
  // chosen: [subset, jaccard, none]
  const cases: Record<string, [number, number, number]> = {
    'A, C, D': [1, 1, 1],
    'A, C': [2 / 3, 2 / 3, 0],
    A: [1 / 3, 1 / 3, 0],
    'A, B': [0, 1 / 4, 0],
    'A, B, C, D': [0, 3 / 4, 0],
    B: [0, 0, 0],
  }
  for (const [text, [subset, jaccard, none]] of Object.entries(cases)) {
    assert.equal(await value(text, 'ACD'), subset, text)
    assert.equal(await value(text, ['A', 'C', 'D'], { partial: 'jaccard' }), jaccard, text)
    assert.equal(await value(text, 'A, C, D', { partial: 'none' }), none, text)
  }
})

test('parts and feedback say what was chosen', async () => {
  assert.deepEqual(await scoreOf(multipleChoice(), 'A, B', 'AC'), {
    kind: 'scored',
    value: 0,
    parts: { right: 1, wrong: 1 },
    feedback: 'the answer chooses A, B; right is A, C',
  })
})

test('no letter in the reference is Unscored', async () => {
  for (const reference of [null, 3, '', 'Paris', [], [1]]) {
    assert.equal((await scoreOf(multipleChoice(), 'A', reference)).kind, 'unscored')
  }
})
