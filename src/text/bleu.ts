/**
 * BLEU, number for number as sacreBLEU 2.6 computes it (Papineni et al. 2002; Post 2018, "A Call for Clarity in
 * Reporting BLEU Scores"; smoothing after Chen and Cherry 2014):
 *
 *     BLEU = BP · exp( (1/N) Σ_n ln p_n ),   p_n = 100 · clipped matches / n-grams,   BP = min(1, exp(1 - r/h))
 *
 * where h is the hypothesis' length and r the length of the closest reference (the shorter one when two are as close).
 */
import { GuerdonError } from '../data/error.ts'
import { type MetricTokeniser, spanTokenisers } from './metricTokenisers.ts'
import { type NgramOverlap, ngramOverlap } from './ngramOverlap.ts'
import { pythonTrimEnd } from './pythonText.ts'

/**
 * What stands in for an order without a match. 'exp': 1/2, 1/4, ... of a match for the first, second, ... such order.
 * 'floor': `smoothValue` (0.1) of a match. 'add-k': `smoothValue` (1) more matches and n-grams for every order above 1.
 * 'none': nothing, so the score is 0.
 */
export type BleuSmoothing = 'exp' | 'floor' | 'add-k' | 'none'

export interface BleuOptions {
  /** Default '13a'. */
  readonly tokenise?: MetricTokeniser
  /** Default false. */
  readonly lowercase?: boolean
  /** Default 'exp'. */
  readonly smoothing?: BleuSmoothing
  /** For 'floor' and 'add-k'. */
  readonly smoothValue?: number
  /** The longest n-gram, N. Default 4. */
  readonly maxOrder?: number
  /** Leaves out the orders for which the hypothesis is too short. Default true for a sentence, false for a corpus. */
  readonly effectiveOrder?: boolean
}

export interface BleuScore {
  /** In [0, 100]. */
  readonly score: number
  /** Per order: clipped matches and n-grams ('add-k' included), and precision in percent. */
  readonly matches: readonly number[]
  readonly totals: readonly number[]
  readonly precisions: readonly number[]
  readonly brevityPenalty: number
  readonly hypothesisLength: number
  readonly referenceLength: number
}

/** sacreBLEU's values of `smoothValue`. */
export const smoothDefaults: Readonly<Record<BleuSmoothing, number | undefined>> = {
  exp: undefined,
  floor: 0.1,
  'add-k': 1,
  none: undefined,
}

/** BLEU of one text against its references. At least one reference, or a GuerdonError. */
export function sentenceBleu(hypothesis: string, references: readonly string[], options: BleuOptions = {}): BleuScore {
  return bleuOf(bleuStatistics(hypothesis, references, options), {
    ...options,
    effectiveOrder: options.effectiveOrder ?? true,
  })
}

/**
 * BLEU of a corpus: counts are added over all texts before the precisions are taken. references[i] are those of
 * hypotheses[i] (sacreBLEU's streams, transposed); their number may vary. Unequal lengths or no texts: GuerdonError.
 */
export function corpusBleu(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: BleuOptions = {},
): BleuScore {
  checkCorpus(hypotheses, references)
  const parts = hypotheses.map((hypothesis, i) => bleuStatistics(hypothesis, references[i], options))
  return bleuOf(addBleuStatistics(parts), options)
}

/** The counts that BLEU is made of; they add up over texts. */
export interface BleuStatistics {
  readonly matches: readonly number[]
  readonly totals: readonly number[]
  readonly hypothesisLength: number
  readonly referenceLength: number
}

/** The statistics of one text. */
export function bleuStatistics(
  hypothesis: string,
  references: readonly string[],
  options: BleuOptions = {},
): BleuStatistics {
  const { tokenise = '13a', lowercase = false, maxOrder = 4 } = options
  const prepare = (text: string) => pythonTrimEnd(lowercase ? text.toLowerCase() : text)
  const overlap = ngramOverlap(prepare(hypothesis), references.map(prepare), spanTokenisers[tokenise], maxOrder)
  return {
    matches: overlap.matches,
    totals: overlap.totals,
    hypothesisLength: overlap.hypothesisLength,
    referenceLength: closest(overlap),
  }
}

/** The statistics of a corpus from those of its parts, at least one. */
export function addBleuStatistics(parts: readonly BleuStatistics[]): BleuStatistics {
  const sum = {
    matches: parts[0].matches.map(() => 0),
    totals: parts[0].totals.map(() => 0),
    hypothesisLength: 0,
    referenceLength: 0,
  }
  for (const part of parts) {
    for (let n = 0; n < sum.matches.length; n++) {
      sum.matches[n] += part.matches[n]
      sum.totals[n] += part.totals[n]
    }
    sum.hypothesisLength += part.hypothesisLength
    sum.referenceLength += part.referenceLength
  }
  return sum
}

/** Refuses an empty corpus and one whose references do not line up. */
export function checkCorpus(hypotheses: readonly string[], references: readonly (readonly string[])[]): void {
  if (hypotheses.length === references.length && hypotheses.length > 0) return
  throw new GuerdonError(`there are ${hypotheses.length} hypotheses and ${references.length} lists of references`, {
    fix: 'give one list of references for each hypothesis, and at least one hypothesis',
  })
}

/** BLEU from its statistics. */
export function bleuOf(statistics: BleuStatistics, options: BleuOptions = {}): BleuScore {
  const { smoothing = 'exp', effectiveOrder = false } = options
  const smoothValue = options.smoothValue ?? smoothDefaults[smoothing] ?? 0
  const { hypothesisLength: h, referenceLength: r } = statistics
  const matches = [...statistics.matches]
  const totals = [...statistics.totals]
  const precisions = matches.map(() => 0)
  const brevityPenalty = h >= r ? 1 : h > 0 ? Math.exp(1 - r / h) : 0
  const done = (score: number): BleuScore => {
    return { score, matches, totals, precisions, brevityPenalty, hypothesisLength: h, referenceLength: r }
  }
  if (matches.every((count) => count === 0)) return done(0)

  let order = matches.length
  let shrinking = 1
  for (let n = 0; n < matches.length; n++) {
    if (smoothing === 'add-k' && n > 0) {
      matches[n] += smoothValue
      totals[n] += smoothValue
    }
    if (totals[n] === 0) break
    if (effectiveOrder) order = n + 1
    if (matches[n] > 0) precisions[n] = (100 * matches[n]) / totals[n]
    else if (smoothing === 'exp') {
      shrinking *= 2
      precisions[n] = 100 / (shrinking * totals[n])
    } else if (smoothing === 'floor') precisions[n] = (100 * smoothValue) / totals[n]
  }
  let logs = 0
  for (let n = 0; n < order; n++) logs += precisions[n] === 0 ? Number.NEGATIVE_INFINITY : Math.log(precisions[n])
  return done(brevityPenalty * Math.exp(logs / order))
}

function closest(overlap: NgramOverlap): number {
  let best = overlap.referenceLengths[0]
  for (const length of overlap.referenceLengths) {
    const nearer = Math.abs(length - overlap.hypothesisLength) - Math.abs(best - overlap.hypothesisLength)
    if (nearer < 0 || (nearer === 0 && length < best)) best = length
  }
  return best
}
