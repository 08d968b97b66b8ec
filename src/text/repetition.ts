/**
 * How much of a text repeats itself: the share of its n-grams that have occurred before (seq-rep-n of Welleck et al.
 * 2020, "Neural Text Generation with Unlikelihood Training", section 6.1),
 *
 *     repetition = 1 - distinct n-grams / n-grams
 */
import { GuerdonError } from '../data/error.ts'
import { tokenIds } from './tokenIds.ts'

/** The share of repeated n-grams of a token list, in [0, 1). 0 where there is no n-gram. */
export function repeatedNgrams<T>(tokens: readonly T[], n: number): number {
  if (!Number.isInteger(n) || n < 1) throw new GuerdonError(`the n-gram order is ${n}, not a whole number from 1 on`)
  const total = tokens.length - n + 1
  if (total < 1) return 0
  const { a: single, distinct: vocabulary } = tokenIds(tokens, [])
  // The id of the n-gram at i, built from that of its first n - 1 tokens and its last token.
  let ids = Array.from(single)
  let distinct = vocabulary
  for (let order = 2; order <= n; order++) {
    const known = new Map<number, number>()
    const longer: number[] = []
    for (let i = 0; i + order <= tokens.length; i++) {
      const key = ids[i] * vocabulary + single[i + order - 1]
      let id = known.get(key)
      if (id === undefined) known.set(key, (id = known.size))
      longer.push(id)
    }
    ids = longer
    distinct = known.size
  }
  return 1 - distinct / total
}
