import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { repeatedNgrams } from '../../src/text/repetition.ts'

test('closed forms', () => {
  assert.equal(repeatedNgrams(['a', 'a', 'a', 'a'], 1), 1 - 1 / 4)
  assert.equal(repeatedNgrams(['a', 'a', 'a', 'a'], 2), 1 - 1 / 3)
  assert.equal(repeatedNgrams('abcabc'.split(''), 3), 1 - 3 / 4)
  assert.equal(repeatedNgrams(['a', 'b'], 3), 0)
  assert.equal(repeatedNgrams([], 1), 0)
  assert.throws(() => repeatedNgrams(['a'], 0), /whole number from 1/)
})

test('it counts what a set of joined n-grams counts', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 5, maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      (tokens, n) => {
        const grams = tokens.slice(n - 1).map((_, i) => tokens.slice(i, i + n).join(' '))
        assert.equal(repeatedNgrams(tokens, n), 1 - new Set(grams).size / grams.length)
      },
    ),
    { seed: 8 },
  )
})
