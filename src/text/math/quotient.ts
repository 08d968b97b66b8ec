/** Quotients of polynomials, and what the computation of normal forms shares. */
import type { Budget } from './budget.ts'
import {
  addPolynomials,
  asRational,
  constantPolynomial,
  keyOf,
  monomial,
  multiplyPolynomials,
  onlyTerm,
  type Polynomial,
  scalePolynomial,
  sortedTerms,
} from './polynomial.ts'
import { invert, ONE, type Rational } from './rational.ts'

/** top / bottom. */
export interface Quotient {
  readonly top: Polynomial
  readonly bottom: Polynomial
}

/** `exact` turns false at the first atom that may depend on others. */
export interface Normalizer {
  readonly budget: Budget
  exact: boolean
  /** What was left of whole numbers under roots when their small primes were out, and may be no prime. */
  readonly unfactored: Set<bigint>
}

/** Thrown where a formula has no value (1/0) or is no formula (a set). */
export class NoForm extends Error {}
export const NO_FORM = new NoForm('no normal form')

export const UNIT: Polynomial = constantPolynomial(ONE)

export function isUnit(a: Polynomial): boolean {
  const value = asRational(a)
  return value !== undefined && value.n === 1n && value.d === 1n
}

/** The rational number that a quotient is, or undefined. */
export function rationalOf(a: Quotient): Rational | undefined {
  return isUnit(a.bottom) ? asRational(a.top) : undefined
}

/** An atom by itself. */
export function single(atom: string, budget: Budget): Quotient {
  return { top: monomial(ONE, [{ atom, exponent: ONE }], budget), bottom: UNIT }
}

/** An atom that may be related to others in ways a normal form does not see. */
export function named(atom: string, normalizer: Normalizer): Quotient {
  normalizer.exact = false
  return single(atom, normalizer.budget)
}

/** The same text for the same quotient, as far as quotients are brought to lowest terms. */
export function keyOfQuotient({ top, bottom }: Quotient, budget: Budget): string {
  if (isUnit(bottom)) return keyOf(top)
  const lead = invert(sortedTerms(bottom)[0].coefficient)
  return `${keyOf(scalePolynomial(top, lead, budget))}/(${keyOf(scalePolynomial(bottom, lead, budget))})`
}

export function addQuotients(a: Quotient, b: Quotient, budget: Budget): Quotient {
  if (a.bottom === b.bottom || keyOf(a.bottom) === keyOf(b.bottom)) {
    return { top: addPolynomials(a.top, b.top, budget), bottom: a.bottom }
  }
  const [left, right] = [multiplyPolynomials(a.top, b.bottom, budget), multiplyPolynomials(b.top, a.bottom, budget)]
  return { top: addPolynomials(left, right, budget), bottom: multiplyPolynomials(a.bottom, b.bottom, budget) }
}

export function multiplyQuotients(a: Quotient, b: Quotient, budget: Budget): Quotient {
  const bottom = isUnit(a.bottom)
    ? b.bottom
    : isUnit(b.bottom)
      ? a.bottom
      : multiplyPolynomials(a.bottom, b.bottom, budget)
  return { top: multiplyPolynomials(a.top, b.top, budget), bottom }
}

/** 1 / a; a single term keeps its place above the line with negative exponents. */
export function invertQuotient(a: Quotient, budget: Budget): Quotient {
  if (a.top.size === 0) throw NO_FORM
  const term = onlyTerm(a.top)
  if (term === undefined) return { top: a.bottom, bottom: a.top }
  const powers = term.powers.map(({ atom, exponent }) => ({ atom, exponent: { n: -exponent.n, d: exponent.d } }))
  return {
    top: multiplyPolynomials(monomial(invert(term.coefficient), powers, budget), a.bottom, budget),
    bottom: UNIT,
  }
}
