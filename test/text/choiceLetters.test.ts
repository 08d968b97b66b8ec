import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choiceLetters } from '../../src/text/choiceLetters.ts'

const read: Record<string, string> = {
  B: 'B',
  b: 'B',
  '(B)': 'B',
  '(b)': 'B',
  'B.': 'B',
  'B: text with A': 'B',
  'B) one\nC) two': 'B',
  'B - because A is wrong': 'B',
  '**B**': 'B',
  '[B]': 'B',
  ACD: 'ACD',
  DCA: 'ACD',
  'A, C': 'AC',
  'A and C': 'AC',
  '(A), (C) and (D)': 'ACD',
  'A or B': 'AB',
  'The answer is (B).': 'B',
  '**Answer:** D': 'D',
  'Answer: (D) 45 degrees': 'D',
  'Answer:\nB': 'B',
  'At first I chose A. The correct option is C': 'C',
  'The answer is A. No: the answer is B': 'B',
  '#### D': 'D',
  'so \\boxed{B}': 'B',
  '\\boxed{\\text{B}}': 'B',
  '\\boxed{A, C}': 'AC',
  '\\boxed{A}, or rather \\boxed{D}': 'D',
  'I would say C': 'C',
  'A cat sat': '',
  'I think so': '',
  none: '',
  '': '',
  K: '',
  'Grade: K': '',
  BB: '',
}

test('how answers are written', () => {
  for (const [text, letters] of Object.entries(read)) assert.equal(choiceLetters(text).join(''), letters, text)
})

test('the last option can be another letter', () => {
  assert.deepEqual(choiceLetters('E', 'D'), [])
  assert.deepEqual(choiceLetters('P', 'P'), ['P'])
})

test('long runs of marks take no time', () => {
  assert.deepEqual(choiceLetters('A, '.repeat(3e4)), ['A'])
  assert.deepEqual(choiceLetters('\\boxed{'.repeat(2e4)), [])
  assert.deepEqual(choiceLetters('answer is '.repeat(2e4)), [])
  assert.deepEqual(choiceLetters(')'.repeat(1e5)), [])
})
