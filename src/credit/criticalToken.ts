/**
 * The critical token by rollouts (cDPO, 2024, arXiv 2411.19943): of a wrong answer, the first token after which no
 * sampled continuation is right, and hardly any of a longer prefix is. Dear (n continuations for every prefix), it is the
 * truth that cheaper token scores are compared with.
 */

/** The largest share of right continuations that a later prefix may have. */
const tolerated = 0.05

/**
 * @param right right continuations of the prefixes ending with token 0, 1, ...
 * @param n continuations sampled of each
 * @returns the token's place; undefined where every prefix that has none is followed by one with more than 5 %
 */
export function criticalToken(right: readonly number[], n: number): number | undefined {
  let candidate: number | undefined
  right.forEach((count, t) => {
    if (count > tolerated * n) candidate = undefined
    else if (count === 0) candidate ??= t
  })
  return candidate
}
