/** Equations and inequalities that say the same: multiples of one another, or one solved for a variable. */
import { within } from './budget.ts'
import { magnitude } from './complex.ts'
import { evaluate } from './evaluate.ts'
import { type Expression, minus, type Relation, sum, symbolsOf } from './expression.ts'
import { constantRatio, pointsFor } from './identity.ts'
import { decides } from './normalForm.ts'
import type { Polynomial, Power } from './polynomial.ts'
import {
  addPolynomials,
  monomial,
  multiplyPolynomials,
  samePolynomial,
  scalePolynomial,
  sortedTerms,
} from './polynomial.ts'
import { invert, ONE } from './rational.ts'
import { type Comparing, formOf } from './value.ts'

/** Whether two equations have the same solutions because one is a multiple of the other, or solves it for a variable. */
export function sameEquation(a: Relation, b: Relation, comparing: Comparing): boolean {
  const [f, g] = [difference(a), difference(b)]
  if (f === undefined || g === undefined) return false
  const sign = multipleOf(f, g, comparing)
  if (sign !== undefined) return sign !== 0
  return solves(a, g, comparing) && solves(b, f, comparing)
}

/** Whether two inequalities with the same letters say the same: one a positive multiple of the other. */
export function sameInequality(a: Relation, b: Relation, comparing: Comparing): boolean {
  const [x, y] = [pointingDown(a), pointingDown(b)]
  if (x === undefined || y === undefined || x.strict !== y.strict) return false
  return multipleOf(x.difference, y.difference, comparing) === 1
}

/** Left minus right. */
function difference(e: Relation): Expression | undefined {
  return e.sides.length < 2 ? undefined : sum(e.sides[0], minus(e.sides[e.sides.length - 1]))
}

/** An inequality as difference < 0 or difference <= 0. */
function pointingDown(e: Relation): { difference: Expression; strict: boolean } | undefined {
  if (e.operators.length !== 1) return undefined
  const [left, right] = e.sides
  switch (e.operators[0]) {
    case '<':
      return { difference: sum(left, minus(right)), strict: true }
    case '<=':
      return { difference: sum(left, minus(right)), strict: false }
    case '>':
      return { difference: sum(right, minus(left)), strict: true }
    case '>=':
      return { difference: sum(right, minus(left)), strict: false }
    default:
      return undefined
  }
}

/** The sign of f / g where that is one number everywhere; 0 where it surely is not, undefined where that is not clear. */
function multipleOf(f: Expression, g: Expression, comparing: Comparing): 1 | -1 | 0 | undefined {
  if (symbolsOf(f, g).length === 0) return 0
  const [a, b] = [formOf(f, comparing), formOf(g, comparing)]
  if (a !== undefined && b !== undefined && decides(a, b)) {
    const verdict = within(() => {
      const [x, y] = [cleared(a.top, comparing), cleared(b.top, comparing)]
      if (x.size === 0 || y.size === 0) return x.size === y.size ? 1 : 0
      const [p, q] = [leading(x), leading(y)]
      const same = samePolynomial(
        scalePolynomial(x, invert(p), comparing.budget),
        scalePolynomial(y, invert(q), comparing.budget),
      )
      return same ? (p.n > 0n === q.n > 0n ? 1 : -1) : 0
    })
    if (verdict !== undefined) return verdict
  }
  return within(() => constantRatio(f, g, comparing.budget))
}

const leading = (a: Polynomial) => sortedTerms(a)[0].coefficient

/** A polynomial times the powers that its denominators need: y - 1/x becomes xy - 1. */
function cleared(a: Polynomial, { budget }: Comparing): Polynomial {
  const lowest = new Map<string, Power>()
  for (const term of a.values()) {
    for (const power of term.powers) {
      const there = lowest.get(power.atom)
      if (
        power.exponent.n < 0n &&
        (there === undefined || power.exponent.n * there.exponent.d < there.exponent.n * power.exponent.d)
      )
        lowest.set(power.atom, power)
    }
  }
  if (lowest.size === 0) return a
  const factor = [...lowest.values()].map(({ atom, exponent }) => ({
    atom,
    exponent: { n: -exponent.n, d: exponent.d },
  }))
  const sorted = factor.sort((x, y) => (x.atom < y.atom ? -1 : 1))
  return addPolynomials(new Map(), multiplyPolynomials(a, monomial(ONE, sorted, budget), budget), budget)
}

/** Whether the variable that one equation gives (y = ln x) makes the other's difference vanish at random points. */
function solves(equation: Relation, other: Expression, comparing: Comparing): boolean {
  if (equation.sides.length !== 2) return false
  const [left, right] = equation.sides
  const [variable, value] =
    left.kind === 'symbol' ? [left.name, right] : right.kind === 'symbol' ? [right.name, left] : [undefined, left]
  if (variable === undefined || symbolsOf(value).includes(variable) || !symbolsOf(other).includes(variable))
    return false
  const verdict = within(() => {
    let held = 0
    for (const values of pointsFor(symbolsOf(value, other))) {
      const point = { budget: comparing.budget, values, field: 'real' as const, logBase: Math.E }
      const solved = evaluate(value, point)
      if (solved === undefined) continue
      values.set(variable, solved.re)
      const rest = evaluate(other, point)
      if (rest === undefined) continue
      // The solved value's own rounding passes through the other equation: allow for it generously.
      if (magnitude(rest) > 1e-9 * (1 + Math.abs(solved.re)) + 8 * rest.error) return false
      held++
    }
    return held >= 3
  })
  return verdict ?? false
}
