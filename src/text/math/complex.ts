/** Complex numbers in doubles, each with a bound on its rounding error, so that "equal" can mean equal as far as doubles see. */

export interface Complex {
  readonly re: number
  readonly im: number
  /** The true value lies within this distance. */
  readonly error: number
}

export const EPSILON = 2 ** -52

// Below this a double loses digits without saying so; such a value must not pass for zero.
const TINY = 1e-290

export function real(value: number, error = Math.abs(value) * EPSILON): Complex {
  return { re: value, im: 0, error }
}

/** The value itself where it is finite and not underflowed; undefined elsewhere. */
export function sound(z: Complex, isZero = false): Complex | undefined {
  const size = Math.abs(z.re) + Math.abs(z.im)
  if (!Number.isFinite(size) || !Number.isFinite(z.error)) return undefined
  return size < TINY && !isZero && size !== 0 ? undefined : z
}

export function magnitude(z: Complex): number {
  return z.im === 0 ? Math.abs(z.re) : Math.hypot(z.re, z.im)
}

export function plus(a: Complex, b: Complex): Complex {
  const re = a.re + b.re
  const im = a.im + b.im
  return { re, im, error: a.error + b.error + EPSILON * (Math.abs(re) + Math.abs(im)) }
}

/** The product; undefined where it underflows, since a lost product is not zero. */
export function times(a: Complex, b: Complex): Complex | undefined {
  const re = a.im === 0 && b.im === 0 ? a.re * b.re : a.re * b.re - a.im * b.im
  const im = a.im === 0 && b.im === 0 ? 0 : a.re * b.im + a.im * b.re
  const [sizeA, sizeB] = [magnitude(a), magnitude(b)]
  if (sizeA * sizeB < TINY && sizeA > 0 && sizeB > 0) return undefined
  return sound(
    { re, im, error: sizeA * b.error + sizeB * a.error + a.error * b.error + 2 * EPSILON * sizeA * sizeB },
    true,
  )
}

/** 1 / z; undefined at zero and where z may be zero. */
export function reciprocal(z: Complex): Complex | undefined {
  const size = magnitude(z)
  if (size <= z.error || size === 0) return undefined
  const error = z.error / (size * (size - z.error)) + (2 * EPSILON) / size
  if (z.im === 0) return sound({ re: 1 / z.re, im: 0, error })
  return sound({ re: z.re / size / size, im: -z.im / size / size, error })
}

export function exponential(z: Complex): Complex | undefined {
  const size = Math.exp(z.re)
  const error = size * (Math.expm1(Math.min(z.error, 700)) + EPSILON * (2 + Math.abs(z.re) + Math.abs(z.im)))
  if (size < TINY) return undefined
  return z.im === 0
    ? sound({ re: size, im: 0, error })
    : sound({ re: size * Math.cos(z.im), im: size * Math.sin(z.im), error })
}

/** The principal logarithm; undefined where z may be zero. */
export function logarithm(z: Complex): Complex | undefined {
  const size = magnitude(z)
  if (size <= z.error || size === 0) return undefined
  const re = Math.log(size)
  const im = z.im === 0 && z.re > 0 ? 0 : Math.atan2(z.im, z.re)
  return sound({ re, im, error: z.error / (size - z.error) + EPSILON * (1 + Math.abs(re) + Math.abs(im)) }, true)
}

/** z to a whole power by repeated squaring. */
export function wholePower(z: Complex, exponent: number): Complex | undefined {
  if (exponent < 0) {
    const inverse = reciprocal(z)
    return inverse === undefined ? undefined : wholePower(inverse, -exponent)
  }
  let result: Complex | undefined = real(1, 0)
  let square: Complex | undefined = z
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (square === undefined) return undefined
    if (rest % 2 === 1) {
      result = times(result, square)
      if (result === undefined) return undefined
    }
    if (rest > 1) square = times(square, square)
  }
  return result
}

/** A function of a real value with its derivative there, which carries the error across. */
export function throughReal(z: Complex, value: number, slope: number): Complex | undefined {
  return sound({ re: value, im: 0, error: Math.abs(slope) * z.error + 4 * EPSILON * Math.abs(value) }, true)
}
