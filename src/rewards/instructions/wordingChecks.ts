/**
 * Instructions on how an answer begins, ends, repeats and is punctuated (IFEval's startend, combination, punctuation), and
 * `startend:start_checker`, which IFEval lacks.
 */
import { z } from 'zod'
import { type CheckMaker, defineCheck, either } from './check.ts'

const nothing = z.object({})

export const wordingChecks: Readonly<Record<string, CheckMaker>> = {
  'startend:start_checker': defineCheck(z.object({ start_phrase: z.string().min(1) }), (text, wanted) => {
    const phrase = wanted.start_phrase.trim()
    const starts = text.trim().toLowerCase().startsWith(phrase.toLowerCase())
    return either(starts, `starts with '${phrase}'`, `does not start with '${phrase}'`)
  }),

  'startend:end_checker': defineCheck(z.object({ end_phrase: z.string().min(1) }), (text, wanted) => {
    const phrase = wanted.end_phrase.trim()
    const bare = trimQuotes(text.trim()).toLowerCase()
    return either(bare.endsWith(phrase.toLowerCase()), `ends with '${phrase}'`, `does not end with '${phrase}'`)
  }),

  'startend:quotation': defineCheck(nothing, (text) => {
    const bare = text.trim()
    const quoted = bare.length > 1 && bare.startsWith('"') && bare.endsWith('"')
    return either(quoted, 'in double quotation marks', 'not in double quotation marks')
  }),

  'combination:two_responses': defineCheck(nothing, (text) => {
    const pieces = text.split('******').map((piece) => piece.trim())
    const written = pieces.filter(Boolean)
    const clean = !pieces.slice(1, -1).includes('')
    const two = clean && written.length === 2 && written[0] !== written[1]
    return either(two, 'two responses', `${written.length} responses between ******, two different ones wanted`)
  }),

  'combination:repeat_prompt': defineCheck(z.object({ prompt_to_repeat: z.string().min(1) }), (text, wanted) => {
    const repeats = text.trim().toLowerCase().startsWith(wanted.prompt_to_repeat.trim().toLowerCase())
    return either(repeats, 'repeats the prompt', 'does not start with the prompt')
  }),

  'punctuation:no_comma': defineCheck(nothing, (text) => {
    const commas = text.split(',').length - 1
    return either(commas === 0, 'no comma', `${commas} commas`)
  }),
}

function trimQuotes(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && text[start] === '"') start++
  while (end > start && text[end - 1] === '"') end--
  return text.slice(start, end)
}
