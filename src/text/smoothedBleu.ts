/**
 * The sentence BLEU of tensorflow/nmt and of Hugging Face's `evaluate`, which BLEUBERI takes as its reward ("BLEUBERI:
 * BLEU is a surprisingly effective reward for instruction following", arXiv 2505.11080). It differs from sacreBLEU's in
 * the smoothing and in the brevity penalty, which goes by the SHORTEST reference:
 *
 *     p_n = (matches + 1) / (n-grams + 1),   BP = min(1, exp(1 - shortest reference / hypothesis)),
 *     BLEU = BP · (p_1 ··· p_N)^(1/N)
 */
import { spanTokenisers } from './metricTokenisers.ts'
import { ngramOverlap } from './ngramOverlap.ts'

export interface SmoothedBleuOptions {
  /** The longest n-gram, N. Default 4. */
  readonly maxOrder?: number
  /** Adds one to matches and n-grams of every order. Default true; without it one order without a match makes the score 0. */
  readonly smooth?: boolean
}

export interface SmoothedBleu {
  /** In [0, 1]. */
  readonly score: number
  readonly precisions: readonly number[]
  readonly brevityPenalty: number
  readonly hypothesisLength: number
  /** The length of the shortest reference. */
  readonly referenceLength: number
}

/**
 * Smoothed BLEU over 13a tokens. An empty hypothesis scores 0; so does any against an empty reference, whose ratio has no value.
 * At least one reference, or a GuerdonError.
 */
export function smoothedBleu(
  hypothesis: string,
  references: readonly string[],
  options: SmoothedBleuOptions = {},
): SmoothedBleu {
  const { maxOrder = 4, smooth = true } = options
  const overlap = ngramOverlap(hypothesis, references, spanTokenisers['13a'], maxOrder)
  const { hypothesisLength, matches, totals } = overlap
  const referenceLength = Math.min(...overlap.referenceLengths)
  const extra = smooth ? 1 : 0
  const precisions = matches.map((matched, n) => {
    const total = totals[n] + extra
    return total > 0 ? (matched + extra) / total : 0
  })
  const ratio = hypothesisLength / referenceLength
  const brevityPenalty = hypothesisLength === 0 ? 0 : ratio > 1 ? 1 : Math.exp(1 - 1 / ratio)
  const logs = precisions.reduce((sum, precision) => sum + Math.log(precision), 0)
  const nothing = hypothesisLength === 0 || referenceLength === 0
  const score = nothing ? 0 : brevityPenalty * Math.exp(logs / maxOrder)
  return { score, precisions, brevityPenalty, hypothesisLength, referenceLength }
}
