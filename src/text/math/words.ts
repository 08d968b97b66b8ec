/** Answers in words: which ones mean something mathematical, and how the others are compared. */
import { type Expression, integer, number, symbol } from './expression.ts'

const EMPTY =
  /^(?:there (?:is|are) )?(?:no|an?|the)? ?(?:real |valid |such |integer )*(?:empty set|null set|solutions?(?: exists?)?|roots?|real numbers?)$/
const NONE = /^none(?: exists?)?$/
const ALL_REAL =
  /^(?:all|any|every|the set of(?: all)?) ?(?:real numbers?|reals?|real values?|real [a-z])(?: [a-z])?$|^real numbers?$/

/** What some words say: ∅ for "no solution", ℝ for "all real numbers", 25 for "twenty-five"; else the words themselves. */
export function readWords(words: string): Expression {
  const text = plainWords(words)
  if (NONE.test(text)) return { kind: 'set', items: [] }
  if (EMPTY.test(text) && /^(?:there|no|the|an|empty|null)/.test(text)) return { kind: 'set', items: [] }
  if (ALL_REAL.test(text)) return symbol('ℝ')
  const infinite = /^(positive |plus |negative |minus )?infinity$/.exec(text)
  if (infinite !== null) {
    const endless: Expression = { kind: 'constant', name: 'infinity' }
    return /^(?:neg|min)/.test(infinite[1] ?? '') ? { kind: 'product', factors: [integer(-1), endless] } : endless
  }
  // Five, and five apples.
  const value = numberInWords(text) ?? numberInWords(text.replace(/ [a-z]+$/, ''))
  if (value !== undefined) return number(value)
  return { kind: 'text', text: SYNONYMS.get(text) ?? text }
}

const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['dne', 'does not exist'],
  ['doesnt exist', 'does not exist'],
  ['infinitely many solutions', 'infinitely many'],
  ['infinite solutions', 'infinitely many'],
  ['infinitely many', 'infinitely many'],
  ['t', 'true'],
  ['f', 'false'],
])

/** Prose in lower case, without punctuation and articles; anything with signs in it as it is, without spacing. */
function plainWords(words: string): string {
  const bare = words.replace(/\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox|operatorname)\b|\$/g, ' ')
  if (!/^[\p{L}\p{N}\s.,;:!?'"’“”(){}-]*$/u.test(bare)) return bare.replace(/\\(?:left|right)\b|\s+/g, '')
  return bare
    .toLowerCase()
    .replace(/[’']/g, '')
    .replace(/[^\p{L}\p{N}-]+/gu, ' ')
    .replace(/\b(?:the|a|an)\b/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const SCALES: Readonly<Record<string, bigint>> = { thousand: 1000n, million: 1_000_000n, billion: 1_000_000_000n }
const PARTS: Readonly<Record<string, bigint>> = {
  half: 2n,
  halves: 2n,
  third: 3n,
  thirds: 3n,
  quarter: 4n,
  quarters: 4n,
  fourths: 4n,
  fourth: 4n,
  fifth: 5n,
  fifths: 5n,
}

/** Numbers below 10^12 and simple fractions: twenty-five, three hundred and two, two thirds. */
function numberInWords(text: string): { n: bigint; d: bigint } | undefined {
  const words = text.split(/[ -]+/).filter((word) => word !== 'and')
  if (words.length === 0 || words.length > 12) return undefined
  const last = words[words.length - 1]
  if (Object.hasOwn(PARTS, last)) {
    const count = words.length === 1 ? 1n : wholeInWords(words.slice(0, -1))
    return count === undefined || (words.length === 1 && last !== 'half') ? undefined : { n: count, d: PARTS[last] }
  }
  const value = wholeInWords(words)
  return value === undefined ? undefined : { n: value, d: 1n }
}

function wholeInWords(words: readonly string[]): bigint | undefined {
  let total = 0n
  let part = 0n
  for (const word of words) {
    const [one, ten] = [ONES.indexOf(word), TENS.indexOf(word)]
    if (one >= 0) part += BigInt(one)
    else if (ten >= 0) part += BigInt(20 + 10 * ten)
    else if (word === 'hundred') part = (part === 0n ? 1n : part) * 100n
    else if (Object.hasOwn(SCALES, word)) {
      total += (part === 0n ? 1n : part) * SCALES[word]
      part = 0n
    } else return undefined
  }
  return total + part
}
