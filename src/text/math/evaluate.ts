/** The value of a formula at a point, in doubles with an error bound; undefined where it has none there. */
import { type Budget, spend } from './budget.ts'
import {
  type Complex,
  EPSILON,
  exponential,
  logarithm,
  magnitude,
  plus,
  real,
  sound,
  times,
  wholePower,
} from './complex.ts'
import { evaluateCall } from './evaluateCall.ts'
import type { Expression, Series } from './expression.ts'
import { toNumber } from './rational.ts'
import { isMachineDecimal } from './rounding.ts'

/** Values for the variables, and how to read what may be read in two ways. */
export interface Point {
  readonly budget: Budget
  readonly values: Map<string, number>
  /** Real: an even root or a logarithm of a negative number has no value. Complex: it has its principal value. */
  readonly field: 'real' | 'complex'
  /** The base of a log without one: 10 in schools, e in analysis. */
  readonly logBase: number
}

export function evaluate(e: Expression, point: Point): Complex | undefined {
  spend(point.budget, 0.3)
  switch (e.kind) {
    case 'number':
    case 'based': {
      const value = toNumber(e.value)
      if (e.kind === 'number' && isMachineDecimal(e))
        return real(value, Math.max(Math.abs(value) * EPSILON, 10 ** -(e.places ?? 0) / 12))
      return sound(
        real(value, e.value.d === 1n && Number.isSafeInteger(value) ? 0 : Math.abs(value) * EPSILON),
        e.value.n === 0n,
      )
    }
    case 'constant':
      return e.name === 'pi'
        ? real(Math.PI)
        : e.name === 'e'
          ? real(Math.E)
          : e.name === 'i' && point.field === 'complex'
            ? { re: 0, im: 1, error: 0 }
            : undefined
    case 'symbol': {
      const value = point.values.get(e.name)
      return value === undefined ? undefined : real(value, 0)
    }
    case 'sum':
      return fold(e.terms, point, plus)
    case 'product':
      return fold(e.factors, point, times)
    case 'power':
      return power(e.base, e.exponent, point)
    case 'call': {
      const args: Complex[] = []
      for (const argument of e.args) {
        const value = evaluate(argument, point)
        if (value === undefined) return undefined
        args.push(value)
      }
      return evaluateCall(e.name, args, point)
    }
    case 'series':
      return series(e, point)
    case 'percent': {
      const value = evaluate(e.value, point)
      return value === undefined ? undefined : times(value, real(0.01))
    }
    case 'quantity': {
      const value = evaluate(e.value, point)
      if (value === undefined || e.unit.dimension !== 'degree') return value
      return times(value, real(Math.PI / 180))
    }
    default:
      return undefined
  }
}

function fold(
  parts: readonly Expression[],
  point: Point,
  join: (a: Complex, b: Complex) => Complex | undefined,
): Complex | undefined {
  let result: Complex | undefined
  for (const part of parts) {
    const value = evaluate(part, point)
    if (value === undefined) return undefined
    result = result === undefined ? value : join(result, value)
    if (result === undefined) return undefined
  }
  return result
}

function power(base: Expression, exponent: Expression, point: Point): Complex | undefined {
  const b = evaluate(base, point)
  const x = evaluate(exponent, point)
  if (b === undefined || x === undefined) return undefined
  return raiseTo(b, x, point)
}

/** b^x; of a negative number, the real root where the exponent is a fraction with an odd denominator. */
function raiseTo(b: Complex, x: Complex, point: Point): Complex | undefined {
  if (x.im === 0 && Number.isInteger(x.re) && Math.abs(x.re) <= 1024 && x.error < 1e-9) return wholePower(b, x.re)
  if (magnitude(b) <= b.error || (b.re === 0 && b.im === 0))
    return x.im === 0 && x.re > 0 && b.error === 0 ? real(0, 0) : undefined
  if (b.im === 0 && b.re < 0 && x.im === 0) {
    const odd = oddFraction(x.re)
    if (odd !== undefined) {
      const size = powerOf({ ...b, re: -b.re }, x)
      return size === undefined || odd % 2 === 0 ? size : { ...size, re: -size.re }
    }
    if (point.field === 'real' && !Number.isInteger(x.re)) return undefined
    if (Number.isInteger(x.re)) {
      const size = powerOf({ ...b, re: -b.re }, x)
      return size === undefined || x.re % 2 === 0 ? size : { ...size, re: -size.re }
    }
  }
  return powerOf(b, x)
}

/** The numerator of x as a fraction with an odd denominator below a hundred, or undefined. */
function oddFraction(x: number): number | undefined {
  for (let q = 3; q < 100; q += 2) {
    const p = Math.round(x * q)
    if (Math.abs(x * q - p) < 1e-12 * Math.max(1, Math.abs(p))) return p
  }
  return undefined
}

function powerOf(b: Complex, x: Complex): Complex | undefined {
  const log = logarithm(b)
  const product = log === undefined ? undefined : times(log, x)
  if (product === undefined) return undefined
  if (b.im !== 0 || x.im !== 0 || b.re < 0) return exponential(product)
  // The double power is sharper than exp(x log b); a square root sharper still.
  const value = x.re === 0.5 ? Math.sqrt(b.re) : b.re ** x.re
  const error =
    Math.abs(value) * (Math.abs(x.re) * (b.error / b.re) * 1.5 + Math.abs(Math.log(b.re)) * x.error + 2 * EPSILON)
  return value === 0 ? undefined : sound({ re: value, im: 0, error })
}

/** The sum or product itself, where it has whole bounds and not too many terms; an infinite sum where it converges fast. */
function series(e: Series, point: Point): Complex | undefined {
  const low = evaluate(e.low, point)
  const infinite = e.high.kind === 'constant' && e.high.name === 'infinity'
  const high = infinite ? real(Number.POSITIVE_INFINITY, 0) : evaluate(e.high, point)
  if (low === undefined || high === undefined) return undefined
  const [first, last] = [Math.round(low.re), Math.round(high.re)]
  if (Math.abs(first - low.re) > 1e-9 || (!infinite && Math.abs(last - high.re) > 1e-9)) return undefined
  if (!infinite && last - first > MOST_SERIES_TERMS) return undefined
  const outside = point.values.get(e.variable)
  const result = infinite ? limitOf(e, first, point) : accumulate(e, first, last, point)
  if (outside === undefined) point.values.delete(e.variable)
  else point.values.set(e.variable, outside)
  return result
}

const MOST_SERIES_TERMS = 2000

function accumulate(e: Series, first: number, last: number, point: Point): Complex | undefined {
  let result: Complex | undefined = real(e.name === 'sum' ? 0 : 1, 0)
  for (let k = first; k <= last && result !== undefined; k++) {
    point.values.set(e.variable, k)
    const value = evaluate(e.body, point)
    result = value === undefined ? undefined : e.name === 'sum' ? plus(result, value) : times(result, value)
  }
  return result
}

/** A sum whose terms die out like a geometric series: three in a row too small to matter. Slower ones have no value here. */
function limitOf(e: Series, first: number, point: Point): Complex | undefined {
  if (e.name !== 'sum') return undefined
  let result = real(0, 0)
  let small = 0
  for (let k = first; k < first + MOST_SERIES_TERMS / 4; k++) {
    point.values.set(e.variable, k)
    const value = evaluate(e.body, point)
    if (value === undefined) return undefined
    result = plus(result, value)
    small = magnitude(value) <= 1e-18 * magnitude(result) ? small + 1 : 0
    if (small === 3) return result
  }
  return undefined
}
