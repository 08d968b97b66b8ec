/**
 * How well the shorter text fits somewhere in the longer one, as rapidfuzz's `partial_ratio` has it: the best of
 *
 *     200 · LCS(a, w) / (|a| + |w|)
 *
 * over all windows w of b with |w| = |a| and all shorter prefixes and suffixes of b, a being the shorter text and LCS
 * the longest common subsequence of characters. In [0, 100].
 */
import { longestCommonSubsequence } from './longestCommonSubsequence.ts'

/** 100 where one text stands in the other (an empty one too), 0 where they share nothing. O(|a|² |b| / 32). */
export function partialRatio(first: string, second: string): number {
  const [a, b] = [Array.from(first), Array.from(second)].sort((x, y) => x.length - y.length)
  if (a.length === 0) return b.length === 0 ? 100 : 0
  let best = 0
  for (let start = 1 - a.length; start < b.length; start++) {
    const window = b.slice(Math.max(0, start), start + a.length)
    // A window that could not win even if all of it were shared is not compared.
    if ((200 * Math.min(a.length, window.length)) / (a.length + window.length) <= best) continue
    best = Math.max(best, (200 * longestCommonSubsequence(a, window)) / (a.length + window.length))
    if (best === 100) break
  }
  return best
}
