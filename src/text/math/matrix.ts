/** Matrices: as programs write them, and what can be computed with them. */
import { type Expression, integer, type Matrix, minus, product, sum } from './expression.ts'

/** [[1, 2], [3, 4]], which programs write for a matrix. */
export function matrixRows(items: readonly Expression[]): (readonly Expression[])[] | undefined {
  const rows: (readonly Expression[])[] = []
  for (const item of items) {
    if (item.kind !== 'tuple' || item.open !== '[' || item.close !== ']') return undefined
    rows.push(item.items)
  }
  return rows.length > 0 && rows.every((row) => row.length === rows[0].length) ? rows : undefined
}

/** Laplace's expansion, for up to four rows. */
export function determinant(rows: Matrix['rows']): Expression | undefined {
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
export function matrixArithmetic(e: Expression): Expression | undefined {
  if (e.kind === 'power' && e.base.kind === 'matrix') return matrixPower(e.base, e.exponent)
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

/** The transpose for an exponent T, the repeated product for a small whole one. */
function matrixPower(base: Matrix, exponent: Expression): Matrix | undefined {
  if (exponent.kind === 'symbol' && (exponent.name === 'T' || exponent.name === '\\top')) {
    if (base.rows.some((row) => row.length !== base.rows[0].length)) return undefined
    return { ...base, rows: base.rows[0].map((_, j) => base.rows.map((row) => row[j])) }
  }
  if (exponent.kind !== 'number' || exponent.value.d !== 1n || exponent.value.n < 1n || exponent.value.n > 4n)
    return undefined
  let result: Matrix | undefined = base
  for (let step = 1n; step < exponent.value.n && result !== undefined; step++) result = matrixProduct(result, base)
  return result
}

const AXES = ['i', 'j', 'k']

/** 2î + 3ĵ as the vector ⟨2, 3⟩. */
export function basisVector(e: Expression): Expression | undefined {
  if (e.kind !== 'sum' && e.kind !== 'product') return undefined
  const components: (Expression | undefined)[] = [undefined, undefined, undefined]
  for (const term of e.kind === 'sum' ? e.terms : [e]) {
    const factors = term.kind === 'product' ? term.factors : [term]
    const axis = factors.findIndex((factor) => axisOf(factor) >= 0)
    if (axis < 0) return undefined
    const at = axisOf(factors[axis])
    const rest = factors.filter((_, i) => i !== axis)
    const component = rest.length === 0 ? integer(1) : product(...rest)
    const there = components[at]
    components[at] = there === undefined ? component : sum(there, component)
  }
  const size = components[2] === undefined ? 2 : 3
  return {
    kind: 'tuple',
    open: '<',
    close: '>',
    items: components.slice(0, size).map((component) => component ?? integer(0)),
  }
}

function axisOf(e: Expression): number {
  return e.kind === 'symbol' && /^(?:hat|widehat) /.test(e.name) ? AXES.indexOf(e.name.split(' ')[1]) : -1
}
