import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partialRatio } from '../../src/text/partialRatio.ts'

test("rapidfuzz's values", () => {
  for (const [a, b, expected] of [
    ['the code is hard to read', 'I found that the code is hard to read and slow', 100],
    ['does not cite sources', "It doesn't cite any sources at all", 76.1905],
    ['clear explanation', 'The response is a bit too long', 44.4444],
    ['', '', 100],
    ['', 'a', 0],
  ] as const) {
    assert.ok(Math.abs(partialRatio(a, b) - expected) < 1e-4, `${a}: ${partialRatio(a, b)}`)
    assert.equal(partialRatio(b, a), partialRatio(a, b))
  }
})
