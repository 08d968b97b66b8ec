import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import { type ChrfOptions, corpusChrf, sentenceChrf } from '../../src/text/chrf.ts'
import { chrfSignature, formatChrf, referenceCount } from '../../src/text/metricSignature.ts'

/** What sacreBLEU 2.6.0 said; test/interop/sacrebleu_vectors.py wrote it. */
const vectors = z
  .object({
    chrfSettings: z.array(
      z.object({
        char_order: z.number().optional(),
        word_order: z.number().optional(),
        beta: z.number().optional(),
        lowercase: z.boolean().optional(),
        whitespace: z.boolean().optional(),
        eps_smoothing: z.boolean().optional(),
      }),
    ),
    corpora: z.object({ chrf: z.array(z.object({ score: z.number(), line: z.string() })) }),
    rows: z.array(z.object({ hypothesis: z.string(), references: z.array(z.string()), chrf: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(new URL('./vectors/sacrebleu.json', import.meta.url), 'utf8')))

const settings: ChrfOptions[] = vectors.chrfSettings.map((peer) => ({
  characterOrder: peer.char_order,
  wordOrder: peer.word_order,
  beta: peer.beta,
  lowercase: peer.lowercase,
  whitespace: peer.whitespace,
  epsilonSmoothing: peer.eps_smoothing,
}))

test('sentence chrF and chrF++ are what sacreBLEU computes, for every recorded text and setting', () => {
  for (const row of vectors.rows) {
    settings.forEach((options, k) => {
      const score = sentenceChrf(row.hypothesis, row.references, options)
      assert.ok(
        Math.abs(score - row.chrf[k]) < 1e-9,
        `${score}, sacreBLEU says ${row.chrf[k]}: ${JSON.stringify({ ...row, ...options })}`,
      )
    })
  }
})

test('corpus chrF, its signature and its printed line are what sacreBLEU gives', () => {
  const references = vectors.rows.map((row) => row.references)
  const hypotheses = vectors.rows.map((row) => row.hypothesis)
  settings.forEach((options, k) => {
    const score = corpusChrf(hypotheses, references, options)
    const peer = vectors.corpora.chrf[k]
    assert.ok(Math.abs(score - peer.score) < 1e-9, `${score} against ${peer.score}`)
    assert.equal(formatChrf(score, options, chrfSignature(referenceCount(references), options)), peer.line)
  })
})

test('what has no references or no such order is refused', () => {
  assert.throws(() => sentenceChrf('a', []), GuerdonError)
  assert.throws(() => sentenceChrf('a', ['a'], { wordOrder: 1.5 }), /whole number from 0 to 64/)
})
