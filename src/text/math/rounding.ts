/** When a decimal counts as equal to a value it only approximates. */
import { type Complex, magnitude } from './complex.ts'
import type { Expression } from './expression.ts'

/** A decimal as written: its significant digits, and the size of one unit in its last place. */
export interface Decimal {
  readonly digits: number
  readonly lastPlace: number
}

// A decimal with fewer significant digits stands for itself only: 3.14 is not π, 0.33 is not 1/3.
const FEWEST_DIGITS = 4
const CLOSEST = 1e-4
// Digits that only a computer writes; there the last ones are noise.
const MACHINE_DIGITS = 12
const MACHINE_PLACES = 8
const MACHINE = 1e-10

/** Whether a number has so many digits that a computer must have rounded it. */
export function isMachineDecimal(e: Expression & { kind: 'number' }): boolean {
  return (e.digits ?? 0) >= MACHINE_DIGITS && (e.places ?? 0) >= MACHINE_PLACES
}

/** The decimal that a whole expression is, up to sign, power of ten, percent and unit; `decimal` is undefined for whole numbers. */
export function literalOf(e: Expression): { readonly decimal: Decimal | undefined } | undefined {
  if (e.kind === 'number') {
    const { digits, places } = e
    return { decimal: digits === undefined || places === undefined ? undefined : { digits, lastPlace: 10 ** -places } }
  }
  if (e.kind === 'product') return scientific(e.factors)
  if (e.kind === 'quantity') return e.unit.dimension === 'degree' ? undefined : literalOf(e.value)
  if (e.kind === 'percent') {
    const inner = literalOf(e.value)?.decimal
    return { decimal: inner === undefined ? undefined : { ...inner, lastPlace: inner.lastPlace / 100 } }
  }
  return undefined
}

/** 1.5 · 10^6, whose last place is worth 10^5. */
function scientific(factors: readonly Expression[]): ReturnType<typeof literalOf> {
  const [mantissa, scale] = factors
  if (factors.length !== 2 || mantissa.kind !== 'number' || scale.kind !== 'power') return undefined
  const { base, exponent } = scale
  if (base.kind !== 'number' || base.value.n !== 10n || base.value.d !== 1n) return undefined
  if (exponent.kind !== 'number' || exponent.value.d !== 1n) return undefined
  const inner = literalOf(mantissa)?.decimal
  return {
    decimal:
      inner === undefined ? undefined : { ...inner, lastPlace: inner.lastPlace * 10 ** Number(exponent.value.n) },
  }
}

/**
 * Whether `value`, written as `decimal`, is `exact` rounded or cut off: half a unit of the last place above it at most, less
 * than one below, and within 1e-4 of it. Decimals of twelve digits and more come from computers and may be off by 1e-10.
 */
export function isRounding(value: number, decimal: Decimal, exact: number): boolean {
  const difference = Math.abs(value - exact)
  const size = Math.abs(exact)
  if (decimal.digits >= MACHINE_DIGITS && difference <= MACHINE * size) return true
  if (decimal.digits < FEWEST_DIGITS) return false
  // Rounded up it is half a unit off at most; cut off, nearly a whole one. Doubles this large are noise in the last place.
  const units = (Math.abs(value) > size ? 0.5 : 1 - 1e-9) * decimal.lastPlace
  return difference < units - 4 * Number.EPSILON * size && difference <= CLOSEST * size * (1 + 1e-9)
}

/** |x - y| <= tolerance · max(|x|, |y|). */
export function withinTolerance(x: Complex, y: Complex, tolerance: number): boolean {
  const difference = Math.hypot(x.re - y.re, x.im - y.im)
  return difference <= tolerance * Math.max(magnitude(x), magnitude(y)) * (1 + 1e-12)
}
