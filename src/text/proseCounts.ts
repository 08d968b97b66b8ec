/** Words, sentences and paragraphs of running text. */

/** Runs of letters, digits and underscores, as IFEval counts words: "it's" has two. */
export function proseWords(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+/gu) ?? []
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Sentences by Unicode's rules for English (UAX #29), those without a letter or digit left out. */
export function sentenceCount(text: string): number {
  let count = 0
  for (const { segment } of segmenter.segment(text)) if (/[\p{L}\p{N}]/u.test(segment)) count++
  return count
}
