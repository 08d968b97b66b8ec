/** Trees as read into trees as compared: ± written out, nested lists flattened, matrices computed, words understood. */
import { type Budget, spend } from './budget.ts'
import { type Expression, type List, type Matrix, minus, product, some, sum } from './expression.ts'
import { readWords } from './words.ts'

/** The form in which answers are compared. */
export function tidy(e: Expression, budget: Budget): Expression {
  spend(budget, 1)
  switch (e.kind) {
    case 'text':
      return readWords(e.text)
    case 'list':
    case 'set': {
      const items = e.items.flatMap((item) => spread(tidy(item, budget), e))
      return items.length === 1 && e.kind === 'list' ? items[0] : { ...e, items }
    }
    case 'relation': {
      const { sides } = e
      return { ...e, sides: sides.map((side) => tidy(side, budget)) }
    }
    case 'tuple': {
      if (e.items.every((item) => item.kind === 'relation'))
        return tidy({ kind: 'list', items: e.items, joined: 'comma' }, budget)
      const rows = e.open === '[' ? matrixRows(e.items) : undefined
      if (rows !== undefined) return { kind: 'matrix', rows, style: 'matrix' }
      return either(e, { ...e, items: e.items.map((item) => (hasPlusMinus(item) ? item : tidy(item, budget))) }, budget)
    }
    case 'quantity':
      return hasPlusMinus(e.value) ? tidy(e.value, budget) : { ...e, value: tidy(e.value, budget) }
    case 'choice':
      return e.content === undefined ? e : { ...e, content: tidy(e.content, budget) }
    case 'builder':
      return { ...e, condition: tidy(e.condition, budget) }
    case 'setOperation':
      return { ...e, left: tidy(e.left, budget), right: tidy(e.right, budget) }
    case 'ratio':
      return { ...e, parts: e.parts.map((part) => tidy(part, budget)) }
    case 'matrix':
      return e.style === 'determinant'
        ? (determinant(e.rows) ?? e)
        : { ...e, rows: e.rows.map((row) => row.map((item) => tidy(item, budget))) }
    case 'sum':
    case 'product':
    case 'power':
    case 'call':
    case 'plusMinus':
      return either(e, matrixArithmetic(e) ?? e, budget)
    default:
      return e
  }
}

/** Items of a list inside a list of the same kind belong to the outer one. */
function spread(item: Expression, outer: Expression): readonly Expression[] {
  return item.kind === 'list' && (outer.kind === 'set' || item.joined !== 'and') ? item.items : [item]
}

function hasPlusMinus(e: Expression): boolean {
  return some(e, (part) => part.kind === 'plusMinus')
}

/** With upper signs or with lower signs, where there are any ±. */
function either(e: Expression, tidied: Expression, budget: Budget): Expression {
  if (!hasPlusMinus(e)) return tidied
  const [upper, lower] = [tidy(withSign(e, 1), budget), tidy(withSign(e, -1), budget)]
  const list: List = { kind: 'list', items: [upper, lower], joined: 'or' }
  return list
}

function withSign(e: Expression, sign: 1 | -1): Expression {
  switch (e.kind) {
    case 'plusMinus': {
      const value = withSign(e.value, sign)
      return e.sign === sign ? value : minus(value)
    }
    case 'sum':
      return { ...e, terms: e.terms.map((term) => withSign(term, sign)) }
    case 'product':
      return { ...e, factors: e.factors.map((factor) => withSign(factor, sign)) }
    case 'power':
      return { ...e, base: withSign(e.base, sign), exponent: withSign(e.exponent, sign) }
    case 'call':
      return { ...e, args: e.args.map((argument) => withSign(argument, sign)) }
    case 'quantity':
    case 'percent':
      return { ...e, value: withSign(e.value, sign) }
    case 'tuple':
      return { ...e, items: e.items.map((item) => withSign(item, sign)) }
    default:
      return e
  }
}

/** [[1, 2], [3, 4]], which programs write for a matrix. */
function matrixRows(items: readonly Expression[]): (readonly Expression[])[] | undefined {
  const rows: (readonly Expression[])[] = []
  for (const item of items) {
    if (item.kind !== 'tuple' || item.open !== '[' || item.close !== ']') return undefined
    rows.push(item.items)
  }
  return rows.length > 0 && rows.every((row) => row.length === rows[0].length) ? rows : undefined
}

/** Laplace's expansion, for up to four rows. */
function determinant(rows: Matrix['rows']): Expression | undefined {
  if (rows.length > 4 || rows.some((row) => row.length !== rows.length)) return undefined
  if (rows.length === 1) return rows[0][0]
  const terms: Expression[] = []
  for (const [column, factor] of rows[0].entries()) {
    const minor = determinant(rows.slice(1).map((row) => row.filter((_, i) => i !== column)))
    if (minor === undefined) return undefined
    terms.push(column % 2 === 0 ? product(factor, minor) : minus(product(factor, minor)))
  }
  return sum(...terms)
}

function matrixProduct(a: Matrix, b: Matrix): Matrix | undefined {
  const inner = b.rows.length
  if (a.rows.some((row) => row.length !== inner) || inner > 8 || a.rows.length > 8) return undefined
  const columns = b.rows[0].map((_, j) => b.rows.map((row) => row[j]))
  return {
    ...a,
    rows: a.rows.map((row) => columns.map((column) => sum(...row.map((item, k) => product(item, column[k]))))),
  }
}

/** A matrix times a number or a matrix, and sums of matrices of one shape; undefined where there is nothing to compute. */
function matrixArithmetic(e: Expression): Expression | undefined {
  if (e.kind === 'call' && e.name === 'det' && e.args[0]?.kind === 'matrix') return determinant(e.args[0].rows)
  if (e.kind === 'product') {
    const scalars: Expression[] = []
    let matrix: Matrix | undefined
    for (const factor of e.factors) {
      if (factor.kind !== 'matrix') scalars.push(factor)
      else if (factor.style !== 'matrix') return undefined
      else if (matrix === undefined) matrix = factor
      else {
        const times = matrixProduct(matrix, factor)
        if (times === undefined) return undefined
        matrix = times
      }
    }
    if (matrix === undefined) return undefined
    return scalars.length === 0
      ? matrix
      : { ...matrix, rows: matrix.rows.map((row) => row.map((item) => product(...scalars, item))) }
  }
  if (e.kind !== 'sum') return undefined
  const terms = e.terms.map((term) => matrixArithmetic(term) ?? term)
  const [first] = terms
  if (first.kind !== 'matrix') return undefined
  let rows = first.rows
  for (const term of terms.slice(1)) {
    if (
      term.kind !== 'matrix' ||
      term.rows.length !== rows.length ||
      term.rows.some((row, i) => row.length !== rows[i].length)
    )
      return undefined
    rows = rows.map((row, i) => row.map((item, j) => sum(item, term.rows[i][j])))
  }
  return { ...first, rows }
}
