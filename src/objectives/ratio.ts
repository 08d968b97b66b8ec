/** The importance ratio between the policy being trained and the one that sampled. */

// e^20 = 5e8: past any bound in use, and its products still fit a float.
const MOST = 20

/** rho = exp(log-ratio), the log-ratio cut to [-20, 20] so that nothing overflows. */
export function ratioOf(logRatio: number): number {
  return Math.exp(Math.min(MOST, Math.max(-MOST, logRatio)))
}

/** d rho / d(log-ratio): rho itself, 0 where it was cut. */
export function ratioSlope(logRatio: number, ratio: number): number {
  return Math.abs(logRatio) > MOST ? 0 : ratio
}

/** Running sums over tokens of what every ratio objective reports. */
export interface RatioStatistics {
  tokens: number
  ratio: number
  behaviourKl: number
  clipped: number
}

export function noStatistics(): RatioStatistics {
  return { tokens: 0, ratio: 0, behaviourKl: 0, clipped: 0 }
}

/** Adds one token. KL(sampler || policy) by k3: rho - 1 - log rho. */
export function count(statistics: RatioStatistics, logRatio: number, ratio: number, isClipped: boolean): void {
  statistics.tokens++
  statistics.ratio += ratio
  statistics.behaviourKl += ratio - 1 - logRatio
  if (isClipped) statistics.clipped++
}

/** Means per token: `ratio`, `behaviourKl` in nats, `clipFraction`. */
export function ratioMetrics(statistics: RatioStatistics): {
  ratio: number
  behaviourKl: number
  clipFraction: number
} {
  const tokens = Math.max(1, statistics.tokens)
  return {
    ratio: statistics.ratio / tokens,
    behaviourKl: statistics.behaviourKl / tokens,
    clipFraction: statistics.clipped / tokens,
  }
}
