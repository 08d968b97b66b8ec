/**
 * How much of the answer is in the language wanted: the language-consistency reward of DeepSeek-R1 (arXiv 2501.12948,
 * section 2.3.2), there a share of words, here a share of characters in stretches of about a line.
 */
import { scored, unscored } from '../data/score.ts'
import { type LanguageDetector, languageCode, languageDetector } from '../text/language.ts'
import { defineReward, type Reward } from './reward.ts'

/**
 * The share of the completion's prose written in a language, in [0, 1]. Code, formulas and addresses are left out; an
 * answer that is nothing else is Unscored.
 *
 * @param wanted an ISO 639-1 code such as 'fr'; without it each prompt's `reference` names its language. One that cannot be
 *   detected is a GuerdonError here and makes its prompt Unscored there.
 */
export function language(wanted?: string): Reward {
  if (wanted !== undefined) languageCode(wanted)
  let detector: Promise<LanguageDetector> | undefined
  return defineReward(
    'language',
    async ({ prompt, completion }) => {
      const given = wanted ?? prompt.reference
      if (typeof given !== 'string')
        return unscored('reward', `prompt '${prompt.id}' has no language code as its reference`)
      if (completion.text.trim() === '') return scored(0, { feedback: 'the answer is empty' })
      const code = languageCode(given)
      detector ??= languageDetector()
      const share = (await detector).share(completion.text, code)
      if (share === undefined) return unscored('reward', 'the answer has too little prose to tell its language')
      if (share === 1) return scored(1)
      return scored(share, { feedback: `${Math.round(100 * share)}% of the answer is in ${code}` })
    },
    { range: [0, 1] },
  )
}
