/**
 * Numbers in text, as exact rationals: finds the one an answer commits to and compares without rounding.
 *
 * Read: 1,234 · 1{,}234 · .5 · 3/4 · 1 1/2 · ½ · 50% · $18 · -7 (also U+2212) · 1.2e-3 · 1.2 × 10^5 · 10⁵ · \frac{3}{4}.
 * Not read as numbers: powers (2^10, the 2 in cm²), roots and multiples of π, digits inside words (H2O), dates (3/4/2024),
 * times and ratios (10:30).
 */
import { lastBoxed } from './boxed.ts'

/** numerator / denominator, not reduced; the denominator is positive. `percent`: a % followed. `text`: as it was written. */
export interface ExactNumber {
  readonly numerator: bigint
  readonly denominator: bigint
  readonly percent: boolean
  readonly text: string
}

export interface NumberPlace {
  /**
   * Where the answer stands: in the last \boxed{}, after the last `marker`, or simply the last number. Default: whichever
   * of \boxed{}, '####', a line starting 'A:' or 'Answer:', or 'answer is' comes last; the last number where none does.
   */
  readonly from?: 'last' | 'boxed' | 'marker'
  /** The string before the answer, such as '####' or 'A:'. Given alone it implies `from: 'marker'`. */
  readonly marker?: string
}

/** The number a text gives as its answer, or undefined where it gives none. After a mark, only what the mark points at counts. */
export function extractNumber(text: string, place: NumberPlace = {}): ExactNumber | undefined {
  const tidy = tidied(text)
  const from = place.from ?? (place.marker === undefined ? undefined : 'marker')
  if (from === 'last') return lastNumber(tidy)
  if (from === 'boxed') return markedNumber(boxedMark(tidy))
  if (from === 'marker') return markedNumber(lastMarked(tidy, tidied(place.marker ?? '####')))
  const mark = lastMark(tidy)
  return mark === undefined ? lastNumber(tidy) : markedNumber(mark)
}

/** The number that the whole of a text spells, or undefined where it says anything else. */
export function parseNumber(text: string): ExactNumber | undefined {
  const tidy = tidied(text).trim()
  const [first, ...others] = numbersIn(tidy)
  if (first === undefined || others.length > 0) return undefined
  return first.start === 0 && /^\.?$/.test(tidy.slice(first.end)) ? first.number : undefined
}

/**
 * Whether two numbers are equal: exactly, or within `tolerance` (the largest |a - b| allowed). Where only one of them
 * carries a %, both of its readings count: 50% is the same as 50 and as 1/2.
 */
export function sameNumber(a: ExactNumber, b: ExactNumber, tolerance = 0): boolean {
  if (near(a, b, tolerance)) return true
  return a.percent !== b.percent && near(asFraction(a), asFraction(b), tolerance)
}

interface Found {
  readonly number: ExactNumber
  readonly start: number
  readonly end: number
}

/** A text after which the answer stands, and where that text starts. */
interface Mark {
  readonly at: number
  readonly rest: string
}

// The longest numeral read, and the largest exponent: past these an adversarial answer would only cost time.
const MOST_DIGITS = 10_000
const MOST_EXPONENT = 4_000
// How far behind "answer is" the number may stand, in characters.
const PROSE_REACH = 120

const WHOLE = String.raw`(?:\d{1,3}(?:[,\u2009\u202f]\d{3})+(?!\d)|\d+)`
const POWER_OF_TEN = String.raw`10\^\{?(?<power>[-+]?\d+)\}?`
const NUMBER = new RegExp(
  [
    String.raw`(?<![A-Za-z0-9_])(?<!\d[.:])(?<!\^\{?[-+]?)(?<!√|\\sqrt(?:\[\d+\])?[{[]?)`,
    String.raw`(?:(?<=^|[^)}\]])(?<sign>[-+]))?`,
    String.raw`(?:(?:(?:US|A|C)?\$|[€£¥₹]|USD|EUR|GBP|Rs\.?) ?(?<inner>-(?=[\d.]))?)?`,
    '(?:',
    String.raw`(?<mixed>\d+) {1,2}(?<top>\d+)[/⁄](?<bottom>\d+)`,
    String.raw`|(?<numerator>${WHOLE}) ?[/⁄] ?(?<denominator>${WHOLE})(?!\.\d)`,
    `|${POWER_OF_TEN}`,
    String.raw`|(?<decimal>${WHOLE}(?:\.\d+)?|(?<!\.)\.\d+)`,
    String.raw`(?:[eE](?<exponent>[-+]?\d+)(?![A-Za-z])| ?[×*x·] ?${POWER_OF_TEN.replace('power', 'scale')})?`,
    ')',
    // What makes it a date, a time, a power or an irrational instead of a number.
    String.raw`(?<spoiled>[/⁄]\d[\d/]*|:\d[\d:]*| ?\^|\*\*\d| ?(?:[π√]|\\pi\b|\\sqrt))?`,
    String.raw`(?<percent> ?%| per ?cent\b)?`,
  ].join(''),
  'gu',
)

function numbersIn(tidy: string): Found[] {
  const found: Found[] = []
  for (const match of tidy.matchAll(NUMBER)) {
    const number = toExact(match[0], match.groups ?? {})
    if (number !== undefined) found.push({ number, start: match.index, end: match.index + match[0].length })
  }
  return found
}

function toExact(text: string, part: Record<string, string | undefined>): ExactNumber | undefined {
  if (part.spoiled !== undefined || text.length > MOST_DIGITS) return undefined
  let numerator: bigint
  let denominator = 1n
  if (part.mixed !== undefined && part.top !== undefined && part.bottom !== undefined) {
    denominator = BigInt(part.bottom)
    numerator = BigInt(part.mixed) * denominator + BigInt(part.top)
  } else if (part.numerator !== undefined && part.denominator !== undefined) {
    numerator = whole(part.numerator)
    denominator = whole(part.denominator)
  } else {
    const [before, after = ''] = (part.decimal ?? '1').split('.')
    const exponent = Number(part.power ?? part.exponent ?? part.scale ?? 0)
    if (Math.abs(exponent) > MOST_EXPONENT) return undefined
    const shift = exponent - after.length
    numerator = whole(before + after) * (shift > 0 ? 10n ** BigInt(shift) : 1n)
    denominator = shift < 0 ? 10n ** BigInt(-shift) : 1n
  }
  if (denominator === 0n) return undefined
  const negative = (part.sign === '-') !== (part.inner === '-')
  return { numerator: negative ? -numerator : numerator, denominator, percent: part.percent !== undefined, text }
}

function whole(digits: string): bigint {
  return BigInt(digits.replace(/[,\u2009\u202f]/g, ''))
}

function lastNumber(tidy: string): ExactNumber | undefined {
  return numbersIn(tidy).at(-1)?.number
}

/**
 * The answer a mark points at: the first number on its line, or the right-hand side where the line opens with an equation.
 * Where that number is only a piece of an expression ('3 + 2√5', '5 - 3'), the answer is not one.
 */
function markedNumber(mark: Mark | undefined): ExactNumber | undefined {
  if (mark === undefined) return undefined
  const line = mark.rest.trimStart().split('\n', 1)[0]
  const equals = line.lastIndexOf('=')
  const isEquation = equals >= 0 && !/[A-Za-z]{2}/.test(line.slice(0, equals).replace(/\\[A-Za-z]+/g, ''))
  const numbers = numbersIn(line)
  const right = isEquation ? numbers.find((found) => found.start > equals) : undefined
  const found = right ?? numbers[0]
  if (found === undefined) return undefined
  const before = line.slice(right === undefined ? 0 : equals, found.start)
  return OPENS_TERM.test(before) || GOES_ON.test(line.slice(found.end)) ? undefined : found.number
}

// Before the number: a root, a multiple of π, or a fraction too nested to have been rewritten.
const OPENS_TERM = /√|π|\\sqrt|\\pi\b|\\[dtc]?frac/
// Behind it: an operator and another operand. A lone * or - may be an emphasis or a dash.
const GOES_ON = /^(?: ?[+×·÷] ?[\w\\√(]| [*/-] ?[\d\\√(])/

function boxedMark(tidy: string): Mark | undefined {
  const box = lastBoxed(tidy)
  return box === undefined ? undefined : { at: box.start, rest: box.content.replace(/\n/g, ' ') }
}

function lastMarked(tidy: string, marker: string): Mark | undefined {
  const at = tidy.lastIndexOf(marker)
  return at < 0 ? undefined : { at, rest: tidy.slice(at + marker.length) }
}

/** The last explicit mark of any kind. 'answer is' is also plain prose, so it only counts with a number behind it. */
function lastMark(tidy: string): Mark | undefined {
  let last = boxedMark(tidy)
  const headings = /####|^[ \t>*_#]*(?:A|(?:the )?(?:final )?answer)[ *_]*:/gim
  for (const match of tidy.matchAll(headings)) {
    if (last === undefined || match.index > last.at) {
      last = { at: match.index, rest: tidy.slice(match.index + match[0].length) }
    }
  }
  for (const match of tidy.matchAll(/\banswer is\b:?/gi)) {
    const from = match.index + match[0].length
    const mark = { at: match.index, rest: tidy.slice(from, from + PROSE_REACH) }
    const later = last === undefined || mark.at > last.at
    if (later && markedNumber(mark) !== undefined) last = mark
  }
  return last
}

const VULGAR: Readonly<Record<string, string>> = {
  '½': '1/2',
  '⅓': '1/3',
  '⅔': '2/3',
  '¼': '1/4',
  '¾': '3/4',
  '⅕': '1/5',
  '⅖': '2/5',
  '⅗': '3/5',
  '⅘': '4/5',
  '⅙': '1/6',
  '⅚': '5/6',
  '⅛': '1/8',
  '⅜': '3/8',
  '⅝': '5/8',
  '⅞': '7/8',
}
const SUPERSCRIPT = '⁰¹²³⁴⁵⁶⁷⁸⁹⁻'

/** One spelling for what typography and LaTeX spell in many ways. */
function tidied(text: string): string {
  let tidy = text
    .replace(/[\u2212\uFE63\uFF0D]/g, '-')
    .replace(/\u00a0/g, ' ')
    .replace(/[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]/g, (sign, at: number) => (isDigit(text[at - 1]) ? ' ' : '') + VULGAR[sign])
    .replace(/[⁻⁰¹²³⁴-⁹]+/g, (run) => `^${[...run].map((sign) => '0123456789-'[SUPERSCRIPT.indexOf(sign)]).join('')}`)
  if (tidy.includes('{,}')) tidy = tidy.replaceAll('{,}', ',')
  if (!tidy.includes('\\')) return tidy
  return tidy
    .replace(/\\[dtc]?frac *(?:\{ *([^{}]{1,200}?) *\} *\{ *([^{}]{1,200}?) *\}|(\d)(\d))/g, (...found) => {
      const [, top, bottom, digit, digit2] = found
      const at: number = found[5]
      return `${isDigit(tidy[at - 1]) ? ' ' : ''}${top ?? digit}/${bottom ?? digit2}`
    })
    .replace(/\\([$%])/g, '$1')
    .replace(/\\!/g, '')
    .replace(/\\,/g, '\u2009')
    .replace(/\\(?:times|cdot)\b ?/g, '×')
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && /\d/.test(character)
}

function asFraction(a: ExactNumber): ExactNumber {
  return a.percent ? { ...a, denominator: a.denominator * 100n } : a
}

function near(a: ExactNumber, b: ExactNumber, tolerance: number): boolean {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator
  if (tolerance === 0) return difference === 0n
  const limit = parseNumber(String(tolerance))
  if (limit === undefined) throw new RangeError(`sameNumber: the tolerance ${tolerance} is not a finite number`)
  const size = difference < 0n ? -difference : difference
  return size * limit.denominator <= limit.numerator * a.denominator * b.denominator
}
