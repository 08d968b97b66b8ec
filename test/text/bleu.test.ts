import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import {
  addBleuStatistics,
  type BleuOptions,
  bleuOf,
  bleuStatistics,
  corpusBleu,
  sentenceBleu,
} from '../../src/text/bleu.ts'
import { bleuSignature, formatBleu, referenceCount } from '../../src/text/metricSignature.ts'

/** What sacreBLEU 2.6.0 said; test/interop/sacrebleu_vectors.py wrote it. */
const vectors = z
  .object({
    bleuSettings: z.array(
      z.object({
        tokenize: z.enum(['13a', 'intl', 'char', 'none']).optional(),
        lowercase: z.boolean().optional(),
        smooth_method: z.enum(['exp', 'floor', 'add-k', 'none']).optional(),
        smooth_value: z.number().optional(),
        max_ngram_order: z.number().optional(),
        effective_order: z.boolean().default(false),
      }),
    ),
    corpora: z.object({
      bleu: z.array(z.object({ score: z.number(), line: z.string() })),
      single: z.object({ score: z.number(), line: z.string() }),
    }),
    rows: z.array(z.object({ hypothesis: z.string(), references: z.array(z.string()), bleu: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(new URL('./vectors/sacrebleu.json', import.meta.url), 'utf8')))

const settings: BleuOptions[] = vectors.bleuSettings.map((peer) => ({
  tokenise: peer.tokenize,
  lowercase: peer.lowercase,
  smoothing: peer.smooth_method,
  smoothValue: peer.smooth_value,
  maxOrder: peer.max_ngram_order,
  effectiveOrder: peer.effective_order,
}))
const hypotheses = vectors.rows.map((row) => row.hypothesis)
const references = vectors.rows.map((row) => row.references)

test('sentence BLEU is what sacreBLEU computes, for every recorded text and setting', () => {
  assert.ok(vectors.rows.length > 300)
  for (const row of vectors.rows) {
    settings.forEach((options, k) => {
      const { score } = sentenceBleu(row.hypothesis, row.references, options)
      assert.ok(
        Math.abs(score - row.bleu[k]) < 1e-9,
        `${score}, sacreBLEU says ${row.bleu[k]}: ${JSON.stringify({ ...row, ...options })}`,
      )
    })
  }
})

test('corpus BLEU, its signature and its printed line are what sacreBLEU gives', () => {
  settings.forEach((options, k) => {
    const score = corpusBleu(hypotheses, references, options)
    const peer = vectors.corpora.bleu[k]
    assert.ok(Math.abs(score.score - peer.score) < 1e-9, `${score.score} against ${peer.score}`)
    assert.equal(formatBleu(score, bleuSignature(referenceCount(references), options)), peer.line)
  })
  const single = references.map((list) => [list[0]])
  const score = corpusBleu(hypotheses, single)
  assert.equal(formatBleu(score, bleuSignature(referenceCount(single))), vectors.corpora.single.line)
})

test('statistics of the parts add up to the corpus', () => {
  const parts = hypotheses.map((hypothesis, i) => bleuStatistics(hypothesis, references[i]))
  const halves = [parts.slice(0, 150), parts.slice(150)].map(addBleuStatistics)
  assert.deepEqual(bleuOf(addBleuStatistics(halves)), corpusBleu(hypotheses, references))
})

test('the worked example of Papineni et al. 2002: seven times "the" matches twice', () => {
  const refs = ['the cat is on the mat', 'there is a cat on the mat']
  const score = sentenceBleu('the the the the the the the', refs, { smoothing: 'none', maxOrder: 1 })
  assert.deepEqual([score.matches, score.totals], [[2], [7]])
  assert.equal(score.referenceLength, 7)
})

test('what has no references, no texts or no such order is refused with the way out', () => {
  assert.throws(() => sentenceBleu('a', []), GuerdonError)
  assert.throws(() => corpusBleu([], []), GuerdonError)
  assert.throws(() => corpusBleu(['a'], []), /1 hypotheses and 0 lists/)
  assert.throws(() => sentenceBleu('a', ['a'], { maxOrder: 0 }), /whole number from 1 to 64/)
})

test('a text of a hundred thousand tokens after a short one leaves no trace on the next', () => {
  const before = sentenceBleu('the cat sat', ['the cat sat down'])
  const long = Array.from({ length: 1e5 }, (_, i) => `w${i % 977}`).join(' ')
  assert.ok(Math.abs(sentenceBleu(long, [long, 'short']).score - 100) < 1e-9)
  assert.deepEqual(sentenceBleu('the cat sat', ['the cat sat down']), before)
})
