import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { editDistance, editSimilarityOf } from '../../src/text/editDistance.ts'

/** The textbook table (Wagner and Fischer 1974). */
function table(a: string, b: string): number {
  const [first, second] = [Array.from(a), Array.from(b)]
  let row = Array.from({ length: second.length + 1 }, (_, j) => j)
  first.forEach((unit, i) => {
    const next = [i + 1]
    second.forEach((other, j) => {
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (unit === other ? 0 : 1)))
    })
    row = next
  })
  return row[second.length]
}

test('known distances', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('intention', 'execution'), 5)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('😀a', '😀b'), 1)
  assert.equal(editDistance('the cat sat', 'the  dog sat down', { unit: 'words' }), 2)
})

test('the bit-parallel distance is that of the full table', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c', '😀'), { maxLength: 110 }).map((parts) => parts.join(''))
  const anything = fc.string({ maxLength: 110, unit: 'binary' })
  for (const texts of [letters, anything]) {
    fc.assert(
      fc.property(texts, texts, (a, b) => assert.equal(editDistance(a, b), table(a, b))),
      { seed: 6, numRuns: 400 },
    )
  }
})

test('it is a metric', () => {
  const texts = fc.array(fc.constantFrom('x', 'y', ' '), { maxLength: 70 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, texts, texts, (a, b, c) => {
      assert.equal(editDistance(a, b), editDistance(b, a))
      assert.equal(editDistance(a, b) === 0, a === b)
      assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c))
    }),
    { seed: 7, numRuns: 300 },
  )
})

test('similarity is 1 for equal texts, 0 where nothing is kept', () => {
  assert.equal(editSimilarityOf('', ''), 1)
  assert.equal(editSimilarityOf('abc', ''), 0)
  assert.equal(editSimilarityOf('abcd', 'abxd'), 0.75)
})
