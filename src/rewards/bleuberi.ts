/**
 * BLEUBERI's reward ("BLEUBERI: BLEU is a surprisingly effective reward for instruction following", arXiv 2505.11080):
 * smoothed BLEU against one or more answers of strong models, and nothing else. The prompts to train on are chosen with
 * the same score: see `selectByScore`.
 */
import { scored, unscored } from '../data/score.ts'
import { smoothedBleu } from '../text/smoothedBleu.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

export interface BleuberiOptions {
  /** The longest n-gram. Default 4. */
  readonly maxOrder?: number
  /**
   * A prompt whose shortest reference has fewer 13a tokens is Unscored, because smoothing gives nonsense a high score
   * there: "x y z" against "a b c" has 0.45. Default 5; 0 scores everything, as the authors' code does.
   */
  readonly minReferenceTokens?: number
}

/**
 * Smoothed BLEU of the completion, in [0, 1]. Several references share their n-grams and the shortest sets the brevity
 * penalty. Wrap it in `inTag('answer', ..., { missing: 'whole' })` where the policy writes its reasoning in tags.
 * Parts: `brevityPenalty`.
 */
export function bleuberi(options: BleuberiOptions = {}): Reward {
  const { minReferenceTokens = 5 } = options
  return againstReferences('bleuberi', (answer, references) => {
    const result = smoothedBleu(answer.trim(), references, options)
    if (result.referenceLength < minReferenceTokens) {
      const found = `the shortest reference has ${result.referenceLength} tokens`
      return unscored('reward', `${found}; smoothed BLEU says little below ${minReferenceTokens}`)
    }
    return scored(Math.min(1, result.score), { parts: { brevityPenalty: result.brevityPenalty } })
  })
}
