/** The smallest parts of a formula: numerals, variables, brackets and the LaTeX structures around them. */
import { isSetBrace, readBars, readBrackets, readMatrix, readReversedInterval, readSet } from './brackets.ts'
import { type Cursor, closing, isSign, nested, peek, skipSign, spelled } from './cursor.ts'
import { call, constant, type Expression, integer, quotient, symbol } from './expression.ts'
import { readFunction, readSeries } from './functionCall.ts'
import { type NumberToken, type Token, UNREADABLE } from './token.ts'
import { multiplier, readUnit } from './units.ts'

/** Whether an atom can start here, so that it may follow a factor without a sign between them. */
export function startsAtom(cursor: Cursor): boolean {
  const token = peek(cursor)
  if (token === undefined) return false
  if (token.type === 'symbol' || token.type === 'function') return true
  if (token.type === 'structure') return !['end', 'circ', 'choose', 'not'].includes(token.text)
  if (token.type !== 'sign') return false
  if (token.text === '|') return cursor.bars === 0
  if (token.text === '[' && cursor.reversed) return false
  return ['(', '[', '{', '\\{', '<(', 'floor(', 'ceil(', 'pi', 'infinity'].includes(token.text)
}

export function atom(cursor: Cursor): Expression {
  const token = peek(cursor)
  if (token === undefined) throw UNREADABLE
  if (token.type === 'number') return numeral(cursor, token)
  if (token.type === 'symbol') return letter(cursor, token)
  if (token.type === 'function') return readFunction(cursor)
  if (token.type === 'structure') return structure(cursor, token.text)
  if (token.type === 'word' || token.type === 'text') return language(cursor)
  return bracketed(cursor, token)
}

function bracketed(cursor: Cursor, token: Token): Expression {
  switch (token.text) {
    case '(':
    case '[':
    case '<(':
      return readBrackets(cursor)
    case ']':
      return readReversedInterval(cursor)
    case '\\{':
      return readSet(cursor)
    case '{':
      return isSetBrace(cursor) ? readSet(cursor) : group(cursor)
    case '|':
      return readBars(cursor)
    case 'floor(':
    case 'ceil(':
      return rounding(cursor, token.text)
    case 'pi':
      cursor.at++
      return constant('pi')
    case 'infinity':
      cursor.at++
      return constant('infinity')
    case 'empty':
      cursor.at++
      return { kind: 'set', items: [] }
    case 'dots':
      cursor.at++
      return symbol('…')
    case '$':
    case '€':
    case '£':
    case '¥':
    case '₹':
      return money(cursor, token.text)
    default:
      throw UNREADABLE
  }
}

function rounding(cursor: Cursor, open: string): Expression {
  const name = open.slice(0, -1)
  cursor.at++
  const inside = nested(cursor, cursor.grammar.sum)
  if (!skipSign(cursor, `)${name}`)) throw UNREADABLE
  return call(name, inside)
}

/** $18.00, $-5, $2.5 million. */
function money(cursor: Cursor, sign: string): Expression {
  cursor.at++
  const negative = skipSign(cursor, '-')
  const token = peek(cursor)
  if (token?.type !== 'number') throw UNREADABLE
  let value = nested(cursor, cursor.grammar.factor)
  const next = peek(cursor)
  const times = next?.type === 'word' || next?.type === 'text' ? multiplier(next.text) : undefined
  if (times !== undefined) {
    cursor.at++
    value = { kind: 'product', factors: [value, integer(times)] }
  }
  if (negative) value = { kind: 'product', factors: [integer(-1), value] }
  return { kind: 'quantity', value, unit: readUnit(sign) }
}

const BASES: Readonly<Record<string, number>> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  sixteen: 16,
}

/** A numeral, with the base it is written in where a subscript gives one: 1011_2. */
function numeral(cursor: Cursor, token: NumberToken): Expression {
  cursor.at++
  const { value, digits, places } = token
  if (isSign(cursor, '_') && digits === undefined && value.d === 1n) {
    const braced = isSign(cursor, '{', 1)
    const under = peek(cursor, braced ? 2 : 1)
    const base = under?.type === 'number' ? Number(under.value.n) : BASES[under?.text.toLowerCase() ?? '']
    const written = value.n.toString()
    if (base >= 2 && base <= 36 && [...written].every((digit) => Number(digit) < base) && written.length < 300) {
      cursor.at += braced ? 3 : 2
      if (braced) skipSign(cursor, '}')
      const inBase = [...written].reduce((sum, digit) => sum * BigInt(base) + BigInt(digit), 0n)
      return { kind: 'based', digits: written, base, value: { n: inBase, d: 1n } }
    }
    throw UNREADABLE
  }
  return {
    kind: 'number',
    value,
    ...(digits === undefined ? {} : { digits }),
    ...(places === undefined ? {} : { places }),
  }
}

/** A variable with its subscript and primes; i and e are constants unless a sum runs over them. */
function letter(cursor: Cursor, token: Token): Expression {
  const start = cursor.at
  cursor.at++
  const plain = !isSign(cursor, '_') && !isSign(cursor, "'")
  if (plain && !cursor.bound.includes(token.text)) {
    if (token.text === 'i') return constant('i')
    if (token.text === 'e') return constant('e')
  }
  suffixes(cursor)
  const name = spelled(cursor, start, cursor.at)
  const isFunction = /^[fghFGH]('|_|$)/.test(name)
  if (isFunction && isSign(cursor, '(') && peek(cursor)?.gap === false) return application(cursor, name)
  if (isFunction && spelled(cursor, cursor.at, cursor.at + 5) === '^-1') {
    cursor.at += 5
    return isSign(cursor, '(') ? application(cursor, `${name}^-1`) : symbol(`${name}^-1`)
  }
  return symbol(name)
}

/** Moves past subscripts and primes. */
function suffixes(cursor: Cursor): void {
  while (true) {
    if (skipSign(cursor, "'")) continue
    if (!skipSign(cursor, '_')) return
    skipGroup(cursor)
  }
}

/** Moves past one token or one group in braces. */
function skipGroup(cursor: Cursor): void {
  let depth = 0
  do {
    const token = peek(cursor)
    if (token === undefined) throw UNREADABLE
    if (isSign(cursor, '{')) depth++
    else if (isSign(cursor, '}')) depth--
    cursor.at++
  } while (depth > 0)
}

function application(cursor: Cursor, name: string): Expression {
  const args = nested(cursor, readBrackets)
  return args.kind === 'tuple' ? call(name, ...args.items) : call(name, args)
}

/** Words where a formula could stand: a label, or an answer in words. */
function language(cursor: Cursor): Expression {
  let text = ''
  while (peek(cursor)?.type === 'word' || peek(cursor)?.type === 'text') {
    text += ` ${peek(cursor)?.text}`
    cursor.at++
  }
  return { kind: 'text', text: text.trim() }
}

/** Braces that only group. \over and \choose split what they hold in two. */
function group(cursor: Cursor): Expression {
  cursor.at++
  if (skipSign(cursor, '}')) return { kind: 'set', items: [] }
  const inside = nested(cursor, cursor.grammar.list)
  if (skipSign(cursor, 'over')) return closed(cursor, quotient(inside, nested(cursor, cursor.grammar.sum)))
  if (peek(cursor)?.text === 'choose') {
    cursor.at++
    return closed(cursor, call('binomial', inside, nested(cursor, cursor.grammar.sum)))
  }
  return closed(cursor, inside)
}

/** A closing brace may be missing at the end of the text, nowhere else. */
function closed(cursor: Cursor, inside: Expression): Expression {
  if (!skipSign(cursor, '}') && peek(cursor) !== undefined) throw UNREADABLE
  return inside
}

function structure(cursor: Cursor, name: string): Expression {
  const start = cursor.at
  cursor.at++
  switch (name) {
    case 'frac':
    case 'dfrac':
    case 'tfrac':
    case 'cfrac':
    case 'sfrac':
    case 'nicefrac':
      return fraction(cursor)
    case 'binom':
    case 'dbinom':
    case 'tbinom':
      return call('binomial', ...twoArguments(cursor))
    case 'begin':
      return readMatrix(cursor)
    case 'sum':
    case 'prod':
      return readSeries(cursor, name === 'sum' ? 'sum' : 'product')
    case 'int':
    case 'iint':
    case 'oint':
    case 'lim':
      return opaque(cursor, name, start)
    case 'mathbb': {
      const braced = skipSign(cursor, '{')
      const set = peek(cursor)?.text ?? ''
      cursor.at++
      if (braced) skipSign(cursor, '}')
      return symbol(({ R: 'ℝ', Z: 'ℤ', N: 'ℕ', Q: 'ℚ', C: 'ℂ' } as Readonly<Record<string, string>>)[set] ?? set)
    }
    case 'angle':
    case 'measuredangle':
    case 'triangle': {
      while (peek(cursor)?.type === 'symbol') cursor.at++
      const points = spelled(cursor, start + 1, cursor.at)
      // ∠ABC is ∠CBA.
      const reversed = [...points].reverse().join('')
      return symbol(
        `${name === 'triangle' ? 'triangle' : 'angle'} ${points.length === 3 && reversed < points ? reversed : points}`,
      )
    }
    case 'color':
    case 'textcolor':
    case 'hspace':
    case 'vspace':
    case 'phantom':
    case 'tag':
    case 'label':
      skipGroup(cursor)
      return atom(cursor)
    case 'overline':
      // A line over a number conjugates it; over letters it makes another name.
      if (isSign(cursor, '{') && cursor.tokens.slice(start, closing(cursor)).some(({ type }) => type === 'number')) {
        return call('conj', nested(cursor, atom))
      }
      return accented(cursor, name, start)
    case 'bar':
    case 'dot':
    case 'vec':
    case 'hat':
    case 'widehat':
    case 'tilde':
    case 'overrightarrow':
      return accented(cursor, name, start)
    default:
      throw UNREADABLE
  }
}

/** Accents that look alike are one. */
const ACCENTS: ReadonlyMap<string, string> = new Map([
  ['overrightarrow', 'vec'],
  ['widehat', 'hat'],
  ['overline', 'bar'],
])

/** AB with a line over it, v with an arrow: a name of its own. */
function accented(cursor: Cursor, name: string, start: number): Expression {
  skipGroup(cursor)
  suffixes(cursor)
  return symbol(`${ACCENTS.get(name) ?? name} ${spelled(cursor, start + 1, cursor.at)}`)
}

/** \frac with its two parts; \frac{dy}{dx} is one name. */
function fraction(cursor: Cursor): Expression {
  const start = cursor.at
  const derivative = isDifferential(cursor, start)
  const [top, bottom] = twoArguments(cursor)
  const middle = derivative ? closing(cursor, start) + 1 : start
  if (derivative && isDifferential(cursor, middle)) {
    return symbol(`${spelled(cursor, start, middle)}/${spelled(cursor, middle, cursor.at)}`)
  }
  return quotient(top, bottom)
}

/** Two arguments of a LaTeX command: groups, single atoms, or two digits in one (\frac12). */
function twoArguments(cursor: Cursor): [Expression, Expression] {
  const both = peek(cursor)
  if (both?.type === 'number' && /^\d\d$/.test(both.text) && !isSign(cursor, '{', 1)) {
    cursor.at++
    return [integer(Number(both.text[0])), integer(Number(both.text[1]))]
  }
  return [nested(cursor, atom), nested(cursor, atom)]
}

function isDifferential(cursor: Cursor, from: number): boolean {
  const d = cursor.tokens[from + 1]
  return cursor.tokens[from]?.text === '{' && (d?.text === 'd' || d?.text === '\\partial')
}

/** Integrals and limits: compared as written, up to the formula inside. */
function opaque(cursor: Cursor, name: string, start: number): Expression {
  while (skipSign(cursor, '_') || skipSign(cursor, '^')) skipGroup(cursor)
  const bounds = spelled(cursor, start + 1, cursor.at)
  return call(`${name}${bounds}`, nested(cursor, cursor.grammar.product))
}
