import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bleuWorkers } from '../../src/rewards/bleuWorkers.ts'
import { type BleuOptions, corpusBleu, sentenceBleu } from '../../src/text/bleu.ts'

const words = 'the cat sat on a mat 3.5 $5, 東京 😀 and'.split(' ')
const text = (seed: number) =>
  Array.from({ length: 3 + (seed % 7) }, (_, i) => words[(seed * 7 + i * (1 + (seed % 3))) % 11]).join(' ')
const hypotheses = Array.from({ length: 300 }, (_, i) => text(i))
const references = hypotheses.map((_, i) => Array.from({ length: 1 + (i % 3) }, (_, k) => text(i + 5 * k + 1)))

test('workers give the scores of one thread, for any options', async () => {
  await using workers = bleuWorkers(2)
  const settings: BleuOptions[] = [{}, { tokenise: 'char', lowercase: true, smoothing: 'floor' }]
  for (const options of settings) {
    const { sentences, corpus } = await workers.score(hypotheses, references, options)
    assert.deepEqual(
      [...sentences],
      hypotheses.map((hypothesis, i) => sentenceBleu(hypothesis, references[i], options).score),
    )
    assert.deepEqual(corpus, corpusBleu(hypotheses, references, options))
  }
})

test('what one thread refuses they refuse', async () => {
  await using workers = bleuWorkers(1)
  await assert.rejects(workers.score([], []), /0 hypotheses/)
  await assert.rejects(workers.score(['a'], [[]]), /there is no reference/)
})
