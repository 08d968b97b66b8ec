import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formulasIn } from '../../src/text/formulas.ts'

const contents = (text: string) => formulasIn(text).map(({ content }) => content)

test('formulae between all kinds of delimiters, in order', () => {
  assert.deepEqual(contents('if $x$ and $$y + 1$$ then \\(z\\), so \\[w = 2\\].'), ['x', 'y + 1', 'z', 'w = 2'])
  assert.deepEqual(contents('$ \\frac{1}{2} $'), ['\\frac{1}{2}'])
  const text = 'so \\(a\\) it is'
  const [{ start, end }] = formulasIn(text)
  assert.equal(text.slice(start, end), '\\(a\\)')
})

test('prices and line breaks are no formulae', () => {
  assert.deepEqual(contents('it costs $5 or $6'), [])
  assert.deepEqual(contents('it costs \\$5 and \\$6'), [])
  assert.deepEqual(contents('$5\n and $6'), [])
  assert.deepEqual(contents('a single $ sign'), [])
  assert.deepEqual(contents('$$'), [])
})

test('a delimiter that is not closed hides no later formula', () => {
  assert.deepEqual(contents('\\[ x and \\(y\\)'), ['y'])
  assert.deepEqual(contents('\\(a \\(b\\)'), ['b'])
  assert.deepEqual(contents('matrix \\\\[2pt] and $x$'), ['x'])
})
