/**
 * Whether a correction of rewards reaches the update at all (arXiv 2510.00915, appendix B.10): the advantages with it
 * beside those without. A group z score, and for the forward correction any centring, cancels it: difference 0, cosine 1.
 */

export interface CorrectionAudit {
  /** Mean and greatest |A_corrected - A_plain| over all tokens. */
  readonly mean: number
  readonly max: number
  /** Of the two lists as vectors; 1 where both are 0. */
  readonly cosine: number
}

/** Compares advantages, as credit gives them, token by token. */
export function correctionAudit(
  corrected: readonly (readonly Float32Array[])[],
  plain: readonly (readonly Float32Array[])[],
): CorrectionAudit {
  let [sum, max, count, dot, left, right] = [0, 0, 0, 0, 0, 0]
  corrected.forEach((group, g) => {
    group.forEach((array, i) => {
      array.forEach((a, t) => {
        const b = plain[g][i][t]
        sum += Math.abs(a - b)
        max = Math.max(max, Math.abs(a - b))
        count++
        dot += a * b
        left += a * a
        right += b * b
      })
    })
  })
  const norm = Math.sqrt(left * right)
  return { mean: count === 0 ? 0 : sum / count, max, cosine: norm === 0 ? (left === right ? 1 : 0) : dot / norm }
}
