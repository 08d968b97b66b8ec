import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { spanTokenisers } from '../../src/text/metricTokenisers.ts'
import { ngramOverlap } from '../../src/text/ngramOverlap.ts'

/** N-grams as joined strings in maps: the slow twin. */
function twin(hypothesis: string[], references: string[][], order: number) {
  const counts = (tokens: string[], n: number) => {
    const grams = new Map<string, number>()
    for (let i = 0; i + n <= tokens.length; i++) {
      const key = tokens.slice(i, i + n).join(' ')
      grams.set(key, (grams.get(key) ?? 0) + 1)
    }
    return grams
  }
  const matches: number[] = []
  const totals: number[] = []
  for (let n = 1; n <= order; n++) {
    const known = references.map((tokens) => counts(tokens, n))
    let matched = 0
    for (const [gram, count] of counts(hypothesis, n)) {
      matched += Math.min(count, Math.max(...known.map((grams) => grams.get(gram) ?? 0)))
    }
    matches.push(matched)
    totals.push(Math.max(0, hypothesis.length - n + 1))
  }
  return { matches, totals, hypothesisLength: hypothesis.length, referenceLengths: references.map((r) => r.length) }
}

test('integer n-grams count what joined strings count, for several references and orders', () => {
  const tokens = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba', '😀', '漢', 'aa'), { maxLength: 40 })
  fc.assert(
    fc.property(
      tokens,
      fc.array(tokens, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      (hypothesis, references, order) => {
        const texts = references.map((reference) => reference.join(' '))
        const overlap = ngramOverlap(hypothesis.join(' '), texts, spanTokenisers.none, order)
        assert.deepEqual(overlap, twin(hypothesis, references, order))
      },
    ),
    { seed: 15, numRuns: 2000 },
  )
})

test('a vocabulary of a hundred thousand words keeps them apart', () => {
  const words = Array.from({ length: 1e5 }, (_, i) => i.toString(36))
  const overlap = ngramOverlap([...words].reverse().join(' '), [words.join(' ')], spanTokenisers.none, 2)
  assert.deepEqual(overlap.matches, [1e5, 0])
})
