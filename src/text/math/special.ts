/** Functions that JavaScript lacks: Γ for factorials of any real number, and a stand-in for functions nobody defined. */

// Lanczos' approximation with g = 7 and nine coefficients (Godfrey's values): relative error below 1e-13 for Re x > 0.
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** Relative error to be assumed for `gamma`. */
export const GAMMA_ERROR = 1e-12

/** Γ(x) for real x; NaN at its poles. */
export function gamma(x: number): number {
  if (Number.isInteger(x)) {
    if (x <= 0) return Number.NaN
    if (x <= 171) {
      let product = 1
      for (let k = 2; k < x; k++) product *= k
      return product
    }
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x))
  const shifted = x - 1
  const base = shifted + 7.5
  let sum = LANCZOS[0]
  for (let k = 1; k < LANCZOS.length; k++) sum += LANCZOS[k] / (shifted + k)
  return Math.sqrt(2 * Math.PI) * base ** (shifted + 0.5) * Math.exp(-base) * sum
}

/**
 * A smooth function chosen by its name alone, for f in f(x + 1): equal arguments give equal values, and formulae that are
 * equal only for some f come out different. `slope` bounds how fast it changes.
 */
export function unknownFunction(name: string, args: readonly number[]): { value: number; slope: number } {
  let hash = 2166136261
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619)
  let phase = (hash >>> 0) / 4294967296
  for (const [i, argument] of args.entries()) phase += argument * (0.37 + 0.29 * Math.abs(Math.sin((hash % 997) + i)))
  return { value: 1.6 + Math.sin(phase * 1.7 + 0.4 * Math.cos(phase)), slope: 2 }
}
