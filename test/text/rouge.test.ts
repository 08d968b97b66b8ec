import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import { sentenceRougeL } from '../../src/text/rouge.ts'

test('precision, recall and F1 are those of rouge_score 0.1.2', () => {
  const rows = z
    .array(z.object({ hypothesis: z.string(), references: z.array(z.string()), score: z.array(z.number()) }))
    .parse(JSON.parse(readFileSync(new URL('./vectors/rouge.json', import.meta.url), 'utf8')))
  assert.ok(rows.length > 100)
  for (const { hypothesis, references, score } of rows) {
    const { precision, recall, f1 } = sentenceRougeL(hypothesis, references)
    for (const [ours, peers] of [precision, recall, f1].map((value, k) => [value, score[k]])) {
      assert.ok(Math.abs(ours - peers) < 1e-12, `${ours}, rouge_score says ${peers}: ${hypothesis} | ${references}`)
    }
  }
})

test('the worked example of Lin 2004, section 3.1', () => {
  const reference = ['police killed the gunman']
  assert.equal(sentenceRougeL('police kill the gunman', reference).f1, 3 / 4)
  assert.equal(sentenceRougeL('the gunman kill police', reference).f1, 2 / 4)
})

test('other alphabets need another tokeniser', () => {
  assert.equal(sentenceRougeL('東京は夜', ['東京は朝']).f1, 0)
  assert.equal(sentenceRougeL('東京は夜', ['東京は朝'], { tokenise: 'char' }).f1, 3 / 4)
  assert.equal(sentenceRougeL('Привет, мир', ['привет мир'], { tokenise: 'intl' }).recall, 1)
})

test('no reference is refused', () => {
  assert.throws(() => sentenceRougeL('a', []), GuerdonError)
})
