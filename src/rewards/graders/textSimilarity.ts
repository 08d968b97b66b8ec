/** The text metrics of OpenAI's `text_similarity` grader, each in [0, 1]. */

import { sentenceBleu } from '../../text/bleu.ts'
import { longestCommonSubsequence } from '../../text/longestCommonSubsequence.ts'
import { precisionRecall, sentenceRougeL } from '../../text/rouge.ts'

export const similarityMetrics = [
  ...['fuzzy_match', 'bleu', 'gleu', 'rouge_1', 'rouge_2', 'rouge_3', 'rouge_4', 'rouge_5', 'rouge_l'],
] as const

/**
 * fuzzy_match: 2 LCS / (|a| + |b|) over characters (rapidfuzz's ratio); bleu: sacreBLEU's sentence score; gleu: the lesser
 * of precision and recall of the word n-grams up to 4 (Wu et al. 2016); rouge_N: F1 of n-grams; rouge_l: F1 of the
 * longest common subsequence. OpenAI does not publish its tokenisation: its numbers may differ in the last places.
 */
export function textSimilarity(metric: string, text: string, reference: string): number {
  if (metric === 'bleu') return Math.min(1, sentenceBleu(text, [reference]).score / 100)
  if (metric === 'rouge_l') return sentenceRougeL(text, [reference]).f1
  if (metric === 'fuzzy_match') {
    const [a, b] = [Array.from(text), Array.from(reference)]
    return a.length + b.length === 0 ? 1 : (2 * longestCommonSubsequence(a, b)) / (a.length + b.length)
  }
  const order = Number(/^rouge_(\d)$/.exec(metric)?.[1] ?? 0)
  if (order > 0) {
    const [given, known] = [text, reference].map((each) =>
      ngrams(each.toLowerCase().match(/[a-z0-9]+/g) ?? [], order, order),
    )
    return precisionRecall(shared(given, known), given.length, known.length).f1
  }
  const [given, known] = [text, reference].map((each) => ngrams(each.split(/\s+/).filter(Boolean), 1, 4))
  const { precision, recall } = precisionRecall(shared(given, known), given.length, known.length)
  return Math.min(precision, recall)
}

function ngrams(words: readonly string[], least: number, most: number): string[] {
  const all: string[] = []
  for (let n = least; n <= most; n++)
    for (let i = 0; i + n <= words.length; i++) all.push(words.slice(i, i + n).join(' '))
  return all
}

/** How many both lists have, each as often as the lesser of the two. */
function shared(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>()
  for (const each of b) left.set(each, (left.get(each) ?? 0) + 1)
  let count = 0
  for (const each of a) {
    const rest = left.get(each) ?? 0
    if (rest === 0) continue
    left.set(each, rest - 1)
    count++
  }
  return count
}
