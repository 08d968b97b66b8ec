/** Numerals as they are written: 1,234.5 · 1{,}000 · 1 000 000 · .5 · 6.02e23 · 0.1\overline{6} · 0.(3) · 0.333... */
import { type Budget, BudgetSpent, spend } from './budget.ts'
import { add, bits, MOST_BITS, multiply, power, type Rational, rational, whole } from './rational.ts'

export interface Numeral {
  readonly value: Rational
  /** Significant digits and digits after the point, for decimals that stand for a measured or rounded value. */
  readonly digits?: number
  readonly places?: number
  /** Where the text goes on. */
  readonly end: number
}

export interface NumeralOptions {
  /** Whether commas group digits by threes: 1,000 is a thousand, not one and zero. */
  readonly grouping: boolean
}

// Sticky, so that each starts where the lexer stands. Repeats are bounded by the lexer's limit on the text.
const GROUPED = /\d{1,3}(?:(?:_|['’]|,\\! ?|\\!,|,|\{ ?, ?\}|\\,|\\!)\d{3})+(?!\d|[,]\d)/y
const HEXADECIMAL = /0x[0-9a-fA-F]{1,64}(?![0-9a-zA-Z])/y
const SPACED = /\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d|[ ]?\/)/y
const PLAIN = /\d+|(?=\.\d)/y
const FRACTION = /\.(\d*)/y
const REPEATED = /\\(?:overline|bar|dot)\s*(?:\{\s*(\d+)\s*\}|(\d))|\((\d+)\)/y
const ELLIPSIS = /\s?(?:\.\.\.|…|\\(?:l|c)?dots(?![a-z]))/y
const EXPONENT = /[eE]([-+−]?\d+)(?![\d.]*[a-zA-Z])/y

/** The numeral that starts at `start`, which is a digit or the point before one. */
export function readNumeral(text: string, start: number, options: NumeralOptions, budget: Budget): Numeral {
  let at = start
  const hexadecimal = sticky(HEXADECIMAL, text, at)
  if (hexadecimal !== null) return { value: whole(BigInt(hexadecimal[0])), end: at + hexadecimal[0].length }
  const grouped = (options.grouping && sticky(GROUPED, text, at)) || sticky(SPACED, text, at)
  const before = grouped || sticky(PLAIN, text, at)
  const groupedByComma = grouped && text[start] !== '0'
  const integer = (groupedByComma || !grouped ? before : sticky(PLAIN, text, at))?.[0] ?? ''
  at += integer.length
  const wholeDigits = integer.replace(/\D/g, '')
  // A point belongs to the numeral where digits follow it, or where nothing that could be a sentence does.
  const point = sticky(FRACTION, text, at)
  const fraction = point !== null && (point[1] !== '' || sticky(REPEATED, text, at + 1) !== null) ? point[1] : undefined
  if (fraction === undefined) {
    return withExponent(text, { value: whole(BigInt(wholeDigits || '0')), end: at }, wholeDigits, 0, budget)
  }
  at += fraction.length + 1
  const repeated = sticky(REPEATED, text, at)
  const block = repeated?.[1] ?? repeated?.[2] ?? repeated?.[3]
  if (repeated !== null && block !== undefined) {
    return { value: repeating(wholeDigits, fraction, block, budget), end: at + repeated[0].length }
  }
  const dots = sticky(ELLIPSIS, text, at)
  const tail = dots === null ? undefined : repeatedTail(fraction)
  if (dots !== null) {
    at += dots[0].length
    if (tail !== undefined)
      return { value: repeating(wholeDigits, fraction.slice(0, -tail.length), tail, budget), end: at }
  }
  spend(budget, 1 + fraction.length / 64)
  const value = rational(BigInt(wholeDigits + fraction), 10n ** BigInt(fraction.length), budget)
  return withExponent(
    text,
    { value, end: at, places: fraction.length },
    wholeDigits + fraction,
    fraction.length,
    budget,
  )
}

function withExponent(text: string, base: Numeral, digits: string, places: number, budget: Budget): Numeral {
  const significant = digits.replace(/^0+/, '').length
  const match = sticky(EXPONENT, text, base.end)
  const measured = places > 0 ? { digits: significant, places } : {}
  if (match === null) {
    if (bits(base.value.n) > MOST_BITS) throw new BudgetSpent()
    return { ...base, ...measured }
  }
  const exponent = Number(match[1].replace('−', '-'))
  const scale = power(whole(10), BigInt(exponent), budget)
  if (scale === undefined) throw new BudgetSpent()
  return {
    value: multiply(base.value, scale, budget),
    end: base.end + match[0].length,
    ...(places > 0 ? { digits: significant, places: places - exponent } : {}),
  }
}

/** 0.1 and then 6 for ever is 1/10 + 6/90. */
function repeating(wholeDigits: string, fraction: string, block: string, budget: Budget): Rational {
  spend(budget, 1 + (fraction.length + block.length) / 16)
  const scale = 10n ** BigInt(fraction.length)
  const head = rational(BigInt(`${wholeDigits}${fraction}` || '0'), scale, budget)
  const tail = rational(BigInt(block), scale * (10n ** BigInt(block.length) - 1n), budget)
  return add(head, tail, budget)
}

/** The block that the digits before an ellipsis repeat: three times one digit, or twice a longer block. */
function repeatedTail(fraction: string): string | undefined {
  for (let size = 1; size <= 12; size++) {
    const block = fraction.slice(-size)
    if (block.length === size && fraction.endsWith(block.repeat(size === 1 ? 3 : 2))) return block
  }
  return undefined
}

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
