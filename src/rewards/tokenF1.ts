/** Token F1 as a reward: SQuAD's score of short answers (Rajpurkar et al. 2016). */
import { scored } from '../data/score.ts'
import { squadF1 } from '../text/tokenF1.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/** F1 of the normalised words shared with the best of the reference texts. Parts: `precision`, `recall`. */
export function tokenF1(): Reward {
  return againstReferences('tokenF1', (answer, references) => {
    const { f1, precision, recall } = squadF1(answer, references)
    return scored(f1, { parts: { precision, recall } })
  })
}
