/** Exact fractions of whole numbers of any size, in lowest terms with a positive denominator. */
import { type Budget, BudgetSpent, spend } from './budget.ts'

export interface Rational {
  readonly n: bigint
  readonly d: bigint
}

/** No number may need more bits than this (2004! needs 19 000); a larger one stays an unevaluated power. */
export const MOST_BITS = 32_768

export const ZERO: Rational = { n: 0n, d: 1n }
export const ONE: Rational = { n: 1n, d: 1n }
export const MINUS_ONE: Rational = { n: -1n, d: 1n }
export const HALF: Rational = { n: 1n, d: 2n }

export function whole(value: number | bigint): Rational {
  return { n: BigInt(value), d: 1n }
}

/** n / d in lowest terms. `d` must not be zero. */
export function rational(n: bigint, d: bigint, budget: Budget): Rational {
  if (d === 1n) return { n, d }
  if (d > 0n && (n === 1n || n === -1n)) return { n, d }
  spend(budget, 1)
  const common = gcd(n, d, budget)
  const sign = d < 0n ? -1n : 1n
  return { n: (sign * n) / common, d: (sign * d) / common }
}

export function add(a: Rational, b: Rational, budget: Budget): Rational {
  if (a.d === 1n && b.d === 1n) return { n: a.n + b.n, d: 1n }
  bound(bits(a.d) + bits(b.d))
  return rational(a.n * b.d + b.n * a.d, a.d * b.d, budget)
}

export function multiply(a: Rational, b: Rational, budget: Budget): Rational {
  if (isOne(a)) return b
  if (isOne(b)) return a
  bound(bits(a.n) + bits(b.n))
  bound(bits(a.d) + bits(b.d))
  return rational(a.n * b.n, a.d * b.d, budget)
}

export function negate(a: Rational): Rational {
  return { n: -a.n, d: a.d }
}

/** 1 / a. `a` must not be zero. */
export function invert(a: Rational): Rational {
  return a.n < 0n ? { n: -a.d, d: -a.n } : { n: a.d, d: a.n }
}

/** a to a whole power, or undefined where the result would have more than MOST_BITS bits. Zero has no negative power. */
export function power(a: Rational, exponent: bigint, budget: Budget): Rational | undefined {
  if (exponent < 0n) return a.n === 0n ? undefined : power(invert(a), -exponent, budget)
  if (a.n === 1n || a.n === -1n || a.n === 0n) {
    if (a.d === 1n) return { n: exponent === 0n ? 1n : a.n === -1n && exponent % 2n === 0n ? 1n : a.n, d: 1n }
  }
  if (exponent > BigInt(MOST_BITS)) return undefined
  const size = Math.max(bits(a.n), bits(a.d)) * Number(exponent)
  if (size > MOST_BITS) return undefined
  spend(budget, 1 + Math.ceil(size / 256))
  return { n: a.n ** exponent, d: a.d ** exponent }
}

/** The sign of a - b. */
export function compare(a: Rational, b: Rational): number {
  const left = a.n * b.d
  const right = b.n * a.d
  return left < right ? -1 : left > right ? 1 : 0
}

export function same(a: Rational, b: Rational): boolean {
  return a.n === b.n && a.d === b.d
}

export function isOne(a: Rational): boolean {
  return a.n === 1n && a.d === 1n
}

export function isWhole(a: Rational): boolean {
  return a.d === 1n
}

/** The largest whole number not above a. */
export function floor(a: Rational): bigint {
  const quotient = a.n / a.d
  return a.n < 0n && quotient * a.d !== a.n ? quotient - 1n : quotient
}

/** The nearest double; infinite or zero where none is near. Parts too long for a double are shortened together first. */
export function toNumber(a: Rational): number {
  const over = Math.max(bits(a.n), bits(a.d)) - 1000
  if (over <= 0) return Number(a.n) / Number(a.d)
  const top = shorten(a.n)
  const bottom = shorten(a.d)
  return (top.mantissa / bottom.mantissa) * 2 ** (top.exponent - bottom.exponent)
}

export function show(a: Rational): string {
  return a.d === 1n ? a.n.toString() : `${a.n}/${a.d}`
}

/** How many bits |n| needs; 53 for anything small enough to be a safe double, which is all that callers need to know. */
export function bits(n: bigint): number {
  if (n < 9007199254740992n && n > -9007199254740992n) return 53
  return n.toString(16).length * 4
}

/** The greatest common divisor, positive; gcd(0, 0) is 0. Pays for each step by the length of the numbers. */
export function gcd(a: bigint, b: bigint, budget: Budget): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  const price = bits(x) / 1024
  while (y > 9007199254740991n) {
    spend(budget, price)
    ;[x, y] = [y, x % y]
  }
  if (y === 0n) return x
  let [p, q] = [Number(y), Number(x % y)]
  while (q !== 0) [p, q] = [q, p % q]
  return BigInt(p)
}

function bound(size: number): void {
  if (size > MOST_BITS) throw new BudgetSpent()
}

function shorten(n: bigint): { mantissa: number; exponent: number } {
  const exponent = Math.max(0, bits(n) - 64)
  return { mantissa: Number(n >> BigInt(exponent)), exponent }
}
