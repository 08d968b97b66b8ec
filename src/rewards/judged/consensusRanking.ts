/**
 * What several judges' rankings agree on ("RewardAnything", arXiv 2506.03637, section 3): the longest subsequence of a
 * judge's ranking in which, for EVERY pair, at least K judges score the first above the second.
 */

/**
 * The consensus order of candidates, as indices, best first. `scores[j][i]` is judge j's score of candidate i; `agree` is K
 * (3 of 4 in the paper). Equal scores support neither. Of equally long subsequences the first judge's. Exact, by search
 * with pruning: up to about 16 candidates.
 */
export function consensusRanking(scores: readonly (readonly number[])[], agree: number): number[] {
  const above = (i: number, j: number) => scores.filter((judge) => judge[i] > judge[j]).length >= agree
  let best: readonly number[] = []
  for (const judge of scores) {
    const ranking = judge.map((_, i) => i).sort((a, b) => judge[b] - judge[a] || a - b)
    const longest = longestAgreed(ranking, above, best.length)
    if (longest.length > best.length) best = longest
  }
  return [...best]
}

/** The longest valid subsequence that is longer than `known`, or an empty one. */
function longestAgreed(
  ranking: readonly number[],
  above: (i: number, j: number) => boolean,
  known: number,
): readonly number[] {
  let best: readonly number[] = []
  let most = known
  const extend = (chosen: readonly number[], from: number) => {
    if (chosen.length > most) {
      best = chosen
      most = chosen.length
    }
    if (chosen.length + ranking.length - from <= most) return
    for (let at = from; at < ranking.length; at++)
      if (chosen.every((earlier) => above(earlier, ranking[at]))) extend([...chosen, ranking[at]], at + 1)
  }
  extend([], 0)
  return best
}
