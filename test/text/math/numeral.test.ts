import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newBudget } from '../../../src/text/math/budget.ts'
import { readNumeral } from '../../../src/text/math/numeral.ts'
import { show, toNumber } from '../../../src/text/math/rational.ts'

const read = (text: string, grouping = true) => readNumeral(text, 0, { grouping }, newBudget())
const value = (text: string) => show(read(text).value)

test('numerals are exact, whatever their notation', () => {
  const table: Record<string, string> = {
    '42': '42',
    '0042': '42',
    '0.25': '1/4',
    '.5': '1/2',
    '1,000': '1000',
    '1{,}000{,}000': '1000000',
    '1\\,000': '1000',
    '12 345 678': '12345678',
    '1,234.5': '2469/2',
    '1e-3': '1/1000',
    '2.5E2': '250',
    '0.\\overline{3}': '1/3',
    '0.1\\overline{6}': '1/6',
    '0.\\overline{142857}': '1/7',
    '0.(09)': '1/11',
    '0.333...': '1/3',
    '0.1232323\\ldots': '61/495',
    '0xff': '255',
    '1_000': '1000',
  }
  for (const [text, expected] of Object.entries(table)) {
    assert.equal(value(text), expected, text)
    assert.equal(read(text).end, text.length, text)
  }
})

test('a numeral ends where it ends', () => {
  assert.equal(read('1,23').end, 1)
  assert.equal(read('1,2345').end, 1)
  assert.equal(read('12,345,67').end, 2)
  assert.equal(read('1,000', false).end, 1)
  assert.equal(read('5.').end, 1)
  assert.equal(read('2e').end, 1)
  assert.equal(read('3 125/1000').end, 1)
})

test('a decimal knows its significant digits and places', () => {
  assert.partialDeepStrictEqual(read('0.0120'), { digits: 3, places: 4 })
  assert.partialDeepStrictEqual(read('12.5e3'), { digits: 3, places: -2 })
  assert.equal(read('1200').digits, undefined)
})

test('agrees with JavaScript on decimals and exponents', () => {
  const decimal = fc.tuple(fc.nat(), fc.stringMatching(/^\d{1,12}$/), fc.integer({ min: -30, max: 30 }))
  fc.assert(
    fc.property(decimal, ([whole, fraction, exponent]) => {
      const text = `${whole}.${fraction}e${exponent}`
      return Math.abs(toNumber(read(text).value) - Number(text)) <= 1e-15 * Math.abs(Number(text))
    }),
    { seed: 1 },
  )
})

test('a repeating decimal is the fraction its digits converge to', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{0,4}$/), fc.stringMatching(/^\d{1,5}$/), (head, block) => {
      const repeats = Number(`0.${head}${block.repeat(16)}`)
      return Math.abs(toNumber(read(`0.${head}\\overline{${block}}`).value) - repeats) < 1e-8
    }),
    { seed: 2 },
  )
})
