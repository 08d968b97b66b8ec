/** The functions a formula may call, evaluated with an error bound. */
import {
  type Complex,
  EPSILON,
  exponential,
  logarithm,
  magnitude,
  plus,
  real,
  reciprocal,
  sound,
  throughReal,
  times,
} from './complex.ts'
import type { Point } from './evaluate.ts'
import { GAMMA_ERROR, gamma, unknownFunction } from './special.ts'

export function evaluateCall(name: string, args: readonly Complex[], point: Point): Complex | undefined {
  const [z, second] = args
  if (z === undefined) return undefined
  const several = Object.hasOwn(SEVERAL, name) ? SEVERAL[name] : undefined
  if (several !== undefined) return args.every(isReal) ? several(args) : undefined
  if (name === 'log' || name === 'ln') return log(z, name === 'ln' ? undefined : (second ?? real(point.logBase)), point)
  if (args.length === 1 && Object.hasOwn(COMPLEX, name)) return COMPLEX[name](z)
  if (args.length === 1 && Object.hasOwn(REAL, name)) return isReal(z) ? REAL[name](z) : undefined
  if (name === 'binomial' && second !== undefined) return isReal(z) && isReal(second) ? binomial(z, second) : undefined
  return unknown(name, args)
}

function isReal(z: Complex): boolean {
  return z.im === 0
}

function log(z: Complex, base: Complex | undefined, point: Point): Complex | undefined {
  if (point.field === 'real' && z.re <= 0) return undefined
  const top = logarithm(z)
  if (base === undefined || top === undefined) return top
  if (point.field === 'real' && base.re <= 0) return undefined
  const below = logarithm(base)
  const inverse = below === undefined ? undefined : reciprocal(below)
  return inverse === undefined ? undefined : times(top, inverse)
}

const scale = (z: Complex | undefined, factor: Complex): Complex | undefined =>
  z === undefined ? undefined : times(z, factor)
const I: Complex = { re: 0, im: 1, error: 0 }
const minus = (z: Complex): Complex => ({ re: -z.re, im: -z.im, error: z.error })
const over = (a: Complex | undefined, b: Complex | undefined): Complex | undefined => {
  const inverse = b === undefined ? undefined : reciprocal(b)
  return a === undefined || inverse === undefined ? undefined : times(a, inverse)
}

/** (e^z + sign e^-z) / 2. */
function hyperbolic(z: Complex, sign: 1 | -1): Complex | undefined {
  const [up, down] = [exponential(z), exponential(minus(z))]
  if (up === undefined || down === undefined) return undefined
  return scale(plus(up, sign === 1 ? down : minus(down)), real(0.5, 0))
}

function sine(z: Complex): Complex | undefined {
  if (isReal(z)) return sound({ re: Math.sin(z.re), im: 0, error: z.error + EPSILON * (1 + Math.abs(z.re)) }, true)
  const turned = times(z, I)
  return turned === undefined ? undefined : scale(hyperbolic(turned, -1), minus(I))
}

function cosine(z: Complex): Complex | undefined {
  if (isReal(z)) return sound({ re: Math.cos(z.re), im: 0, error: z.error + EPSILON * (1 + Math.abs(z.re)) }, true)
  const turned = times(z, I)
  return turned === undefined ? undefined : hyperbolic(turned, 1)
}

const one = real(1, 0)

/** Functions of a complex number. */
const COMPLEX: Readonly<Record<string, (z: Complex) => Complex | undefined>> = {
  sin: sine,
  cos: cosine,
  tan: (z) => over(sine(z), cosine(z)),
  cot: (z) => over(cosine(z), sine(z)),
  sec: (z) => over(one, cosine(z)),
  csc: (z) => over(one, sine(z)),
  sinh: (z) => hyperbolic(z, -1),
  cosh: (z) => hyperbolic(z, 1),
  tanh: (z) => over(hyperbolic(z, -1), hyperbolic(z, 1)),
  coth: (z) => over(hyperbolic(z, 1), hyperbolic(z, -1)),
  sech: (z) => over(one, hyperbolic(z, 1)),
  csch: (z) => over(one, hyperbolic(z, -1)),
  abs: (z) => sound({ re: magnitude(z), im: 0, error: z.error + EPSILON * magnitude(z) }, true),
  Re: (z) => real(z.re, z.error),
  Im: (z) => real(z.im, z.error),
  arg: (z) =>
    magnitude(z) <= z.error
      ? undefined
      : real(Math.atan2(z.im, z.re), z.error / (magnitude(z) - z.error) + 4 * EPSILON),
  conj: (z) => ({ re: z.re, im: -z.im, error: z.error }),
}

/** Inverse functions are given no value near the ends of their domain, where they are too steep to say anything. */
const inside = (z: Complex, test: boolean, value: number, slope: number): Complex | undefined =>
  test ? throughReal(z, value, slope) : undefined

/** Functions of a real number. */
const REAL: Readonly<Record<string, (z: Complex) => Complex | undefined>> = {
  arcsin: (z) => inside(z, Math.abs(z.re) <= 1, Math.asin(z.re), slopeOfArc(z.re)),
  arccos: (z) => inside(z, Math.abs(z.re) <= 1, Math.acos(z.re), slopeOfArc(z.re)),
  arctan: (z) => inside(z, true, Math.atan(z.re), 1),
  arccot: (z) => inside(z, true, Math.PI / 2 - Math.atan(z.re), 1),
  arcsec: (z) => inside(z, Math.abs(z.re) >= 1, Math.acos(1 / z.re), slopeOfArc(1 / z.re)),
  arccsc: (z) => inside(z, Math.abs(z.re) >= 1, Math.asin(1 / z.re), slopeOfArc(1 / z.re)),
  arcsinh: (z) => inside(z, true, Math.asinh(z.re), 1),
  arccosh: (z) => inside(z, z.re >= 1, Math.acosh(z.re), 1 / Math.sqrt(Math.max(z.re * z.re - 1, 1e-16))),
  arctanh: (z) => inside(z, Math.abs(z.re) < 1, Math.atanh(z.re), 1 / (1 - z.re * z.re)),
  arccoth: (z) => inside(z, Math.abs(z.re) > 1, Math.atanh(1 / z.re), 1 / (z.re * z.re - 1)),
  arcsech: (z) => inside(z, z.re > 0 && z.re <= 1, Math.acosh(1 / z.re), slopeOfArc(z.re) / z.re),
  arccsch: (z) => inside(z, z.re !== 0, Math.asinh(1 / z.re), 1 / (z.re * z.re)),
  floor: (z) => real(Math.floor(snapped(z)), 0),
  ceil: (z) => real(Math.ceil(snapped(z)), 0),
  sgn: (z) => real(Math.abs(z.re) <= z.error ? 0 : Math.sign(z.re), 0),
  factorial: (z) => factorial(z),
  doubleFactorial: (z) => {
    if (!Number.isInteger(z.re) || z.re < 0 || z.re > 300) return undefined
    let value = 1
    for (let k = z.re; k > 1; k -= 2) value *= k
    return sound(real(value, value * z.re * EPSILON))
  },
}

function slopeOfArc(x: number): number {
  return 1 / Math.sqrt(Math.max(1 - x * x, 1e-16))
}

/** A value that is whole up to its error is taken as whole. */
function snapped(z: Complex): number {
  const nearest = Math.round(z.re)
  return Math.abs(z.re - nearest) <= 4 * z.error ? nearest : z.re
}

function factorial(z: Complex): Complex | undefined {
  const value = gamma(z.re + 1)
  if (Number.isNaN(value)) return undefined
  // The slope of Γ is Γψ, and ψ grows like a logarithm.
  const slope = Math.abs(value) * (2 + Math.log(2 + Math.abs(z.re)))
  return sound({
    re: value,
    im: 0,
    error: slope * z.error + Math.abs(value) * (Number.isInteger(z.re) ? 200 * EPSILON : GAMMA_ERROR),
  })
}

/** n over k: the product n (n - 1) ... (n - k + 1) / k! for whole k, by Γ elsewhere. */
function binomial(n: Complex, k: Complex): Complex | undefined {
  if (Number.isInteger(k.re) && k.re >= 0 && k.re <= 300) {
    let value: Complex | undefined = one
    for (let i = 0; i < k.re && value !== undefined; i++)
      value = times(value, scale(plus(n, real(-i, 0)), real(1 / (i + 1))) ?? one)
    return value
  }
  return over(factorial(n), scale(factorial(k), factorial(plus(n, minus(k))) ?? one))
}

const SEVERAL: Readonly<Record<string, ((args: readonly Complex[]) => Complex | undefined) | undefined>> = {
  arctan2: ([y, x]) =>
    y.re === 0 && x.re === 0
      ? undefined
      : real(Math.atan2(y.re, x.re), (y.error + x.error) / Math.hypot(y.re, x.re) + 4 * EPSILON),
  max: (args) => args.reduce((a, b) => (b.re > a.re ? b : a)),
  min: (args) => args.reduce((a, b) => (b.re < a.re ? b : a)),
  gcd: (args) => wholeOnly(args, (a, b) => greatestDivisor(a, b)),
  lcm: (args) => wholeOnly(args, (a, b) => (a === 0 || b === 0 ? 0 : Math.abs(a * b) / greatestDivisor(a, b))),
}

function wholeOnly(args: readonly Complex[], join: (a: number, b: number) => number): Complex | undefined {
  const values = args.map((z) => z.re)
  return values.every(Number.isSafeInteger) ? sound(real(values.reduce(join), 0), true) : undefined
}

function greatestDivisor(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)]
  while (y > 0) [x, y] = [y, x % y]
  return x
}

function unknown(name: string, args: readonly Complex[]): Complex {
  const { value, slope } = unknownFunction(
    name,
    args.flatMap((z) => [z.re, z.im]),
  )
  return real(value, slope * args.reduce((sum, z) => sum + z.error, 0) + 4 * EPSILON)
}
