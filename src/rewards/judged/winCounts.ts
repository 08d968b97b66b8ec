/**
 * A ranking from all ordered comparisons, without position bias ("RewardDance", arXiv 2509.08826, section 3, best-of-N
 * references). P_ij is the probability that i beats j with j shown first:
 *
 *     wins_i = #{j : P_ij > 1/2},   S_ij = (P_ij + 1 - P_ji) / 2
 *
 * Ranked by wins; ties, which the paper leaves open, by the row sum of S, then by index.
 */

export interface WinCounts {
  readonly wins: readonly number[]
  /** Row sums of S without the diagonal: at most n - 1. */
  readonly strengths: readonly number[]
  /** Indices, best first. */
  readonly order: readonly number[]
}

/** The ranking of n candidates from the n x n matrix P; its diagonal is not read. */
export function rankByWins(probabilities: readonly (readonly number[])[]): WinCounts {
  const others = (i: number) => probabilities.map((_, j) => j).filter((j) => j !== i)
  const wins = probabilities.map((row, i) => others(i).filter((j) => row[j] > 0.5).length)
  const strengths = probabilities.map((row, i) =>
    others(i).reduce((total, j) => total + (row[j] + 1 - probabilities[j][i]) / 2, 0),
  )
  const order = probabilities.map((_, i) => i).sort((a, b) => wins[b] - wins[a] || strengths[b] - strengths[a] || a - b)
  return { wins, strengths, order }
}
