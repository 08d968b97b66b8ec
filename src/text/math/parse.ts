/** Mathematics as written into a tree. */
import { atom, startsAtom } from './atom.ts'
import { type Budget, BudgetSpent } from './budget.ts'
import type { Cursor, Grammar } from './cursor.ts'
import type { Expression } from './expression.ts'
import { readFactor, readProduct, readSum } from './formula.ts'
import { tokenize } from './lexer.ts'
import type { NumeralOptions } from './numeral.ts'
import { readList, readStatement } from './statement.ts'
import { Unreadable } from './token.ts'

const GRAMMAR: Grammar = {
  list: readList,
  statement: readStatement,
  sum: readSum,
  product: readProduct,
  factor: readFactor,
  atom,
  startsAtom,
}

/** The tree of a text, or undefined where it is no mathematics this reader knows or its budget runs out. */
export function parse(
  text: string,
  budget: Budget,
  options: NumeralOptions = { grouping: true },
): Expression | undefined {
  try {
    const tokens = tokenize(text, options, budget)
    const cursor: Cursor = {
      tokens,
      grammar: GRAMMAR,
      budget,
      at: 0,
      depth: 0,
      bars: 0,
      reversed: false,
      ratios: true,
      bound: [],
    }
    if (tokens.length === 0) return undefined
    const read = readList(cursor)
    skipStray(cursor)
    return cursor.at === tokens.length ? read : undefined
  } catch (thrown) {
    if (thrown instanceof Unreadable || thrown instanceof BudgetSpent) return undefined
    throw thrown
  }
}

/** Closing brackets nobody opened, at the very end. */
function skipStray(cursor: Cursor): void {
  while ([')', ']', '}', '\\}', '|'].includes(cursor.tokens[cursor.at]?.text)) cursor.at++
}
