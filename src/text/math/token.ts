/** What mathematics is read as first: tokens, and the place in the text from which the next one is taken. */
import type { Budget } from './budget.ts'
import type { NumeralOptions } from './numeral.ts'
import type { Rational } from './rational.ts'

export type Token = NumberToken | PlainToken

export interface NumberToken {
  readonly type: 'number'
  readonly text: string
  /** Whether a space stood before it. */
  readonly gap: boolean
  readonly value: Rational
  readonly digits?: number
  readonly places?: number
}

export interface PlainToken {
  /**
   * symbol: a variable. function: sin, log. structure: \frac and others with a grammar of their own. sign: operators,
   * brackets, separators. word, text: language, bare and in \text{}.
   */
  readonly type: 'symbol' | 'function' | 'structure' | 'sign' | 'word' | 'text'
  readonly text: string
  readonly gap: boolean
}

export interface Lexer {
  readonly text: string
  readonly options: NumeralOptions
  readonly budget: Budget
  /** Reads a text inside the text, such as the content of \text{13}. */
  readonly inner: (text: string) => Token[]
  /** What was read so far: the last token decides how some are read. */
  readonly tokens: Token[]
  at: number
  gap: boolean
  /** How many \begin are open: inside, \\ ends a row. */
  environments: number
}

/** Thrown where a text is no mathematics this reader knows. One object: nobody reads where it was thrown. */
export class Unreadable extends Error {}
export const UNREADABLE = new Unreadable('not readable as mathematics')

/** A token that takes up this many characters, moved past. */
export function take(lexer: Lexer, type: PlainToken['type'], text: string, length: number): Token[] {
  const token: Token = { type, text, gap: lexer.gap }
  lexer.gap = false
  lexer.at += length
  return [token]
}

/** Moves past characters that are no token; `gap`: they part what stands around them. */
export function skip(lexer: Lexer, length: number, gap = lexer.gap): Token[] {
  lexer.at += length
  lexer.gap = gap
  return []
}

/** Tokens in braces, as LaTeX would have them around an argument. */
export function braced(...inside: readonly Token[]): Token[] {
  return [{ type: 'sign', text: '{', gap: false }, ...inside, { type: 'sign', text: '}', gap: false }]
}

/** The run of plain letters that starts at a place. */
export function lettersAt(text: string, start: number): string {
  let end = start
  while (isLetter(text.charCodeAt(end))) end++
  return text.slice(start, end)
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57
}

export function isLetter(c: number): boolean {
  return (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
}
