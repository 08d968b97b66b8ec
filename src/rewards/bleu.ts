/** BLEU as a reward (Papineni et al. 2002; the numbers are sacreBLEU's). */
import { scored } from '../data/score.ts'
import { type BleuOptions, sentenceBleu } from '../text/bleu.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/**
 * Sentence BLEU of the completion against the reference texts, divided by 100. Parts: `brevityPenalty` and
 * `precision1`.. in [0, 1]. Defaults are sacreBLEU's for sentences: 13a tokens, exponential smoothing, effective order.
 */
export function bleu(options: BleuOptions = {}): Reward {
  return againstReferences('bleu', (answer, references) => {
    const result = sentenceBleu(answer, references, options)
    const precisions = result.precisions.map((precision, n) => [`precision${n + 1}`, precision / 100] as const)
    // The exponential of logarithms can end a rounding error above 100.
    return scored(Math.min(1, result.score / 100), {
      parts: { brevityPenalty: result.brevityPenalty, ...Object.fromEntries(precisions) },
    })
  })
}
