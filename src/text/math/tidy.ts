/** Trees as read into trees as compared: ± written out, nested lists flattened, matrices computed, words understood. */
import { type Budget, spend } from './budget.ts'
import { type Expression, type List, minus, some, symbolsOf } from './expression.ts'
import { basisVector, determinant, matrixArithmetic, matrixRows } from './matrix.ts'
import { readWords } from './words.ts'

/** The form in which answers are compared. */
export function tidy(e: Expression, budget: Budget): Expression {
  spend(budget, 1)
  switch (e.kind) {
    case 'text':
      return readWords(e.text)
    case 'list':
    case 'set': {
      const items = withoutDomains(e.items.flatMap((item) => spread(tidy(item, budget), e)))
      if (items.length === 1 && e.kind === 'list') return items[0]
      // Braces around equations join them: {x = 2, y = 3}.
      return isSystem(items) ? { kind: 'list', items, joined: 'comma' } : { ...e, items }
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
    case 'matrix': {
      if (e.style === 'determinant') return determinant(e.rows) ?? e
      const items = e.rows.flat()
      if (isSystem(items)) return tidy({ kind: 'list', items, joined: 'comma' }, budget)
      return { ...e, rows: e.rows.map((row) => row.map((item) => tidy(item, budget))) }
    }
    case 'sum':
    case 'product':
    case 'power':
    case 'call':
    case 'plusMinus':
      return either(e, matrixArithmetic(e) ?? basisVector(e) ?? e, budget)
    default:
      return e
  }
}

/** Items of a list inside a list of the same kind belong to the outer one. */
function spread(item: Expression, outer: Expression): readonly Expression[] {
  return item.kind === 'list' && (outer.kind === 'set' || item.joined !== 'and') ? item.items : [item]
}

function isSystem(items: readonly Expression[]): boolean {
  return (
    items.length > 1 &&
    items.every((item) => item.kind === 'relation' && item.operators.every((operator) => operator === '='))
  )
}

/** Without remarks like k ∈ ℤ about a variable of the other items. */
function withoutDomains(items: readonly Expression[]): readonly Expression[] {
  const isDomain = (item: Expression): boolean => {
    if (item.kind !== 'relation' || item.operators.length !== 1 || item.operators[0] !== 'in') return false
    const [variable, set] = item.sides
    const numbers = set.kind === 'symbol' && 'ℝℤℕℚℂ'.includes(set.name)
    const used =
      variable.kind === 'symbol' && items.some((other) => other !== item && symbolsOf(other).includes(variable.name))
    return numbers && used
  }
  const rest = items.filter((item) => !isDomain(item))
  return rest.length === 0 ? items : rest
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
