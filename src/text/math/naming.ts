/** Equations that only name a value (x = 5, f(x) = 2x, AB = 5) and the value they name. */
import { type Expression, type Relation, symbolsOf } from './expression.ts'
import { show } from './rational.ts'
import { approximates, type Comparing, formOf, sameValue } from './value.ts'

/** The name that a side of an equation is: a variable, f(x), a derivative, or words. */
export function labelOf(e: Expression): string | undefined {
  if (e.kind === 'symbol') return e.name
  if (e.kind === 'text') return `“${e.text.toLowerCase()}”`
  if (e.kind === 'call') {
    if (!/^[a-zA-Z](?:['_^]|$)/.test(e.name)) return undefined
    const args = e.args.map((argument) => (argument.kind === 'number' ? show(argument.value) : labelOf(argument)))
    return args.includes(undefined) ? undefined : `${e.name}(${args.join(',')})`
  }
  if (e.kind !== 'product') return undefined
  const names = e.factors.map((factor) => (factor.kind === 'symbol' ? factor.name : undefined))
  // The measure of an angle, m∠A; and AB = 5 for a segment.
  const angle = names.find((name) => name?.startsWith('angle '))
  if (angle !== undefined) return angle
  return names.every((name) => name !== undefined && /^[A-Z]'?$/.test(name)) ? names.sort().join('') : undefined
}

export interface Named {
  readonly label: string
  readonly values: readonly Expression[]
}

/**
 * The name and the value of an equation that names one: x = 5, f(x) = 2x, AB = 5 cm, x = 10/4 = 2.5, x = √2 ≈ 1.414. The last
 * value counts, and the ones that are said to be nearly it.
 */
export function namedValue(e: Relation): Named | undefined {
  if (!e.operators.every((operator) => operator === '=' || operator === '~' || operator === 'to')) return undefined
  const first = labelOf(e.sides[0])
  const values = lastValues(e)
  if (first !== undefined) return { label: first, values: values.filter((value) => value !== e.sides[0]) }
  const last = e.sides.length === 2 ? labelOf(e.sides[1]) : undefined
  return last === undefined ? undefined : { label: last, values: [e.sides[0]] }
}

/** The sides behind the last =, which ≈ signs may part. */
function lastValues(e: Relation): readonly Expression[] {
  return e.sides.slice(e.operators.lastIndexOf('=') + 1)
}

/**
 * The values a relation may be compared by when the other side is no relation: those it names, or the end of a chain
 * (2 + 3 = 5, a = b = 25). An equation of its own (x² = 4, 2x + z = 1) gives none.
 */
export function valuesOf(e: Relation, comparing: Comparing): readonly Expression[] {
  const named = namedValue(e)
  if (named !== undefined) return agreeing(named.values, comparing)
  if (e.operators.length === 1 && e.operators[0] === 'in' && labelOf(e.sides[0]) !== undefined) return [e.sides[1]]
  if (!e.operators.every((operator) => operator === '=' || operator === '~')) return []
  const values = agreeing(lastValues(e), comparing)
  const [left] = e.sides
  const [value] = values
  if (left === value) return values
  if (symbolsOf(left).length === 0) return sameValue(left, value, comparing) ? values : []
  if (e.sides.length > 2) return values
  const isConstant = symbolsOf(value).length === 0
  return isConstant && !isZero(value) && !isPolynomial(left, comparing) ? values : []
}

/** The first value, and those said to be nearly it that are; otherwise any guess could be put beside any other. */
function agreeing(values: readonly Expression[], { budget }: Comparing): readonly Expression[] {
  const [first, ...others] = values
  return [first, ...others.filter((other) => approximates(first, other, budget))]
}

function isZero(e: Expression): boolean {
  return e.kind === 'number' && e.value.n === 0n
}

/** x² = 4 asks for x and 2x + z = 1 is a line; x + 1/x = 4 and sin x = 1/2 tell what they call by name. */
function isPolynomial(e: Expression, comparing: Comparing): boolean {
  const form = formOf(e, comparing)
  if (form === undefined || !form.exact) return false
  return [...form.top.values()].every((term) =>
    term.powers.every((power) => power.exponent.d === 1n && power.exponent.n > 0n),
  )
}
