/**
 * Formulae as quotients of polynomials: products expanded, like terms gathered, roots of whole numbers reduced to primes,
 * exponents split. Where every atom is independent of the others (`exact`), two formulae are equal exactly when their
 * normal forms are; elsewhere equal forms prove equality and different ones prove nothing.
 */
import { type Budget, newBudget, spend, within } from './budget.ts'
import { evaluateExactly } from './exactCall.ts'
import { DEGREE, type Expression, product, quotient } from './expression.ts'
import { constantPolynomial, keyOf, multiplyPolynomials, samePolynomial } from './polynomial.ts'
import { raise } from './power.ts'
import {
  addQuotients,
  keyOfQuotient,
  multiplyQuotients,
  NO_FORM,
  NoForm,
  type Normalizer,
  named,
  type Quotient,
  rationalOf,
  single,
  UNIT,
} from './quotient.ts'
import { whole } from './rational.ts'
import { isMachineDecimal } from './rounding.ts'

export interface NormalForm extends Quotient {
  readonly exact: boolean
  readonly unfactored: ReadonlySet<bigint>
}

/** The normal form of a formula; undefined where it has none or the allowance for it runs out. */
export function normalForm(e: Expression, budget: Budget): NormalForm | undefined {
  const allowance = Math.min(budget.left / 3, 6000)
  const normalizer: Normalizer = { budget: newBudget(allowance), exact: true, unfactored: new Set() }
  try {
    return within(() => ({ ...normalize(e, normalizer), exact: normalizer.exact, unfactored: normalizer.unfactored }))
  } catch (thrown) {
    if (thrown instanceof NoForm) return undefined
    throw thrown
  } finally {
    budget.left -= allowance - Math.max(normalizer.budget.left, 0)
  }
}

/** Whether different forms prove that two formulae differ: no atom depends on another. */
export function decides(a: NormalForm, b: NormalForm): boolean {
  // Two large numbers under roots may share a factor that nobody found; one cannot.
  return a.exact && b.exact && new Set([...a.unfactored, ...b.unfactored]).size <= 1
}

/** Whether two normal forms are the same function; undefined where that is too much work. */
export function sameForm(a: NormalForm, b: NormalForm, budget: Budget): boolean | undefined {
  if (a.bottom === b.bottom || keyOf(a.bottom) === keyOf(b.bottom)) return samePolynomial(a.top, b.top)
  return within(() =>
    samePolynomial(multiplyPolynomials(a.top, b.bottom, budget), multiplyPolynomials(b.top, a.bottom, budget)),
  )
}

function normalize(e: Expression, normalizer: Normalizer): Quotient {
  const { budget } = normalizer
  spend(budget, 1)
  switch (e.kind) {
    case 'number':
      if (isMachineDecimal(e)) normalizer.exact = false
      return { top: constantPolynomial(e.value), bottom: UNIT }
    case 'based':
      return { top: constantPolynomial(e.value), bottom: UNIT }
    case 'constant':
      if (e.name === 'infinity') throw NO_FORM
      return single(e.name === 'pi' ? 'π' : e.name === 'e' ? 'ℯ' : 'ⅈ', budget)
    case 'symbol':
      return single(`$${e.name}`, budget)
    case 'sum':
      return e.terms.map((term) => normalize(term, normalizer)).reduce((a, b) => addQuotients(a, b, budget))
    case 'product':
      return e.factors.map((factor) => normalize(factor, normalizer)).reduce((a, b) => multiplyQuotients(a, b, budget))
    case 'power':
      return raise(normalize(e.base, normalizer), normalize(e.exponent, normalizer), normalizer)
    case 'percent':
      return normalize(quotient(e.value, { kind: 'number', value: whole(100) }), normalizer)
    case 'quantity':
      return normalize(e.unit.dimension === 'degree' ? product(e.value, DEGREE) : e.value, normalizer)
    case 'call': {
      const args = e.args.map((argument) => normalize(argument, normalizer))
      const value = evaluateExactly(e.name, args.map(rationalOf), budget)
      if (value !== undefined) return { top: constantPolynomial(value), bottom: UNIT }
      return named(`${e.name}(${args.map((argument) => keyOfQuotient(argument, budget)).join(';')})`, normalizer)
    }
    case 'series': {
      const [low, high, body] = [e.low, e.high, e.body].map((part) =>
        keyOfQuotient(normalize(part, normalizer), budget),
      )
      return named(`${e.name}(${e.variable};${low};${high};${body})`, normalizer)
    }
    default:
      throw NO_FORM
  }
}
