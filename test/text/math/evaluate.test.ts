import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newBudget } from '../../../src/text/math/budget.ts'
import type { Complex } from '../../../src/text/math/complex.ts'
import { evaluate } from '../../../src/text/math/evaluate.ts'
import { parse } from '../../../src/text/math/parse.ts'

function valueAt(text: string, field: 'real' | 'complex' = 'real', x?: number): Complex | undefined {
  const budget = newBudget()
  const read = parse(text, budget)
  assert.ok(read !== undefined, `not read: ${text}`)
  return evaluate(read, { budget, values: new Map(x === undefined ? [] : [['x', x]]), field, logBase: 10 })
}

// Digits from the NIST Digital Library of Mathematical Functions and from closed forms, rounded to the nearest double.
const REAL: Record<string, number> = {
  '2^{10}': 1024,
  '2^{-3}': 0.125,
  '-2^2': -4,
  '2^{3^2}': 512,
  '\\frac{1}{2}+\\frac13': 5 / 6,
  '3\\frac{1}{2}': 3.5,
  '\\sqrt2': Math.SQRT2,
  '\\sqrt[3]{-8}': -2,
  '(-8)^{2/3}': 4,
  '\\pi': Math.PI,
  'e^2': 7.38905609893065,
  '\\ln 2': Math.LN2,
  '\\log 1000': 3,
  '\\log_2 10': 3.321928094887362,
  '\\sin 1': 0.8414709848078965,
  '\\cos 60^\\circ': 0.5,
  '\\tan^{-1} 1': 0.7853981633974483,
  '\\sinh 1': 1.1752011936438014,
  '\\operatorname{arccosh} 2': 1.3169578969248166,
  '5!': 120,
  '0!': 1,
  '(1/2)!': 0.886226925452758,
  '7!!': 105,
  '\\binom{10}{3}': 120,
  '\\binom{1/2}{2}': -0.125,
  '\\sum_{k=1}^{100} k': 5050,
  '\\prod_{k=1}^{5} k': 120,
  '\\gcd(12, 18)': 6,
  '\\operatorname{lcm}(4, 6)': 12,
  '\\max(1, 5, 3)': 5,
  '\\lfloor -2.5 \\rfloor': -3,
  '\\lceil -2.5 \\rceil': -2,
  '|{-3}|': 3,
  '50\\%': 0.5,
  '1011_2': 11,
  '\\begin{vmatrix}1\\end{vmatrix}': Number.NaN,
}

test('values agree with tables and closed forms within their own error bound', () => {
  for (const [text, expected] of Object.entries(REAL)) {
    const value = valueAt(text)
    if (Number.isNaN(expected)) {
      assert.equal(value, undefined, text)
      continue
    }
    assert.ok(value !== undefined, text)
    assert.ok(Math.abs(value.re - expected) <= 2 * value.error + 1e-15 * Math.abs(expected), `${text}: ${value.re}`)
    assert.ok(value.error <= 1e-11 * Math.max(1, Math.abs(expected)), `${text} is said to be known to ${value.error}`)
  }
})

test('complex values are principal values', () => {
  const table: Record<string, readonly [number, number]> = {
    'i^2': [-1, 0],
    '\\sqrt{-4}': [0, 2],
    'e^{i\\pi}': [-1, 0],
    'i^i': [Math.exp(-Math.PI / 2), 0],
    '\\ln(-1)': [0, Math.PI],
    '\\frac{1+i}{1-i}': [0, 1],
    '\\sin i': [0, Math.sinh(1)],
    '|3+4i|': [5, 0],
  }
  for (const [text, [re, im]] of Object.entries(table)) {
    const value = valueAt(text, 'complex')
    assert.ok(value !== undefined && Math.hypot(value.re - re, value.im - im) < 1e-14, text)
  }
})

test('where a formula has no real value it has none, and a value too small or large for a double is none either', () => {
  for (const text of [
    '\\sqrt{-1}',
    '\\ln 0',
    '\\ln(-1)',
    '1/0',
    '0^{-1}',
    '(-1)!',
    '\\arcsin 2',
    '10^{400}',
    'e^{-1000}',
  ]) {
    assert.equal(valueAt(text), undefined, text)
  }
})

test('the error bound covers cancellation', () => {
  // (1 + x) - 1 at x = 1e-10 keeps six digits: the bound must own up to the lost ones.
  const value = valueAt('(1+x)-1', 'real', 1e-10)
  assert.ok(value !== undefined)
  assert.ok(Math.abs(value.re - 1e-10) <= value.error && value.error < 1e-15)
})
