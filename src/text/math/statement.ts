/** Relations, unions of sets, ratios, and lists of statements: the outer part of the grammar. */
import { type Cursor, isSign, nested, peek, skipSign } from './cursor.ts'
import { type Comparison, call, type Expression, type List, number, symbol } from './expression.ts'
import { PROSE } from './names.ts'
import { UNREADABLE } from './token.ts'

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<', '>', '<=', '>=', '!=', '~', 'in', 'notin', 'to'])

/** statement , statement and statement or ... */
export function readList(cursor: Cursor): Expression {
  const items = [nested(cursor, readStatement)]
  let joined: List['joined'] = 'comma'
  while (true) {
    let parted = false
    while (isSeparator(cursor)) {
      if (isSign(cursor, 'or')) joined = 'or'
      else if (isSign(cursor, 'and') && joined === 'comma') joined = 'and'
      cursor.at++
      parted = true
    }
    if (!parted || peek(cursor) === undefined || endsList(cursor)) break
    items.push(nested(cursor, readStatement))
  }
  return items.length === 1
    ? items[0]
    : { kind: 'list', items, joined: items.length > 2 && joined === 'and' ? 'comma' : joined }
}

function isSeparator(cursor: Cursor): boolean {
  const token = peek(cursor)
  return token?.type === 'sign' && [',', ';', 'and', 'or', 'newline'].includes(token.text)
}

function endsList(cursor: Cursor): boolean {
  const token = peek(cursor)
  return token?.type === 'sign' && [')', ']', '}', '\\}', ')>'].includes(token.text)
}

/** side relation side relation ...; of several statements joined by ⇒ the last one counts. */
export function readStatement(cursor: Cursor): Expression {
  let statement = oneStatement(cursor)
  while (skipSign(cursor, 'so')) statement = oneStatement(cursor)
  return statement
}

function oneStatement(cursor: Cursor): Expression {
  skipPreamble(cursor)
  if (startsWithSign(cursor, ['=', '~'])) cursor.at++
  // > 5 leaves its variable out.
  const bare = startsWithSign(cursor, ['<', '>', '<=', '>=', '!='])
  const sides = [bare ? symbol('') : (functionLabel(cursor) ?? readSide(cursor))]
  const operators: Comparison[] = []
  while (true) {
    const operator = comparison(cursor)
    if (operator === undefined) break
    operators.push(operator)
    sides.push(readSide(cursor))
  }
  skipCondition(cursor)
  return operators.length === 0 ? sides[0] : { kind: 'relation', operators, sides }
}

function startsWithSign(cursor: Cursor, signs: readonly string[]): boolean {
  const token = peek(cursor)
  return token?.type === 'sign' && signs.includes(token.text)
}

/** The a(n) of a(n) = 2n: a letter with letters or numbers in brackets, before an equals sign, is a function. */
function functionLabel(cursor: Cursor): Expression | undefined {
  const [letter, open] = [peek(cursor), peek(cursor, 1)]
  if (letter?.type !== 'symbol' || open?.text !== '(' || open.gap) return undefined
  const args: Expression[] = []
  for (let at = cursor.at + 2; at < cursor.tokens.length; at += 2) {
    const [argument, after] = [cursor.tokens[at], cursor.tokens[at + 1]]
    if (argument.type === 'symbol') args.push(symbol(argument.text))
    else if (argument.type === 'number') args.push(number(argument.value))
    else return undefined
    if (after?.text === ',') continue
    if (after?.text !== ')' || cursor.tokens[at + 2]?.text !== '=') return undefined
    cursor.at = at + 2
    return call(letter.text, ...args)
  }
  return undefined
}

/** Words before a formula that say nothing about it: about 12, a total of 12, Total: 12. */
function skipPreamble(cursor: Cursor): void {
  while (skipSign(cursor, 'about') || skipSign(cursor, '~'));
  let end = cursor.at
  let negative = false
  while (cursor.tokens[end]?.type === 'word' || cursor.tokens[end]?.type === 'text') {
    if (PROSE.has(cursor.tokens[end].text.toLowerCase())) negative = true
    end++
  }
  if (end === cursor.at) return
  const after = cursor.tokens[end]
  if (after?.type === 'sign' && after.text === ':') cursor.at = end + 1
  else if (!negative && after !== undefined && after.type !== 'sign') cursor.at = end
  else if (!negative && after?.type === 'sign' && ['(', '[', '\\{', '{', '$', '-', 'pi', '|'].includes(after.text))
    cursor.at = end
}

/** A condition after the formula (where x > 0, for all n) says when, not what: it is passed over. */
function skipCondition(cursor: Cursor): void {
  const token = peek(cursor)
  if (token?.type !== 'word' && token?.type !== 'text') return
  if (/^(?:where|for|when|with|because|since|as|if|whenever)\b/i.test(token.text) && cursor.depth <= 4)
    cursor.at = cursor.tokens.length
}

/** The next relation sign, moved past. `is` and `equals` are =. */
function comparison(cursor: Cursor): Comparison | undefined {
  const token = peek(cursor)
  if (token === undefined) return undefined
  if ((token.type === 'word' || token.type === 'text') && /^(?:is|are|equals?)$/.test(token.text)) {
    cursor.at++
    skipSign(cursor, 'about')
    return '='
  }
  if (token.type === 'structure' && token.text === 'not') {
    cursor.at++
    const negated = comparison(cursor)
    if (negated === '=') return '!='
    if (negated === 'in') return 'notin'
    throw UNREADABLE
  }
  if (token.type !== 'sign' || !COMPARISONS.has(token.text)) return undefined
  cursor.at++
  if (token.text === '~') skipSign(cursor, '=')
  return toComparison(token.text)
}

function toComparison(text: string): Comparison | undefined {
  switch (text) {
    case '=':
    case '<':
    case '>':
    case '<=':
    case '>=':
    case '!=':
    case '~':
    case 'in':
    case 'notin':
    case 'to':
      return text
    default:
      return undefined
  }
}

/** Sums joined by ∪, ∩ and \ , or by : as a ratio. */
function readSide(cursor: Cursor): Expression {
  const first = readSets(cursor)
  if (isSign(cursor, 'mod') || isSign(cursor, 'pmod')) return modulus(cursor, first)
  if (isSign(cursor, '(') && isSign(cursor, 'mod', 1)) {
    cursor.at++
    const residue = modulus(cursor, first)
    skipSign(cursor, ')')
    return residue
  }
  if (!cursor.ratios || !isSign(cursor, ':')) return first
  const parts = [first]
  while (skipSign(cursor, ':')) parts.push(readSets(cursor))
  return { kind: 'ratio', parts }
}

function modulus(cursor: Cursor, value: Expression): Expression {
  cursor.at++
  return call('residue', value, nested(cursor, cursor.grammar.sum))
}

function readSets(cursor: Cursor): Expression {
  let left = asDifference(nested(cursor, cursor.grammar.sum))
  while (true) {
    const name = isSign(cursor, 'union')
      ? 'union'
      : isSign(cursor, 'intersection')
        ? 'intersection'
        : isSign(cursor, 'difference')
          ? 'difference'
          : undefined
    if (name === undefined) return left
    cursor.at++
    left = { kind: 'setOperation', name, left, right: nested(cursor, cursor.grammar.sum) }
  }
}

/** ℝ - {3} is a difference of sets. */
function asDifference(e: Expression): Expression {
  if (e.kind !== 'sum' || e.terms.length !== 2) return e
  const [left, right] = e.terms
  if (right.kind !== 'product' || right.factors.length !== 2 || right.factors[1].kind !== 'set') return e
  const isSet = left.kind === 'set' || left.kind === 'tuple' || (left.kind === 'symbol' && 'ℝℤℕℚℂ'.includes(left.name))
  return isSet && right.factors[0].kind === 'number'
    ? { kind: 'setOperation', name: 'difference', left, right: right.factors[1] }
    : e
}
