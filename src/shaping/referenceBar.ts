/**
 * A prompt's quality bar: a quantile of its reference rewards. Below 32 of them by the normal approximation mean + z std
 * (as in the code of PAR, arXiv 2502.18770; std with n - 1, 0 for one reference), from 32 on the empirical quantile.
 */
import { quantileOf } from '../data/bootstrap.ts'

export function referenceBar(references: readonly number[], quantile: number): number {
  if (references.length >= 32)
    return quantileOf(
      [...references].sort((a, b) => a - b),
      quantile,
    )
  const mean = references.reduce((sum, each) => sum + each, 0) / references.length
  const squares = references.reduce((sum, each) => sum + (each - mean) ** 2, 0)
  return mean + normalQuantile(quantile) * Math.sqrt(squares / Math.max(1, references.length - 1))
}

/** The number below which a standard normal variable falls with this probability: Newton's method on its distribution. */
export function normalQuantile(probability: number): number {
  let z = 0
  for (let i = 0; i < 60; i++) {
    const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)
    const step = (normalDistribution(z, density) - probability) / density
    // A longer step could leave the region where the series below holds.
    z -= Math.max(-0.5, Math.min(0.5, step))
    if (Math.abs(step) < 1e-14) break
  }
  return z
}

/** 1/2 + phi(z) (z + z^3/3 + z^5/15 + ...), Marsaglia 2004. */
function normalDistribution(z: number, density: number): number {
  let term = z
  let sum = z
  for (let k = 3; Math.abs(term) > 1e-17 && k < 400; k += 2) sum += term *= z ** 2 / k
  return 0.5 + density * sum
}
