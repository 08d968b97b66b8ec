/** Two sequences as integers, equal where their elements are equal: what the bit-parallel algorithms work on. */

/** The ids of two token lists, from 0 in the order met. `distinct` is how many different tokens `a` has. */
export function tokenIds<T>(a: readonly T[], b: readonly T[]): { a: Int32Array; b: Int32Array; distinct: number } {
  const ids = new Map<T, number>()
  const idOf = (token: T) => {
    let id = ids.get(token)
    if (id === undefined) ids.set(token, (id = ids.size))
    return id
  }
  const first = Int32Array.from(a, idOf)
  const distinct = ids.size
  return { a: first, b: Int32Array.from(b, idOf), distinct }
}

/**
 * For each of the `distinct` ids, one bit per position of `a` that holds it: row `id` of `words` 32-bit words, position
 * i at bit i % 32 of word i / 32.
 */
export function positionMasks(a: Int32Array, distinct: number, words: number): Int32Array {
  const masks = new Int32Array(distinct * words)
  for (let i = 0; i < a.length; i++) masks[a[i] * words + (i >>> 5)] |= 1 << (i & 31)
  return masks
}
