import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreedPrinciples, isQuoted } from '../../../src/rewards/judged/principleConsensus.ts'

const rows: readonly (readonly [string, string, readonly number[]])[] = [
  ['a1', 'clear', [1, 0, 0]],
  ['a1', 'accurate', [0, 1, 0]],
  ['a1', 'short', [0, 0, 1]],
  ['a2', 'clarity', [0.9, 0.1, 0]],
  ['a2', 'correct', [0.1, 0.95, 0.1]],
  ['a3', 'easy', [0.8, 0.3, 0.1]],
  ['a3', 'factual', [0.5, 0.8, 0.1]],
  ['a3', 'concise', [0.1, 0, 0.99]],
]
const principles = rows.map(([annotator, principle, embedding]) => ({
  annotator,
  principle,
  embedding,
  fulfilled: true,
}))
const kept = (threshold: number) => agreedPrinciples(principles, threshold).map(({ principle }) => principle)

test('three annotators: what all of them name is kept', () => {
  assert.deepEqual(kept(0.8), ['clear', 'accurate', 'clarity', 'correct', 'easy', 'factual'])
  assert.deepEqual(kept(0.9), ['clear', 'clarity', 'easy'])
  assert.deepEqual(kept(0.95), ['clarity'])
})

test('one annotator agrees with nobody', () => {
  assert.deepEqual(agreedPrinciples(principles.filter(({ annotator }) => annotator === 'a1')), [])
})

test('a quotation must be in the feedback, nearly word for word', () => {
  assert.ok(isQuoted('the code is hard to read', 'I found that the code is hard to read and slow'))
  assert.ok(isQuoted('does not cite sources', "It doesn't cite any sources at all"))
  assert.ok(!isQuoted('clear explanation', 'The response is a bit too long'))
})
