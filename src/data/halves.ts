/**
 * 16-bit floats: IEEE 754 binary16 (sign, 5 bits of exponent with bias 15, 10 of fraction) and bfloat16 (the upper half
 * of a binary32). Read through tables of all 65 536 of them.
 */

/** binary16 by its bits. */
export const halfTable = once(() =>
  new Float32Array(65536).map((_, half) => {
    const sign = half >> 15 ? -1 : 1
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }),
)

/** bfloat16 by its bits. */
export const bfloatTable = once(() => {
  const bits = new Uint32Array(65536).map((_, half) => half << 16)
  return new Float32Array(bits.buffer)
})

/** The nearest binary16 of each number, ties to even; beyond 65 504 infinity, as IEEE 754 rounds. */
export function toHalves(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(floats.length)
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length)
  for (let i = 0; i < halves.length; i++) halves[i] = halfBits(bits[i])
  return halves
}

/** The nearest bfloat16 of each number, ties to even; NaN stays NaN. */
export function toBfloats(floats: Float32Array): Uint16Array<ArrayBuffer> {
  const halves = new Uint16Array(floats.length)
  const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length)
  for (let i = 0; i < halves.length; i++) {
    const float = bits[i]
    const nan = (float & 0x7fffffff) > 0x7f800000
    halves[i] = nan ? (float >>> 16) | 0x40 : (float + 0x7fff + ((float >>> 16) & 1)) >>> 16
  }
  return halves
}

/** The nearest binary16 of one number. */
export function toHalf(float: number): number {
  return toHalves(Float32Array.of(float))[0]
}

function halfBits(float: number): number {
  const sign = (float >>> 16) & 0x8000
  const size = float & 0x7fffffff
  if (size > 0x7f800000) return sign | 0x7e00
  // From 65 520 on: infinity.
  if (size >= 0x477ff000) return sign | 0x7c00
  // Below 2^-14 the fraction counts steps of 2^-24.
  if (size < 0x38800000) return sign | roundedShift((size & 0x7fffff) | 0x800000, 126 - (size >>> 23))
  return sign | roundedShift(size - 0x38000000, 13)
}

/** x / 2^shift, ties to even. */
function roundedShift(x: number, shift: number): number {
  if (shift > 24) return 0
  const whole = x >>> shift
  const rest = x & ((1 << shift) - 1)
  const half = 1 << (shift - 1)
  return rest > half || (rest === half && whole & 1) ? whole + 1 : whole
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
