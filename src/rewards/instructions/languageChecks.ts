/** Instructions on an answer's language and letter case (IFEval's language and change_case). */
import { z } from 'zod'
import { type LanguageDetector, languageCode, languageDetector } from '../../text/language.ts'
import { type CheckMaker, compared, count, defineCheck, either, type Outcome, relation } from './check.ts'

const nothing = z.object({})

export const languageChecks: Readonly<Record<string, CheckMaker>> = {
  'language:response_language': defineCheck(
    z.object({ language: z.string().transform(languageCode) }),
    (text, wanted) => inLanguage(text, wanted.language),
  ),

  'change_case:english_capital': defineCheck(nothing, (text) => {
    const capital = /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text)
    return capital ? inLanguage(text.toLowerCase(), 'en') : { followed: false, found: 'not in capital letters alone' }
  }),

  'change_case:english_lowercase': defineCheck(nothing, (text) => {
    const small = /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text)
    return small ? inLanguage(text, 'en') : { followed: false, found: 'not in small letters alone' }
  }),

  // Words between white space with a capital letter and no small one: "NASA's" is none, "I" and "A-B" are.
  'change_case:capital_word_frequency': defineCheck(
    z.object({ capital_frequency: count, capital_relation: relation }),
    (text, wanted) => {
      const words = text.split(/[^\p{L}\p{N}'’-]+/u)
      const capital = words.filter((word) => /\p{Uppercase}/u.test(word) && !/[\p{Lowercase}\p{Lt}]/u.test(word))
      return compared(capital.length, wanted.capital_relation, wanted.capital_frequency, 'words in capitals')
    },
  ),
}

let detector: Promise<LanguageDetector> | undefined

/** Most of the text must be in the language; a text that nothing can be told of is taken to be, as in IFEval. */
async function inLanguage(text: string, language: string): Promise<Outcome> {
  detector ??= languageDetector()
  const share = (await detector).share(text, language)
  if (share === undefined) return { followed: true, found: 'too little text to tell the language' }
  return either(share > 0.5, `in ${language}`, `${Math.round(100 * share)}% of the text is in ${language}`)
}
