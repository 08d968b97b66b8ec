/** ROUGE-L as a reward (Lin 2004). */
import { scored } from '../data/score.ts'
import { type RougeOptions, sentenceRougeL } from '../text/rouge.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/** F1 of the longest common subsequence with the best of the reference texts. Parts: `precision`, `recall`. */
export function rougeL(options: RougeOptions = {}): Reward {
  return againstReferences('rougeL', (answer, references) => {
    const { f1, precision, recall } = sentenceRougeL(answer, references, options)
    return scored(f1, { parts: { precision, recall } })
  })
}
