import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { extractNumber, type NumberPlace, parseNumber, sameNumber } from '../../src/text/number.ts'

/** 'n/d' in lowest terms, '%' behind it where the text had one. */
function read(text: string, place?: NumberPlace): string | undefined {
  const number = extractNumber(text, place)
  if (number === undefined) return undefined
  let [a, b] = [number.numerator < 0n ? -number.numerator : number.numerator, number.denominator]
  while (b !== 0n) [a, b] = [b, a % b]
  const bottom = number.denominator / a
  return `${number.numerator / a}${bottom === 1n ? '' : `/${bottom}`}${number.percent ? '%' : ''}`
}

test('every spelling of a number is read exactly', () => {
  const spellings: [string, string][] = [
    ['18', '18'],
    ['$1,234.50', '2469/2'],
    ['1234567', '1234567'],
    ['1,234,567', '1234567'],
    ['3\\,000', '3000'],
    ['1{,}000', '1000'],
    ['-$5', '-5'],
    ['$-5', '-5'],
    ['\u22127', '-7'],
    ['US$ 20', '20'],
    ['EUR 20', '20'],
    ['£3.20', '16/5'],
    ['.5', '1/2'],
    ['3/4', '3/4'],
    ['-3/4', '-3/4'],
    ['1 1/2', '3/2'],
    ['-1 1/2', '-3/2'],
    ['1½', '3/2'],
    ['⅔', '2/3'],
    ['$\\frac{3}{4}$', '3/4'],
    ['1\\frac12', '3/2'],
    ['-\\dfrac{ 3 }{ 4 }', '-3/4'],
    ['50%', '50%'],
    ['50\\%', '50%'],
    ['2.5 percent', '5/2%'],
    ['1.2e-3', '3/2500'],
    ['1e+21', '1000000000000000000000'],
    ['1.2 × 10^5', '120000'],
    ['1.2 \\times 10^{-5}', '3/250000'],
    ['10⁵', '100000'],
    ['3·10⁻²', '3/100'],
    ['18.', '18'],
    ['**18**', '18'],
    ['`18`', '18'],
    ['is...18', '18'],
    ['18 cm²', '18'],
    ['18 cm^2', '18'],
    ['答案是18', '18'],
  ]
  for (const [text, expected] of spellings) assert.equal(read(text), expected, text)
})

test('what only looks like a number is not one', () => {
  for (const text of [
    '',
    'five',
    'H2O',
    '2^10',
    '2**10',
    'x^{-5}',
    '3/4/2024',
    '10:30',
    '√2',
    '2π',
    '2\\sqrt{3}',
    '\\sqrt[3]{8}',
    '5\\pi',
    '5/0',
    '1e99999',
    'v_2',
  ]) {
    assert.equal(read(text), undefined, text)
  }
})

test('a hyphen between numbers is not a sign', () => {
  assert.equal(read('10-5'), '5')
  assert.equal(read('(3)-5'), '5')
  assert.equal(read('x = -5'), '-5')
})

test('the last explicit mark decides, and only what it points at counts', () => {
  const texts: [string, string | undefined][] = [
    ['2 + 3 = 5\n#### 42', '42'],
    ['I have 3.\nA: 18\nThat took 7 steps', '18'],
    ['A: 5\nno, wait\nA: 6', '6'],
    ['**Final Answer:** 7 of the 12 apples', '7'],
    ['Answer:\n18', '18'],
    ['A: 9 * 2 = $18 per day', '18'],
    ['A: 18 (because x = 5)', '18'],
    ['so \\boxed{\\frac{1}{2}} of the 30', '1/2'],
    ['\\boxed{x = 5}', '5'],
    ['#### 3 then \\boxed{\\text{about } 4}', '4'],
    ['The answer is 12, not 13', '12'],
    ['The answer is clear by now. So it must be 4', '4'],
    ['they ate 3 of 8', '8'],
    ['5 apples\nA: unknown', undefined],
    ['\\boxed{\\text{none}} of 5', undefined],
    ['the DNA: 5 and 7', '7'],
    ['\\boxed{\\frac{\\sqrt{3}}{2}}', undefined],
    ['\\boxed{3 + 2\\sqrt{5}}', undefined],
    ['A: 3 * 6', undefined],
    ['A: 3 - 5 apples', undefined],
    ['A: *18* apples', '18'],
    ['A: 18 - as shown', '18'],
    ['A: 4 (the side is \\sqrt{16})', '4'],
    ['A: 2\\sqrt{4} = 4', '4'],
  ]
  for (const [text, expected] of texts) assert.equal(read(text), expected, text)
})

test('the place can be asked for', () => {
  assert.equal(read('\\boxed{4} or 5', { from: 'last' }), '5')
  assert.equal(read('#### 5', { from: 'boxed' }), undefined)
  assert.equal(read('=> 5, then 6', { marker: '=>' }), '5')
  assert.equal(read('#### 5 of 6', { from: 'marker' }), '5')
  assert.equal(read('5 of 6', { from: 'marker' }), undefined)
})

test('parseNumber takes nothing but a number', () => {
  assert.equal(parseNumber(' 18. ')?.numerator, 18n)
  for (const text of ['18 apples', 'about 18', '1 2', '#### 18', '']) assert.equal(parseNumber(text), undefined, text)
})

function same(a: string, b: string, tolerance?: number): boolean {
  const [x, y] = [parseNumber(a), parseNumber(b)]
  assert.ok(x !== undefined && y !== undefined)
  assert.equal(sameNumber(x, y, tolerance), sameNumber(y, x, tolerance), 'sameNumber is symmetric')
  return sameNumber(x, y, tolerance)
}

test('equality is exact, tolerance is a bound on the difference, a lone % has both readings', () => {
  assert.ok(same('1/3', '2/6'))
  assert.ok(same('0.5', '1/2'))
  assert.ok(!same('0.3333333333333333', '1/3'))
  assert.ok(!same('10000000000000000', '10000000000000001'))
  assert.ok(same('0.1', '0.2', 0.1))
  assert.ok(!same('0.1', '0.20000000000000001', 0.1))
  assert.ok(same('50%', '0.5'))
  assert.ok(same('50%', '50'))
  assert.ok(!same('50%', '0.5%'))
  assert.ok(!same('50%', '51%', 0.5))
  assert.throws(() => same('1', '2', Number.NaN), RangeError)
})

test('any rational is the same however it is scaled, and however a double is printed', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 1, max: 10_000 }), (n, k) => {
      return same(`${n}/7`, `${n * BigInt(k)}/${7n * BigInt(k)}`) && !same(`${n}/7`, `${n + 1n}/7`)
    }),
    { seed: 1 },
  )
  fc.assert(
    // Two spellings of the same shortest digits: 0.000001 and 1e-6.
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => same(String(x), x.toExponential())),
    { seed: 2, examples: [[0.1], [1e21], [5e-7]], numRuns: 200 },
  )
})

test('no text at all makes it throw', () => {
  const pieces = [
    '1',
    ',',
    '.',
    '/',
    ' ',
    '-',
    '%',
    '$',
    '\\frac{',
    '\\boxed{',
    '}',
    '{',
    '^',
    '10^',
    'e',
    'A:',
    '####',
    '\n',
    '½',
    '²',
    'x',
    '=',
    'answer is',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      const number = extractNumber(parts.join(''))
      return number === undefined || number.denominator > 0n
    }),
    { seed: 3, numRuns: 2000 },
  )
})

test('long hostile texts are read in linear time', () => {
  // Each of these has 100 000 characters; a matcher that backtracks over all of them would not end within a minute.
  for (const piece of [
    '111,',
    '1 ',
    ' ',
    '1/',
    '-',
    '1',
    '\\frac{',
    '\\boxed{',
    'answer is ',
    '>*_# ',
    'A:\n',
    '1 1',
  ]) {
    extractNumber(piece.repeat(100_000 / piece.length))
  }
})
