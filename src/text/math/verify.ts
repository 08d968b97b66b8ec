/**
 * Whether an answer and a reference say the same mathematics. Three tiers, each tried only where the one before does not
 * decide: the same spelling; the same rational number; the same meaning. Symmetric, deterministic, never throws, and bounded
 * in work whatever the texts.
 */
import { type ExtractedAnswer, extractAnswer } from '../answer.ts'
import { extractNumber, parseNumber, sameNumber } from '../number.ts'
import { newBudget, within } from './budget.ts'
import { equal } from './compare.ts'
import { difference } from './explain.ts'
import { type Reading, read } from './reading.ts'

export interface MathOptions {
  /**
   * The largest relative difference at which two numbers still count as equal. Default: numbers are compared exactly, and
   * a decimal of four significant digits or more equals what it rounds (1.4142 and √2, 0.6667 and 2/3).
   */
  readonly tolerance?: number
}

/** One side of a comparison: the answer found in a text, and what it may mean. */
export interface MathAnswer extends ExtractedAnswer {
  readonly reading: Reading
}

export interface MathVerdict {
  readonly equal: boolean
  /** What decided: the spelling, an exact rational comparison, the meaning; or the allowance of work ran out undecided. */
  readonly by: 'spelling' | 'number' | 'meaning' | 'allowance'
}

/** Finds the answer in a text and reads it. Read a reference once to compare many answers with it. */
export function readAnswer(text: string): MathAnswer {
  const extracted = extractAnswer(text)
  const reading = read(extracted.text)
  const inWords = IN_WORDS.test(extracted.text) && !COMPARED.test(extracted.text)
  if (!inWords || reading.meanings().some(({ kind }) => kind !== 'text')) return { ...extracted, reading }
  const number = extractNumber(extracted.text)
  return number === undefined
    ? { ...extracted, reading }
    : { text: number.text, from: 'number', reading: read(number.text) }
}

/** Currencies say more than the number. */
const MONEY = /[$€£¥₹]/

/** Words and a number, no formula: where the whole cannot be read the number still can. */
const IN_WORDS = /^(?=.*\p{L}{2})[\p{L}\d\s.,:;$€£%'’-]*\d[\p{L}\d\s.,:;$€£%'’-]*$/u

/** Words that make a number a bound, or no answer. */
const COMPARED =
  /\b(?:not|no|never|less|more|least|most|greater|fewer|under|over|above|below|between|except|or|and|to)\b/i

/** Whether two texts give the same answer. `verifyMath(a, b)` is `verifyMath(b, a)`. */
export function verifyMath(answer: string, reference: string, options: MathOptions = {}): boolean {
  return compareAnswers(readAnswer(answer), readAnswer(reference), options).equal
}

/** Compares two answers that have been read. */
export function compareAnswers(a: MathAnswer, b: MathAnswer, options: MathOptions = {}): MathVerdict {
  if (a.reading.spelling === b.reading.spelling) return { equal: a.reading.spelling !== '', by: 'spelling' }
  if (options.tolerance === undefined && !MONEY.test(a.text) && !MONEY.test(b.text)) {
    const [x, y] = [parseNumber(a.text), parseNumber(b.text)]
    if (x !== undefined && y !== undefined && sameNumber(x, y)) return { equal: true, by: 'number' }
  }
  // Always the same order, so that an allowance that runs out runs out in both directions.
  const [first, second] = a.text <= b.text ? [a, b] : [b, a]
  const comparing = { budget: newBudget(), forms: new Map(), tolerance: options.tolerance }
  const verdict = within(() =>
    first.reading.meanings().some((x) => second.reading.meanings().some((y) => equal(x, y, comparing))),
  )
  return verdict === undefined ? { equal: false, by: 'allowance' } : { equal: verdict, by: 'meaning' }
}

/** Why an answer was not found equal to a reference. */
export function explainDifference(answer: MathAnswer, reference: MathAnswer, verdict: MathVerdict): string {
  if (answer.text === '') return 'no answer was found'
  const [meaning] = answer.reading.meanings()
  const [wanted] = reference.reading.meanings()
  if (meaning === undefined) return 'the answer is too long or too large to be read as mathematics'
  if (wanted === undefined || verdict.by === 'allowance')
    return 'the two are too large to be compared within the allowance of work'
  return difference(meaning, wanted)
}
