/**
 * ROUGE-L (Lin 2004, section 3), as Google's rouge_score computes it without stemming: precision and recall of the
 * longest common subsequence of words,
 *
 *     P = LCS / hypothesis,   R = LCS / reference,   F1 = 2 P R / (P + R)
 *
 * with the words a-z0-9 of the lower-cased text. Of several references the one with the best F1 counts.
 */
import { GuerdonError } from '../data/error.ts'
import { longestCommonSubsequence } from './longestCommonSubsequence.ts'
import { type MetricTokeniser, metricTokens } from './metricTokenisers.ts'

export interface RougeOptions {
  /**
   * 'rouge': runs of a-z and 0-9 (the default, which sees nothing of other alphabets), or one of BLEU's tokenisers, on
   * the lower-cased text: 'intl' where words are spaced, 'char' where they are not.
   */
  readonly tokenise?: 'rouge' | MetricTokeniser
}

export interface PrecisionRecall {
  readonly precision: number
  readonly recall: number
  /** Their harmonic mean, 0 where both are 0. */
  readonly f1: number
}

/** ROUGE-L of a text, each number in [0, 1]. At least one reference, or a GuerdonError. */
export function sentenceRougeL(
  hypothesis: string,
  references: readonly string[],
  options: RougeOptions = {},
): PrecisionRecall {
  if (references.length === 0) {
    throw new GuerdonError('there is no reference to compare with', { fix: 'give at least one reference per text' })
  }
  const words = rougeTokens(hypothesis, options)
  let best: PrecisionRecall | undefined
  for (const reference of references) {
    const known = rougeTokens(reference, options)
    const result = precisionRecall(longestCommonSubsequence(words, known), words.length, known.length)
    if (best === undefined || result.f1 > best.f1) best = result
  }
  return best ?? precisionRecall(0, 0, 0)
}

/** Precision, recall and F1 from counts; 0 where there is nothing to divide by. */
export function precisionRecall(matched: number, given: number, known: number): PrecisionRecall {
  const precision = given > 0 ? matched / given : 0
  const recall = known > 0 ? matched / known : 0
  return { precision, recall, f1: matched > 0 ? (2 * precision * recall) / (precision + recall) : 0 }
}

function rougeTokens(text: string, options: RougeOptions): string[] {
  const { tokenise = 'rouge' } = options
  const lower = text.toLowerCase()
  return tokenise === 'rouge' ? (lower.match(/[a-z0-9]+/g) ?? []) : metricTokens(lower, tokenise)
}
