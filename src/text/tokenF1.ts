/**
 * Token F1, the score of extractive question answering (Rajpurkar et al. 2016, section 6.1; SQuAD's evaluation script
 * 2.0): the bags of words of prediction and reference after normalisation,
 *
 *     F1 = 2 P R / (P + R),   P = shared words / prediction's,   R = shared words / reference's
 *
 * Where either has no words, 1 if neither has, else 0. Of several references the best counts.
 */
import { GuerdonError } from '../data/error.ts'
import { pythonSplit } from './pythonText.ts'
import { type PrecisionRecall, precisionRecall } from './rouge.ts'

/** SQuAD's normal form, as words: lower case, ASCII punctuation dropped, then the words a, an and the. */
export function squadTokens(text: string): string[] {
  const bare = text.toLowerCase().replace(/[!-/:-@[-`{-~]/g, '')
  return pythonSplit(bare.replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, ' '))
}

/** Precision, recall and F1 of a prediction's words. At least one reference, or a GuerdonError. */
export function squadF1(prediction: string, references: readonly string[]): PrecisionRecall {
  if (references.length === 0) {
    throw new GuerdonError('there is no reference to compare with', { fix: 'give at least one reference per text' })
  }
  const words = squadTokens(prediction)
  return references
    .map((reference) => bagOverlap(words, squadTokens(reference)))
    .reduce((best, next) => (next.f1 > best.f1 ? next : best))
}

function bagOverlap(words: readonly string[], known: readonly string[]): PrecisionRecall {
  if (words.length === 0 || known.length === 0) {
    const same = words.length === known.length ? 1 : 0
    return { precision: same, recall: same, f1: same }
  }
  const left = new Map<string, number>()
  for (const word of known) left.set(word, (left.get(word) ?? 0) + 1)
  let shared = 0
  for (const word of words) {
    const count = left.get(word) ?? 0
    if (count === 0) continue
    left.set(word, count - 1)
    shared++
  }
  return precisionRecall(shared, words.length, known.length)
}
