import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proseWords, sentenceCount } from '../../src/text/proseCounts.ts'

test('words are runs of letters, digits and underscores', () => {
  assert.deepEqual(proseWords("It's naïve_x 3.5, 東京!"), ['It', 's', 'naïve_x', '3', '5', '東京'])
  assert.deepEqual(proseWords('... -'), [])
})

test('sentences end at marks, not at decimal points or initials inside them', () => {
  assert.equal(sentenceCount('Pi is 3.14. Is it? It is! "Quite so." Yes'), 5)
  assert.equal(sentenceCount('one line\nanother line'), 2)
  assert.equal(sentenceCount(' . ! '), 0)
  assert.equal(sentenceCount('你好。再见！'), 2)
})
