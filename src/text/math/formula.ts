/** Sums, products and powers: the arithmetic part of the grammar. */
import { atom, startsAtom } from './atom.ts'
import { type Cursor, isSign, nested, peek, skipSign } from './cursor.ts'
import { call, type Expression, integer, minus, number, pow, product, quotient, sum } from './expression.ts'
import { NO_UNIT } from './names.ts'
import { compare, MINUS_ONE } from './rational.ts'
import { type Token, UNREADABLE } from './token.ts'
import { GREEK_UNITS, isDoubtfulUnit, isKnownUnit, multiplier, readUnit } from './units.ts'

/** term ± term ∓ term ... */
export function readSum(cursor: Cursor): Expression {
  const terms = [signed(cursor)]
  while (true) {
    if (isSign(cursor, '+') || isSign(cursor, '-') || isSign(cursor, 'pm') || isSign(cursor, 'mp'))
      terms.push(signed(cursor))
    else break
  }
  return terms.length === 1 ? terms[0] : sum(...terms)
}

/** A term with the signs before it. */
function signed(cursor: Cursor): Expression {
  if (skipSign(cursor, '-')) return minus(nested(cursor, signed))
  if (skipSign(cursor, '+')) return nested(cursor, signed)
  if (skipSign(cursor, 'pm')) return { kind: 'plusMinus', sign: 1, value: nested(cursor, signed) }
  if (skipSign(cursor, 'mp')) return { kind: 'plusMinus', sign: -1, value: nested(cursor, signed) }
  return readProduct(cursor)
}

/** factor * factor / factor factor ..., and a unit behind them. */
export function readProduct(cursor: Cursor): Expression {
  const start = cursor.at
  const factors = [readFactor(cursor)]
  const unit = doubtfulUnit(cursor, start)
  while (true) {
    if (isSign(cursor, '{') && isSign(cursor, '}', 1)) cursor.at += 2
    else if (skipSign(cursor, '*')) factors.push(signedFactor(cursor))
    else if (isSign(cursor, '/') && isLanguage(cursor, 1)) break
    else if (skipSign(cursor, '/')) factors.push(pow(signedFactor(cursor), number(MINUS_ONE)))
    else if (isTimes(cursor)) {
      cursor.at++
      factors.push(readFactor(cursor))
    } else if (continuesProduct(cursor)) {
      const bracketed = isSign(cursor, '(')
      const next = mixedPart(cursor, factors) ?? readFactor(cursor)
      const last = factors.at(-1)
      if (last !== undefined && !bracketed && isMixed(last, next, cursor)) factors.splice(-1, 1, sum(last, next))
      else factors.push(next)
    } else break
  }
  const whole = factors.length === 1 ? factors[0] : product(...factors)
  if (unit !== undefined && cursor.at === unit.end) {
    return { kind: 'quantity', value: factors[0], unit: readUnit(unit.text), product: whole }
  }
  return withUnit(cursor, whole)
}

function signedFactor(cursor: Cursor): Expression {
  if (skipSign(cursor, '-')) return minus(nested(cursor, signedFactor))
  if (skipSign(cursor, '+')) return nested(cursor, signedFactor)
  return readFactor(cursor)
}

/** The x in 1.5 x 10^6. */
function isTimes(cursor: Cursor): boolean {
  const [before, x, after] = [peek(cursor, -1), peek(cursor), peek(cursor, 1)]
  return before?.type === 'number' && x?.type === 'symbol' && x.text === 'x' && after?.type === 'number'
}

function continuesProduct(cursor: Cursor): boolean {
  const token = peek(cursor)
  if (token === undefined) return false
  if (token.type === 'number') {
    const before = peek(cursor, -1)
    const closed = before?.type === 'sign' && [')', '}', '!'].includes(before.text)
    // 2^x 3^x: a number behind a variable belongs to what follows it.
    const [after, gap] = [peek(cursor, 1), token.gap && before?.type === 'symbol']
    const leads = after !== undefined && (after.text === '^' || after.type === 'symbol' || after.type === 'structure')
    // 3 1/2 is a mixed number; two numbers side by side are otherwise no product.
    const mixed = before?.type === 'number' && token.gap && isSign(cursor, '/', 1) && peek(cursor, 2)?.type === 'number'
    return closed || mixed || (gap && leads)
  }
  return startsAtom(cursor)
}

/** The 1/2 of 3 1/2, read as one factor. */
function mixedPart(cursor: Cursor, factors: readonly Expression[]): Expression | undefined {
  const [top, bottom] = [peek(cursor), peek(cursor, 2)]
  if (top?.type !== 'number' || bottom?.type !== 'number' || peek(cursor, -1)?.type !== 'number') return undefined
  if (factors.at(-1)?.kind !== 'number') return undefined
  cursor.at += 3
  return quotient(number(top.value), number(bottom.value))
}

/** A whole number followed at once by a proper fraction of whole numbers is their sum: 3\frac12 is 3.5. */
function isMixed(before: Expression, fraction: Expression, cursor: Cursor): boolean {
  if (before.kind !== 'number' || before.value.d !== 1n || before.digits !== undefined) return false
  if (fraction.kind !== 'product' || fraction.factors.length !== 2) return false
  const [top, under] = fraction.factors
  if (top.kind !== 'number' || under.kind !== 'power' || under.base.kind !== 'number') return false
  if (isSign(cursor, '^')) return false
  const [n, d] = [top.value, under.base.value]
  return n.d === 1n && d.d === 1n && n.n > 0n && n.n < d.n
}

/** An atom with what follows it closely: ! % ° and powers. */
export function readFactor(cursor: Cursor): Expression {
  return nested(cursor, (inner) => postfix(inner, atom(inner)))
}

function postfix(cursor: Cursor, start: Expression): Expression {
  let value = start
  const from = cursor.at
  while (true) {
    if (cursor.at > from + MOST_POSTFIXES) throw UNREADABLE
    if (skipSign(cursor, '!')) value = call(skipSign(cursor, '!') ? 'doubleFactorial' : 'factorial', value)
    else if (skipSign(cursor, '%')) value = percentOf(value)
    else if (skipSign(cursor, 'deg')) value = degrees(cursor, value)
    else if (isDegreePower(cursor)) value = degrees(cursor, value)
    else if (isOrdinalPower(cursor)) continue
    else if (skipSign(cursor, '^')) value = pow(value, exponent(cursor))
    else if (skipSign(cursor, '¢')) value = { kind: 'quantity', value, unit: readUnit('cent') }
    else return value
  }
}

// Nobody writes more signs than this behind one value, and each makes the tree deeper.
const MOST_POSTFIXES = 40

function percentOf(value: Expression): Expression {
  if (value.kind === 'percent') throw UNREADABLE
  return { kind: 'percent', value }
}

/** x^\circ and x^{\circ}; moves past it. */
function isDegreePower(cursor: Cursor): boolean {
  if (peek(cursor)?.type === 'structure' && peek(cursor)?.text === 'circ') {
    cursor.at++
    return true
  }
  if (!isSign(cursor, '^')) return false
  const braced = isSign(cursor, '{', 1)
  const token = peek(cursor, braced ? 2 : 1)
  const degree = token?.text === 'circ' || (token?.type === 'sign' && token.text === 'deg') || token?.text === 'o'
  if (!degree || (braced && !isSign(cursor, '}', 3))) return false
  cursor.at += braced ? 4 : 2
  return true
}

/** The raised letters of 3^{rd}, which say nothing; moves past them. */
function isOrdinalPower(cursor: Cursor): boolean {
  if (!isSign(cursor, '^')) return false
  const braced = isSign(cursor, '{', 1)
  const token = peek(cursor, braced ? 2 : 1)
  if (token === undefined || !/^(?:st|nd|rd|th)$/.test(token.text)) return false
  cursor.at += braced && isSign(cursor, '}', 3) ? 4 : braced ? 3 : 2
  return true
}

/** Degrees of an angle, or of temperature where C or F follows. */
function degrees(cursor: Cursor, value: Expression): Expression {
  const scale = peek(cursor)
  const celsius = scale !== undefined && (scale.type === 'symbol' || scale.type === 'text') && /^[CF]$/.test(scale.text)
  if (celsius) cursor.at++
  return { kind: 'quantity', value, unit: readUnit(celsius ? `°${scale.text}` : '°') }
}

function exponent(cursor: Cursor): Expression {
  if (skipSign(cursor, '-')) return minus(exponent(cursor))
  if (skipSign(cursor, '+')) return exponent(cursor)
  const token = peek(cursor)
  if (token === undefined) throw UNREADABLE
  if (token.type === 'sign' && (token.text === '*' || token.text === "'")) throw UNREADABLE
  const base = nested(cursor, atom)
  // Powers of powers group to the right: 2^3^2 is 2^(3^2).
  return skipSign(cursor, '^') ? pow(base, exponent(cursor)) : base
}

/** What a letter behind a number and a space may measure: 5 m, 3 m/s. Gives its text and where it ends. */
function doubtfulUnit(cursor: Cursor, start: number): { text: string; end: number } | undefined {
  const first = peek(cursor)
  if (cursor.at !== start + 1 || peek(cursor, -1)?.type !== 'number') return undefined
  if (first?.type !== 'symbol' || !(first.gap || GREEK_UNITS.has(first.text)) || !isDoubtfulUnit(first.text))
    return undefined
  let end = cursor.at
  let text = ''
  while (end < cursor.tokens.length && end < cursor.at + 8) {
    const token = cursor.tokens[end]
    if (!/^(?:[a-zA-Z]+|[/^{}\d-])$/.test(token.text) || token.type === 'function') break
    text += token.gap && text !== '' ? ` ${token.text}` : token.text
    end++
  }
  const spelling = text.replace(/[{}]/g, '')
  return readUnit(spelling).dimension === undefined ? undefined : { text: spelling, end }
}

/** A formula with the words behind it as its unit; a word for a number (million, dozen) multiplies. */
function withUnit(cursor: Cursor, value: Expression): Expression {
  let scaled = value
  let words = ''
  while (true) {
    const token = peek(cursor)
    if (token === undefined) break
    const language = token.type === 'word' || token.type === 'text'
    const times = language && words === '' ? multiplier(token.text) : undefined
    if (times !== undefined) {
      scaled = product(scaled, integer(times))
      cursor.at++
    } else if (language && !NO_UNIT.has(token.text.toLowerCase().split(' ')[0])) {
      words += ` ${token.text}`
      cursor.at++
    } else if (token.type === 'sign' && '€£¥₹$'.includes(token.text) && words === '') {
      words = token.text
      cursor.at++
    } else if (isSign(cursor, '/') && (isLanguage(cursor, 1) || (words !== '' && peek(cursor, 1)?.type === 'symbol'))) {
      words += `/${peek(cursor, 1)?.text}`
      cursor.at += 2
    } else if (words !== '' && isSign(cursor, '^')) {
      cursor.at++
      words += `^${wholeExponent(cursor)}`
    } else if (words !== '' && isSign(cursor, '*') && isUnit(peek(cursor, 1))) {
      words += ` ${peek(cursor, 1)?.text}`
      cursor.at += 2
    } else break
  }
  if (words === '') return scaled
  const unit = readUnit(words)
  // "a circle" is no variable a that measures circles.
  if (scaled.kind === 'symbol' && unit.dimension === undefined) throw UNREADABLE
  return withSmallerUnit(cursor, { kind: 'quantity', value: scaled, unit })
}

/** The 2 of cm^2, the -1 of s^{-1}. */
function wholeExponent(cursor: Cursor): bigint {
  const braced = skipSign(cursor, '{')
  const negative = skipSign(cursor, '-')
  const token = peek(cursor)
  if (token?.type !== 'number' || token.value.d !== 1n) throw UNREADABLE
  cursor.at++
  if (braced && !skipSign(cursor, '}') && peek(cursor) !== undefined) throw UNREADABLE
  return negative ? -token.value.n : token.value.n
}

/** 1 hour 30 minutes, 5 feet and 6 inches: a second number with a smaller unit of the same kind is added. */
function withSmallerUnit(cursor: Cursor, larger: Expression & { kind: 'quantity' }): Expression {
  const start = cursor.at
  if (larger.unit.dimension === undefined) return larger
  skipSign(cursor, 'and')
  if (peek(cursor)?.type === 'number' && isLanguage(cursor, 1)) {
    const smaller = nested(cursor, readProduct)
    const known = smaller.kind === 'quantity' && smaller.unit.dimension === larger.unit.dimension
    if (known && compare(smaller.unit.factor, larger.unit.factor) < 0) {
      const scale = quotient(number(smaller.unit.factor), number(larger.unit.factor))
      return { ...larger, value: sum(larger.value, product(smaller.value, scale)) }
    }
  }
  cursor.at = start
  return larger
}

/** Words, or a letter that is a unit: the s of m·s. */
function isUnit(token: Token | undefined): boolean {
  if (token === undefined) return false
  return token.type === 'word' || token.type === 'text' || (token.type === 'symbol' && isKnownUnit(token.text))
}

function isLanguage(cursor: Cursor, ahead: number): boolean {
  const token = peek(cursor, ahead)
  return token?.type === 'word' || token?.type === 'text'
}
