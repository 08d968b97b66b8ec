import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smoothedBleu } from '../../src/text/smoothedBleu.ts'

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 5e-7, `${actual} is not ${expected}`)

/** Values of the reference files (tensorflow/nmt's bleu.py over 13a tokens), to six digits. */
test('smoothed and unsmoothed scores of the brief', () => {
  const references = ['the cat sat on the mat']
  const expected: [string, number, number][] = [
    ['the cat sat on the mat', 1, 1],
    ['the cat sat on a mat', 0.643459, 0.537285],
    ['the the the the', 0.241178, 0],
    ['cat', 0.006738, 0],
    ['dog', 0.005666, 0],
    ['the cat sat on the mat and then it slept all day long', 0.432423, 0.38058],
  ]
  for (const [hypothesis, smoothed, plain] of expected) {
    near(smoothedBleu(hypothesis, references).score, smoothed)
    near(smoothedBleu(hypothesis, references, { smooth: false }).score, plain)
  }
  const { precisions } = smoothedBleu('the cat sat on a mat', references)
  ;[0.857143, 0.666667, 0.6, 0.5].forEach((precision, n) => {
    near(precisions[n], precision)
  })
  near(smoothedBleu('the the the the', references).brevityPenalty, 0.606531)
})

test('short nonsense scores high, which is why the reward refuses short references', () => {
  const { score, precisions } = smoothedBleu('x y z', ['a b c'])
  near(score, 0.451801)
  assert.deepEqual(precisions, [1 / 4, 1 / 3, 1 / 2, 1])
  assert.equal(smoothedBleu('x y z', ['a b c'], { smooth: false }).score, 0)
})

test('n-gram counts merge over references; the shortest one sets the brevity penalty', () => {
  near(smoothedBleu('the cat sat on a mat', ['the cat sat on the mat', 'a cat sat on a mat']).score, 1)
  assert.equal(smoothedBleu('a b', ['a b c d e f', 'x y']).referenceLength, 2)
})

test('empty texts score 0', () => {
  assert.equal(smoothedBleu('', ['a b']).score, 0)
  assert.equal(smoothedBleu('', ['']).score, 0)
  assert.equal(smoothedBleu('a', ['']).score, 0)
})
