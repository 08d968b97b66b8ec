/** chrF and chrF++ as a reward (Popović 2015, 2017; the numbers are sacreBLEU's). */
import { scored } from '../data/score.ts'
import { type ChrfOptions, sentenceChrf } from '../text/chrf.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/** chrF of the completion against the best of the reference texts, divided by 100. `wordOrder: 2` makes it chrF++. */
export function chrf(options: ChrfOptions = {}): Reward {
  return againstReferences('chrf', (answer, references) =>
    scored(Math.min(1, sentenceChrf(answer, references, options) / 100)),
  )
}
