import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { extractAnswer } from '../../src/text/answer.ts'

const found = (text: string) => {
  const { text: answer, from } = extractAnswer(text)
  return [answer, from]
}

test('a text that is an answer is taken whole', () => {
  for (const text of [
    '42',
    'x^2 + 1',
    '\\frac{1}{2}',
    '12 cm',
    '(1, 2]',
    'no solution',
    'Tuesday',
    '$5$',
    '1, 2 and 3',
    '-3 < x',
  ]) {
    assert.deepEqual(found(text), [text, 'whole'])
  }
})

test('boxes: the last, with its nested braces; several in one sentence are one answer', () => {
  assert.deepEqual(found('so $\\boxed{\\frac{1}{\\sqrt{2}}}$.'), ['\\frac{1}{\\sqrt{2}}', 'boxed'])
  assert.deepEqual(found('\\boxed{3} or \\boxed{4}'), ['3, 4', 'boxed'])
  assert.deepEqual(found('\\boxed{3}, but then \\boxed{4}'), ['4', 'boxed'])
  assert.deepEqual(found('\\boxed{3}. No, wait. It must be \\boxed{4}'), ['4', 'boxed'])
  assert.deepEqual(found('$\\boxed{-2} \\quad \\text{and} \\quad \\boxed{1}$'), ['-2, 1', 'boxed'])
  assert.deepEqual(found('\\boxed 7'), ['7', 'boxed'])
  assert.deepEqual(found('\\fbox{12} it is'), ['12', 'boxed'])
  assert.deepEqual(found('\\boxed{\\boxed{5}}'), ['5', 'boxed'])
  assert.deepEqual(found('hence \\boxed{12'), ['12', 'boxed'])
  assert.deepEqual(found('\\boxed{\\{1, 2\\}}'), ['\\{1, 2\\}', 'boxed'])
})

test('marks and phrases: the last one that says something', () => {
  assert.deepEqual(found('9 * 2 = 18\n#### 18'), ['18', 'marker'])
  assert.deepEqual(found('She makes 9 * 2 = 18 a day.\nA: 18'), ['18', 'marker'])
  assert.deepEqual(found('The answer is 5. I checked: the answer is correct.'), ['5', 'phrase'])
  assert.deepEqual(found('**Answer:** 42'), ['42', 'phrase'])
  assert.deepEqual(found('The correct option is (B).'), ['(B)', 'phrase'])
  assert.deepEqual(found('Option C is correct, the others are not.'), ['C', 'phrase'])
  assert.deepEqual(found('The final answer is $\\frac{3}{4}$. I hope it is correct.'), ['\\frac{3}{4}', 'phrase'])
  assert.deepEqual(found('The answer is $1$ or $2$.'), ['1 or 2', 'phrase'])
  assert.deepEqual(found('The answer is $12$ cm.'), ['12 cm', 'phrase'])
  assert.deepEqual(found('The answer is 5 because 2 + 3 = 5.'), ['5', 'phrase'])
  assert.deepEqual(found('<answer>x = 3</answer>'), ['x = 3', 'tag'])
  assert.deepEqual(found('#### 10\nno, wait\n#### 20'), ['20', 'marker'])
  assert.deepEqual(found('\\boxed{1}\nThe answer is 2'), ['2', 'phrase'])
})

test('without a mark: the last formula, bold type, what the last line says, the last number', () => {
  assert.deepEqual(found('Therefore $x = 5$.'), ['x = 5', 'formula'])
  assert.deepEqual(found('The solutions are $1$ and $2$.'), ['1, 2', 'formula'])
  assert.deepEqual(found('Since $n > 3$, the largest $n$ is 34.'), ['34', 'line'])
  assert.deepEqual(found('The total is **42** dollars, three times as much as before.'), ['42', 'bold'])
  assert.deepEqual(found('So we get a = 1 and b = 2.'), ['a = 1 and b = 2', 'line'])
  assert.deepEqual(found('She then has 12 marbles and gives them all away'), ['12', 'number'])
  assert.deepEqual(found('Yes, because it is even.'), ['Yes', 'phrase'])
})

test('a draft in think tags is no answer, unless nothing follows', () => {
  assert.deepEqual(found('<think>\\boxed{3}?</think>It is \\boxed{4}'), ['4', 'boxed'])
  assert.deepEqual(found('<think>maybe</think>\n\n7'), ['7', 'whole'])
  assert.deepEqual(found('<think>\\boxed{3}</think>'), ['3', 'boxed'])
})

test('an answer is always found or said to be nowhere', () => {
  assert.deepEqual(found(''), ['', 'whole'])
  assert.deepEqual(found('word '.repeat(100)), ['', 'nowhere'])
  const piece = fc.constantFrom(
    '\\boxed{',
    '}',
    '$',
    '$$',
    '\\(',
    '\\)',
    '\\[',
    '\\]',
    'the answer is ',
    '####',
    '**',
    '<answer>',
    '</answer>',
    '\n',
    ' ',
    '5',
    'x = 1',
    ' and ',
    'so it is ',
    '.',
    'A:',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (parts) => {
      const { text } = extractAnswer(parts.join(''))
      return text.length <= parts.join('').length + 2 * parts.length
    }),
    { seed: 9, numRuns: 2000 },
  )
})
