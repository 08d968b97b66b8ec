/** Instructions on which words an answer uses (IFEval's keywords). Keywords are literal, and case does not count. */
import { z } from 'zod'
import { literalPattern } from '../../text/literalPattern.ts'
import { type CheckMaker, compared, count, defineCheck, either, relation } from './check.ts'

export const keywordChecks: Readonly<Record<string, CheckMaker>> = {
  // Anywhere, inside longer words too.
  'keywords:existence': defineCheck(z.object({ keywords: z.array(z.string()).min(1) }), (text, wanted) => {
    const lower = text.toLowerCase()
    const missing = wanted.keywords.filter((keyword) => !lower.includes(keyword.toLowerCase()))
    return either(missing.length === 0, 'every keyword is there', `missing: ${missing.join(', ')}`)
  }),

  'keywords:frequency': defineCheck(
    z.object({ keyword: z.string().min(1), frequency: count, relation }),
    (text, wanted) => {
      const keyword = wanted.keyword.trim().toLowerCase()
      return compared(occurrences(text.toLowerCase(), keyword), wanted.relation, wanted.frequency, `times '${keyword}'`)
    },
  ),

  // As whole words.
  'keywords:forbidden_words': defineCheck(z.object({ forbidden_words: z.array(z.string()).min(1) }), (text, wanted) => {
    const used = wanted.forbidden_words.filter((word) => {
      return new RegExp(`(?<![\\p{L}\\p{N}_])${literalPattern(word)}(?![\\p{L}\\p{N}_])`, 'iu').test(text)
    })
    return either(used.length === 0, 'no forbidden word', `forbidden: ${used.join(', ')}`)
  }),

  'keywords:letter_frequency': defineCheck(
    z.object({ letter: z.string().min(1), let_frequency: count, let_relation: relation }),
    (text, wanted) => {
      const letter = wanted.letter.trim().toLowerCase()
      const actual = occurrences(text.toLowerCase(), letter)
      return compared(actual, wanted.let_relation, wanted.let_frequency, `times the letter '${letter}'`)
    },
  ),
}

/** How often a piece occurs, without overlaps. */
function occurrences(text: string, piece: string): number {
  return piece === '' ? 0 : text.split(piece).length - 1
}
