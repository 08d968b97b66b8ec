import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { squadF1, squadTokens } from '../../src/text/tokenF1.ts'

test('normal form: case, punctuation, articles and white space', () => {
  // normalize_answer of SQuAD's evaluation script 2.0, by hand
  assert.deepEqual(squadTokens('  The Cat, an owl & a theatre! '), ['cat', 'owl', 'theatre'])
  assert.deepEqual(squadTokens("the-end it's"), ['theend', 'its'])
  assert.deepEqual(squadTokens('the, a.'), [])
})

test('F1 of bags of words', () => {
  assert.deepEqual(squadF1('the cat sat', ['cat sat down here']), { precision: 1, recall: 0.5, f1: 2 / 3 })
  assert.equal(squadF1('cat cat cat', ['cat']).precision, 1 / 3)
  assert.equal(squadF1('cat', ['dog', 'a cat']).f1, 1)
  assert.equal(squadF1('dog', ['cat']).f1, 0)
})

test('an answer without words is right only where the reference has none', () => {
  assert.equal(squadF1('', ['']).f1, 1)
  assert.equal(squadF1('the', ['']).f1, 1)
  assert.equal(squadF1('', ['cat']).f1, 0)
  assert.throws(() => squadF1('a', []), GuerdonError)
})
