/**
 * The length of the longest common subsequence of two token lists, 32 cells of its table at a time.
 *
 *     V' = (V + (V & M_b)) | (V & ~M_b)     for each token b;   the length is the number of zeros of V at the end
 *
 * with M_b the positions of b in the first list (Hyyrö 2004, "Bit-parallel LCS-length computation revisited").
 */
import { positionMasks, tokenIds } from './tokenIds.ts'

/** How many tokens both lists have in the same order, gaps allowed. O(n·m / 32). */
export function longestCommonSubsequence<T>(a: readonly T[], b: readonly T[]): number {
  if (a.length > b.length) return longestCommonSubsequence(b, a)
  const ids = tokenIds(a, b)
  const words = (a.length + 31) >>> 5
  const masks = positionMasks(ids.a, ids.distinct, words)
  const row = new Int32Array(words).fill(-1)
  for (const id of ids.b) {
    if (id >= ids.distinct) continue
    const mask = id * words
    let carry = 0
    for (let w = 0; w < words; w++) {
      const value = row[w]
      const matched = value & masks[mask + w]
      const sum = (value >>> 0) + (matched >>> 0) + carry
      carry = sum > 0xffffffff ? 1 : 0
      row[w] = sum | (value & ~masks[mask + w])
    }
  }
  let zeros = 0
  for (let i = 0; i < a.length; i++) if ((row[i >>> 5] & (1 << (i & 31))) === 0) zeros++
  return zeros
}
