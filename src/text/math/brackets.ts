/** What brackets hold: groups, tuples and intervals, sets and set-builders, absolute values, matrices. */
import { type Cursor, closing, isSign, nested, peek, skipSign } from './cursor.ts'
import { call, type Expression, type Tuple } from './expression.ts'
import { UNREADABLE } from './token.ts'

const CLOSES: Readonly<Record<string, Tuple['close']>> = { ')': ')', ']': ']', ')>': '>' }

/** (a), [a], (a, b), [a, b), ⟨a, b⟩. A single item in brackets is that item. */
export function readBrackets(cursor: Cursor): Expression {
  const open = peek(cursor)?.text === '<(' ? '<' : peek(cursor)?.text === '[' ? '[' : '('
  cursor.at++
  const bars = cursor.bars
  cursor.bars = 0
  const halfOpen = open !== '<' && closesReversed(cursor)
  cursor.reversed = halfOpen
  const inside = nested(cursor, cursor.grammar.list)
  cursor.reversed = false
  cursor.bars = bars
  const end = peek(cursor)
  if (halfOpen && isSign(cursor, '[') && inside.kind === 'list' && inside.items.length === 2) {
    cursor.at++
    return { kind: 'tuple', open, close: ')', items: inside.items }
  }
  const close =
    end === undefined
      ? open === '('
        ? ')'
        : open === '['
          ? ']'
          : '>'
      : end.type === 'sign'
        ? CLOSES[end.text]
        : undefined
  // A bracket may be missing at the end of the text, nowhere else.
  if (close === undefined) throw UNREADABLE
  if (end !== undefined) cursor.at++
  if (inside.kind !== 'list' || inside.joined !== 'comma') return inside
  return { kind: 'tuple', open, close, items: inside.items }
}

/** Whether [a, b[ stands here, behind its opening bracket: a comma, and then a bracket that opens where one should close. */
function closesReversed(cursor: Cursor): boolean {
  let depth = 0
  let parted = false
  for (let at = cursor.at; at < cursor.tokens.length; at++) {
    const { type, text } = cursor.tokens[at]
    if (type !== 'sign') continue
    if (depth === 0 && parted && text === '[') return !startsValue(cursor, at + 1)
    if ('([{'.includes(text) || text === '\\{') depth++
    else if (')]}'.includes(text) || text === '\\}') depth--
    else if (depth === 0 && (text === ',' || text === ';')) parted = true
    if (depth < 0) return false
  }
  return false
}

function startsValue(cursor: Cursor, at: number): boolean {
  const token = cursor.tokens[at]
  return token !== undefined && (token.type !== 'sign' || ['(', '[', '{', '\\{', '-', '+', '|'].includes(token.text))
}

/** ]a, b[ and ]a, b], which some countries write for (a, b) and (a, b]. */
export function readReversedInterval(cursor: Cursor): Expression {
  cursor.at++
  cursor.reversed = true
  const inside = nested(cursor, cursor.grammar.list)
  cursor.reversed = false
  const close = isSign(cursor, '[') ? ')' : isSign(cursor, ']') ? ']' : undefined
  if (inside.kind !== 'list' || inside.items.length !== 2 || close === undefined) throw UNREADABLE
  cursor.at++
  return { kind: 'tuple', open: '(', close, items: inside.items }
}

/** Whether a plain brace opens a set: it holds a comma, or a condition behind a bar or colon. */
export function isSetBrace(cursor: Cursor): boolean {
  const end = closing(cursor)
  let depth = 0
  for (let at = cursor.at; at < end; at++) {
    const token = cursor.tokens[at]
    if (token.type !== 'sign') continue
    if ('([{'.includes(token.text) || token.text === '\\{') depth++
    else if (')]}'.includes(token.text) || token.text === '\\}') depth--
    else if (depth === 1 && (token.text === ',' || token.text === ';')) return true
  }
  return conditionBar(cursor, end) !== undefined
}

/** {a, b, c} or {x : condition}, after the brace. */
export function readSet(cursor: Cursor): Expression {
  const end = closing(cursor)
  const bar = conditionBar(cursor, end)
  cursor.at++
  const bars = cursor.bars
  cursor.bars = 0
  const plain = peek(cursor, -1)?.text === '{'
  const set = bar === undefined ? readItems(cursor, plain) : readBuilder(cursor, bar)
  cursor.bars = bars
  if (!skipSign(cursor, '\\}') && !skipSign(cursor, '}') && peek(cursor) !== undefined) throw UNREADABLE
  return set
}

function readItems(cursor: Cursor, plain: boolean): Expression {
  if (isSign(cursor, '\\}') || isSign(cursor, '}')) return { kind: 'set', items: [] }
  const inside = nested(cursor, cursor.grammar.list)
  return { kind: 'set', items: inside.kind === 'list' ? inside.items : [inside], plain }
}

function readBuilder(cursor: Cursor, bar: number): Expression {
  // With a bar counted as open, the one behind the variable ends it instead of starting an absolute value.
  cursor.bars = 1
  cursor.ratios = false
  const variable = nested(cursor, cursor.grammar.list)
  cursor.bars = 0
  cursor.ratios = true
  if (cursor.at !== bar) throw UNREADABLE
  cursor.at++
  return { kind: 'builder', variable, condition: nested(cursor, cursor.grammar.list) }
}

/** Where the bar or colon of { x | ... } stands. A set that starts with a bar holds absolute values. */
function conditionBar(cursor: Cursor, end: number): number | undefined {
  let depth = 0
  if (isSign(cursor, '|', 1)) return undefined
  for (let at = cursor.at + 1; at < end; at++) {
    const token = cursor.tokens[at]
    if (token.type !== 'sign') continue
    if (token.text === '(') depth++
    else if (token.text === ')') depth--
    else if (depth === 0 && (token.text === '|' || token.text === ':')) return at
    else if (depth === 0 && token.text === '=') return undefined
  }
  return undefined
}

/** |a|, and the two bars of a norm. */
export function readBars(cursor: Cursor): Expression {
  cursor.at++
  const double = isSign(cursor, '|') && !(peek(cursor)?.gap ?? true) && skipSign(cursor, '|')
  cursor.bars++
  const inside = nested(cursor, cursor.grammar.sum)
  cursor.bars--
  if (!skipSign(cursor, '|') || (double && !skipSign(cursor, '|'))) throw UNREADABLE
  return call('abs', inside)
}

const ENVIRONMENTS: ReadonlyMap<string, 'matrix' | 'determinant' | 'cases' | 'list'> = new Map([
  ['pmatrix', 'matrix'],
  ['bmatrix', 'matrix'],
  ['Bmatrix', 'matrix'],
  ['matrix', 'matrix'],
  ['smallmatrix', 'matrix'],
  ['array', 'matrix'],
  ['vmatrix', 'determinant'],
  ['Vmatrix', 'determinant'],
  ['cases', 'cases'],
  ['aligned', 'list'],
  ['align', 'list'],
  ['gathered', 'list'],
  ['split', 'list'],
  ['equation', 'list'],
])

/** \begin{pmatrix} a & b \\ c & d \end{pmatrix} and its kind; aligned lines are a list of statements. */
export function readMatrix(cursor: Cursor): Expression {
  const name = environmentName(cursor)
  const style = ENVIRONMENTS.get(name)
  if (style === undefined) throw UNREADABLE
  if (name === 'array' && isSign(cursor, '{')) cursor.at = closing(cursor) + 1
  const rows = readRows(cursor)
  environmentName(cursor)
  if (rows.length === 0) throw UNREADABLE
  if (style !== 'list') return { kind: 'matrix', rows, style }
  const items = rows.flat()
  return items.length === 1 ? items[0] : { kind: 'list', items, joined: 'comma' }
}

/** Cells parted by & in rows parted by \\, up to \end. */
function readRows(cursor: Cursor): Expression[][] {
  const rows: Expression[][] = []
  let row: Expression[] = []
  while (true) {
    const token = peek(cursor)
    if (token === undefined) throw UNREADABLE
    const ended = token.type === 'structure' && token.text === 'end'
    if (ended || isSign(cursor, 'newline')) {
      cursor.at++
      if (row.length > 0) rows.push(row)
      row = []
      if (ended) return rows
    } else if (!skipSign(cursor, '&') && !skipSign(cursor, ',')) row.push(nested(cursor, cursor.grammar.statement))
  }
}

function environmentName(cursor: Cursor): string {
  if (!skipSign(cursor, '{')) throw UNREADABLE
  let name = ''
  while (peek(cursor) !== undefined && !isSign(cursor, '}')) {
    name += peek(cursor)?.text
    cursor.at++
  }
  cursor.at++
  return name.replace('*', '')
}
