/** Equality of single values: exactly by normal form, as functions by random points, and approximately for decimals. */
import { type Budget, within } from './budget.ts'
import { magnitude } from './complex.ts'
import type { Expression } from './expression.ts'
import { children, symbolsOf } from './expression.ts'
import { agree, constantValue } from './identity.ts'
import { decides, type NormalForm, normalForm, sameForm } from './normalForm.ts'
import { isRounding, literalOf, withinTolerance } from './rounding.ts'

/** What one comparison shares among its parts. */
export interface Comparing {
  readonly budget: Budget
  readonly forms: Map<Expression, NormalForm | undefined>
  /** Largest relative difference at which two numbers count as equal; undefined: decimals must be correct roundings. */
  readonly tolerance: number | undefined
}

export function sameValue(a: Expression, b: Expression, comparing: Comparing): boolean {
  if (a === b) return true
  if (a.kind === 'percent' || b.kind === 'percent') return samePercent(a, b, comparing)
  if (a.kind === 'text' || b.kind === 'text') return false
  const [formA, formB] = [formOf(a, comparing), formOf(b, comparing)]
  const same = formA === undefined || formB === undefined ? undefined : sameForm(formA, formB, comparing.budget)
  if (same === true) return true
  if (areClose(a, b, comparing)) return true
  if (same === false && formA !== undefined && formB !== undefined && decides(formA, formB)) return false
  return within(() => agree(a, b, comparing.budget)) ?? false
}

/** The normal form, computed once for each expression. */
export function formOf(e: Expression, { forms, budget }: Comparing): NormalForm | undefined {
  if (forms.has(e)) return forms.get(e)
  const form = normalForm(e, budget)
  forms.set(e, form)
  return form
}

/** 50% is 1/2, and 50 with its sign left out. */
function samePercent(a: Expression, b: Expression, comparing: Comparing): boolean {
  if (a.kind === 'percent' && b.kind === 'percent') return sameValue(a.value, b.value, comparing)
  const [percent, other] = a.kind === 'percent' ? [a, b] : [b, a]
  if (percent.kind !== 'percent') return false
  const asFraction: Expression = {
    kind: 'quantity',
    value: percent,
    unit: { text: '', dimension: undefined, factor: { n: 1n, d: 1n } },
  }
  return sameValue(percent.value, other, comparing) || sameValue(asFraction, other, comparing)
}

/** Whether one is the other rounded, or both lie within the caller's tolerance. */
function areClose(a: Expression, b: Expression, comparing: Comparing): boolean {
  const { tolerance, budget } = comparing
  if (tolerance === 0 || symbolsOf(a, b).length > 0) return false
  const [literalA, literalB] = [literalOf(a), literalOf(b)]
  const rounded = tolerance !== undefined || literalA?.decimal !== undefined || literalB?.decimal !== undefined
  const measured = rounded ? true : hasLongDecimal(a) || hasLongDecimal(b)
  if (!measured) return false
  const [x, y] = [within(() => constantValue(a, budget)), within(() => constantValue(b, budget))]
  if (x === undefined || y === undefined) return false
  if (tolerance !== undefined) return withinTolerance(x, y, tolerance)
  if (x.im === 0 && y.im === 0 && (literalA !== undefined || literalB !== undefined)) {
    if (literalA?.decimal !== undefined && isRounding(x.re, literalA.decimal, y.re)) return true
    if (literalB?.decimal !== undefined && isRounding(y.re, literalB.decimal, x.re)) return true
    return false
  }
  const long = hasLongDecimal(a) || hasLongDecimal(b)
  return long && magnitude(x) > 0 && withinTolerance(x, y, ROUNDED)
}

/** The relative difference that a rounded number inside a larger formula may make. */
const ROUNDED = 1e-4

/** Whether a formula holds a decimal long enough to be a rounded value: four significant digits or more. */
function hasLongDecimal(e: Expression): boolean {
  if (e.kind === 'number') return (e.digits ?? 0) >= 4
  return children(e).some(hasLongDecimal)
}

/** Whether one of two values is the other in fewer digits: √2 ≈ 1.41, 16.6 ≈ 17. */
export function approximates(a: Expression, b: Expression, budget: Budget): boolean {
  const [x, y] = [a, b].map((e) => within(() => constantValue(e, budget)))
  if (x === undefined || y === undefined) return false
  const places = [a, b].map((e) => {
    const literal = literalOf(e)
    return literal === undefined ? 0 : (literal.decimal?.lastPlace ?? 1)
  })
  return Math.hypot(x.re - y.re, x.im - y.im) < Math.max(...places) * (1 - 1e-9)
}
