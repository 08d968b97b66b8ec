/**
 * A penalty for text that repeats itself, the usual guard against loops in long answers ("Demystifying Long
 * Chain-of-Thought Reasoning in LLMs", Yeo et al. 2025, section 4.2; the share is seq-rep-n of Welleck et al. 2020):
 *
 *     value = -(1 - distinct n-grams / n-grams)
 */
import { scored } from '../data/score.ts'
import { type MetricTokeniser, metricTokens } from '../text/metricTokenisers.ts'
import { repeatedNgrams } from '../text/repetition.ts'
import { defineReward, type Reward } from './reward.ts'

export interface RepetitionOptions {
  /** The n-gram's length. Default 4. */
  readonly n?: number
  /** What is counted: 'none' for the words between white space (the default), 'char' for scripts without spaces. */
  readonly tokenise?: MetricTokeniser
}

/** Minus the share of repeated n-grams, in [-1, 0]; case does not count. An answer shorter than n has nothing to repeat: 0. */
export function repetition(options: RepetitionOptions = {}): Reward {
  const { n = 4, tokenise = 'none' } = options
  return defineReward(
    'repetition',
    ({ completion }) => {
      const share = repeatedNgrams(metricTokens(completion.text.toLowerCase(), tokenise), n)
      if (share === 0) return scored(0)
      return scored(-share, { feedback: `${Math.round(100 * share)}% of the ${n}-grams have been there before` })
    },
    { range: [-1, 0] },
  )
}
