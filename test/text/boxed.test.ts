import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastBoxed } from '../../src/text/boxed.ts'

const content = (text: string) => lastBoxed(text)?.content

test('the content of the last box, braces counted', () => {
  assert.equal(content('\\boxed{1} then \\boxed{\\frac{1}{2}}.'), '\\frac{1}{2}')
  assert.equal(content('\\fbox{ 7 }'), ' 7 ')
  assert.equal(content('\\boxed {a}'), 'a')
  assert.equal(content('\\boxed{\\{1, 2\\}}'), '\\{1, 2\\}')
  assert.equal(content('no box'), undefined)
})

test('without braces the next token, without a closing brace the rest of the line', () => {
  assert.equal(content('\\boxed 5 apples'), '5')
  assert.equal(content('\\boxed\\pi$'), '\\pi')
  assert.equal(content('$\\boxed{5$ and more'), '5')
  assert.equal(content('\\boxed{\\frac{1}{2}\nNext line'), '\\frac{1}{2}')
  assert.equal(content('\\boxed{'), '')
})

test('earlier boxes are found from where a later one begins', () => {
  const text = 'x = \\boxed{3} or \\boxed{5}'
  const last = lastBoxed(text)
  assert.deepEqual(last, { content: '5', start: 17, end: text.length })
  assert.deepEqual(lastBoxed(text, last?.start), { content: '3', start: 4, end: 13 })
  assert.equal(lastBoxed(text, 4), undefined)
})
