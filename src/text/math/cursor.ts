/** A place in a list of tokens, and what every part of the grammar needs to move through it. */
import { type Budget, spend } from './budget.ts'
import type { Expression } from './expression.ts'
import { type Token, UNREADABLE } from './token.ts'

/** The parts of the grammar that contain one another; the cursor carries them so that no file needs to import its user. */
export interface Grammar {
  /** Statements parted by commas, semicolons, 'and', 'or'. */
  list(cursor: Cursor): Expression
  /** One relation, or one value. */
  statement(cursor: Cursor): Expression
  /** Terms joined by + and -. */
  sum(cursor: Cursor): Expression
  /** Factors joined by signs or by nothing. */
  product(cursor: Cursor): Expression
  /** One factor with its powers. */
  factor(cursor: Cursor): Expression
  /** A numeral, a variable, a function call, or anything in brackets. */
  atom(cursor: Cursor): Expression
  /** Whether an atom can start here, so that it may follow a factor without a sign between them. */
  startsAtom(cursor: Cursor): boolean
}

export interface Cursor {
  readonly tokens: readonly Token[]
  readonly grammar: Grammar
  readonly budget: Budget
  at: number
  depth: number
  /** How many absolute-value bars are open: only then does a bar close one. */
  bars: number
  /** Whether [ closes an interval here instead of opening a bracket, as in ]a, b[. */
  reversed: boolean
  /** Whether a colon parts a ratio; between { and the condition of a set it does not. */
  ratios: boolean
  /** Index variables of the sums around this place: there i is no imaginary unit. */
  bound: readonly string[]
}

const DEEPEST = 120

export function peek(cursor: Cursor, ahead = 0): Token | undefined {
  return cursor.tokens[cursor.at + ahead]
}

/** Whether the next token is this sign. */
export function isSign(cursor: Cursor, sign: string, ahead = 0): boolean {
  const token = cursor.tokens[cursor.at + ahead]
  return token !== undefined && token.type === 'sign' && token.text === sign
}

/** Moves past this sign if it comes next. */
export function skipSign(cursor: Cursor, sign: string): boolean {
  if (!isSign(cursor, sign)) return false
  cursor.at++
  return true
}

/** Runs a part of the grammar one level deeper; too deep a nesting is unreadable. */
export function nested<T>(cursor: Cursor, part: (cursor: Cursor) => T): T {
  spend(cursor.budget, 1)
  if (++cursor.depth > DEEPEST) throw UNREADABLE
  const result = part(cursor)
  cursor.depth--
  return result
}

/** The place behind the bracket that closes the one at the cursor; the end where none does. */
export function closing(cursor: Cursor, from = cursor.at): number {
  let depth = 0
  for (let at = from; at < cursor.tokens.length; at++) {
    const token = cursor.tokens[at]
    if (token.type !== 'sign') continue
    if (OPENING.has(token.text)) depth++
    else if (CLOSING.has(token.text) && --depth <= 0) return at
  }
  return cursor.tokens.length
}

const OPENING = new Set(['(', '[', '{', '\\{', '<('])
const CLOSING = new Set([')', ']', '}', '\\}', ')>'])

/** The texts of the tokens from one place up to another, joined: the name of something that is compared as written. */
export function spelled(cursor: Cursor, from: number, to: number): string {
  return cursor.tokens
    .slice(from, to)
    .map((token) => token.text)
    .filter((text) => text !== '{' && text !== '}')
    .join('')
}
