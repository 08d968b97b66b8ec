/**
 * Sums of terms c · a^p · b^q ..., where c is rational, the exponents are rational and the atoms are variables, π, e, i,
 * square-free roots of primes, or anything else that is known only by its name. Like terms are always gathered, so two
 * polynomials over independent atoms are equal exactly when their keys are.
 */
import { type Budget, BudgetSpent, spend } from './budget.ts'
import {
  add,
  bits,
  floor,
  isOne,
  multiply,
  negate,
  ONE,
  power,
  type Rational,
  rational,
  same,
  show,
  ZERO,
} from './rational.ts'

/** An atom to a power. The atom '#p' is the prime p, 'ⅈ' the imaginary unit; their powers reduce. */
export interface Power {
  readonly atom: string
  readonly exponent: Rational
}

export interface Term {
  readonly coefficient: Rational
  /** Sorted by atom, no exponent zero. */
  readonly powers: readonly Power[]
}

/** Terms by the key of their powers; none has coefficient zero. */
export type Polynomial = ReadonlyMap<string, Term>

/** More terms than this are not expanded. */
export const MOST_TERMS = 400

export const PRIME = '#'
export const IMAGINARY = 'ⅈ'

export function constantPolynomial(value: Rational): Polynomial {
  return value.n === 0n ? new Map() : new Map([['', { coefficient: value, powers: [] }]])
}

/** A single term, its powers of primes and of i reduced. */
export function monomial(coefficient: Rational, powers: readonly Power[], budget: Budget): Polynomial {
  if (coefficient.n === 0n) return new Map()
  const term = reduce(coefficient, powers, budget)
  return new Map([[keyOfPowers(term.powers), term]])
}

export function addPolynomials(a: Polynomial, b: Polynomial, budget: Budget): Polynomial {
  const result = new Map(a)
  for (const [key, term] of b) addTerm(result, key, term, budget)
  if (result.size > MOST_TERMS) throw new BudgetSpent()
  return result
}

export function multiplyPolynomials(a: Polynomial, b: Polynomial, budget: Budget): Polynomial {
  const result = new Map<string, Term>()
  spend(budget, a.size * b.size * 2)
  for (const left of a.values()) {
    for (const right of b.values()) {
      const coefficient = multiply(left.coefficient, right.coefficient, budget)
      const term =
        left.powers.length === 0
          ? { coefficient, powers: right.powers }
          : reduce(coefficient, merge(left.powers, right.powers, budget), budget)
      addTerm(result, keyOfPowers(term.powers), term, budget)
      if (result.size > MOST_TERMS) throw new BudgetSpent()
    }
  }
  return result
}

export function scalePolynomial(a: Polynomial, factor: Rational, budget: Budget): Polynomial {
  return new Map(
    [...a].map(([key, term]) => [
      key,
      { coefficient: multiply(term.coefficient, factor, budget), powers: term.powers },
    ]),
  )
}

/** The rational number it is, or undefined. */
export function asRational(a: Polynomial): Rational | undefined {
  if (a.size === 0) return ZERO
  const term = a.size === 1 ? a.get('') : undefined
  return term?.coefficient
}

/** The only term, or undefined. */
export function onlyTerm(a: Polynomial): Term | undefined {
  if (a.size !== 1) return undefined
  for (const term of a.values()) return term
  return undefined
}

/** Its terms in the order of their keys. */
export function sortedTerms(a: Polynomial): Term[] {
  return [...a].sort(([x], [y]) => (x < y ? -1 : 1)).map(([, term]) => term)
}

export function samePolynomial(a: Polynomial, b: Polynomial): boolean {
  if (a.size !== b.size) return false
  for (const [key, term] of a) {
    const other = b.get(key)
    if (other === undefined || !same(term.coefficient, other.coefficient)) return false
  }
  return true
}

/** The same text for equal polynomials. */
export function keyOf(a: Polynomial): string {
  return sortedTerms(a)
    .map((term) => `${show(term.coefficient)}${term.powers.length === 0 ? '' : '·'}${keyOfPowers(term.powers)}`)
    .join('+')
}

export function keyOfPowers(powers: readonly Power[]): string {
  if (powers.length === 1) return keyOfPower(powers[0])
  return powers.map(keyOfPower).join('·')
}

function keyOfPower({ atom, exponent }: Power): string {
  return isOne(exponent) ? atom : `${atom}^${show(exponent)}`
}

function addTerm(to: Map<string, Term>, key: string, term: Term, budget: Budget): void {
  const there = to.get(key)
  if (there === undefined) to.set(key, term)
  else {
    const coefficient = add(there.coefficient, term.coefficient, budget)
    if (coefficient.n === 0n) to.delete(key)
    else to.set(key, { coefficient, powers: term.powers })
  }
}

/** The product of two sorted lists of powers. */
function merge(a: readonly Power[], b: readonly Power[], budget: Budget): Power[] {
  const result: Power[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    if (a[i].atom === b[j].atom) {
      const exponent = add(a[i].exponent, b[j].exponent, budget)
      if (exponent.n !== 0n) result.push({ atom: a[i].atom, exponent })
      i++
      j++
    } else if (a[i].atom < b[j].atom) result.push(a[i++])
    else result.push(b[j++])
  }
  while (i < a.length) result.push(a[i++])
  while (j < b.length) result.push(b[j++])
  return result
}

/** Powers of primes keep an exponent in (0, 1) and give the rest to the coefficient; i² is -1. */
function reduce(start: Rational, powers: readonly Power[], budget: Budget): Term {
  let coefficient = start
  let kept: Power[] | undefined
  for (let at = 0; at < powers.length; at++) {
    const { atom, exponent } = powers[at]
    let rest: Rational | undefined = exponent
    if (atom[0] === PRIME && !atom.includes('[')) {
      const prime = BigInt(atom.slice(1))
      const whole = floor(exponent)
      if (whole !== 0n) {
        const scale = power({ n: prime, d: 1n }, whole, budget)
        if (scale === undefined) {
          const pulled = pullFactors(coefficient, prime, budget)
          coefficient = pulled.coefficient
          rest = add(exponent, { n: pulled.count, d: 1n }, budget)
        } else {
          coefficient = multiply(coefficient, scale, budget)
          rest = add(exponent, { n: -whole, d: 1n }, budget)
        }
      }
    } else if (atom === IMAGINARY && exponent.d === 1n) {
      const turn = ((exponent.n % 4n) + 4n) % 4n
      if (turn >= 2n) coefficient = negate(coefficient)
      rest = turn % 2n === 1n ? ONE : undefined
    }
    if (rest !== undefined && rest.n === 0n) rest = undefined
    if (rest === undefined || !same(rest, exponent)) {
      kept ??= powers.slice(0, at)
      if (rest !== undefined) kept.push({ atom, exponent: rest })
    } else kept?.push(powers[at])
  }
  return { coefficient, powers: kept ?? powers }
}

/** Moves all factors p of a coefficient into the power of p beside it, which is too large to be written out. */
function pullFactors(coefficient: Rational, prime: bigint, budget: Budget): { coefficient: Rational; count: bigint } {
  let { n, d } = coefficient
  let count = 0n
  while (n % prime === 0n) {
    spend(budget, 1 + bits(n) / 512)
    n /= prime
    count++
  }
  while (d % prime === 0n) {
    spend(budget, 1 + bits(d) / 512)
    d /= prime
    count--
  }
  return { coefficient: rational(n, d, budget), count }
}
