/** The letters that an answer to a multiple-choice question chooses. */
import { lastBoxed } from './boxed.ts'

/**
 * The distinct letters chosen, in alphabetical order; empty where none can be read. What counts is, in this order: the
 * last \boxed{...}; what follows the last "answer:", "answer is" or "####"; the whole text. There, letters that open the
 * text ("B", "(B)", "B.", "B: because", "A, C and D", "ACD") count alone; else every letter that stands by itself, save
 * the words "a" and "I" of running text.
 *
 * @param last the last letter that is an option, default 'J'
 */
export function choiceLetters(text: string, last = 'J'): string[] {
  const place = tidied(answerPlace(text))
  const option = `[A-${last}]`
  const run = new RegExp(`^${option}{1,26}$`).exec(place)
  if (run !== null && new Set(place).size === place.length) return [...place].sort()
  // A single small letter is an answer; in running text it is not.
  if (place.length === 1) return new RegExp(`^${option}$`).test(place.toUpperCase()) ? [place.toUpperCase()] : []
  const opening = new RegExp(
    `^${option}(?:\\s*(?:[,;/&]|,?\\s*\\b(?:and|or)\\b)\\s*${option})*(?=$|\\s*[.:)]|\\s+[-–—])`,
  )
  const listed = opening.exec(place)?.[0] ?? standing(place, option)
  return [...new Set(listed.match(new RegExp(`\\b${option}\\b`, 'g')))].sort()
}

/** The part of an answer that holds the choice. */
function answerPlace(text: string): string {
  const boxed = lastBoxed(text)
  if (boxed !== undefined) return boxed.content.replace(/\\(?:text|mathrm|mathbf|textbf)\b/g, '')
  let place: string | undefined
  for (const mark of text.matchAll(/\b(?:answers?(?:\s+choice)?|options?|choices?)\s*(?:is|are|:)+\s*|####\s*/gi)) {
    place = text.slice(mark.index + mark[0].length).split('\n', 1)[0]
  }
  return place ?? text
}

function tidied(place: string): string {
  let tidy = place
    .replace(/[*_`${}[\]]/g, '')
    .replace(/\(\s*([A-Za-z])\s*\)/g, '$1)')
    .trim()
  while (tidy.length > 0 && '.,:;)!'.includes(tidy[tidy.length - 1])) tidy = tidy.slice(0, -1).trimEnd()
  return tidy.replace(/\)(?=\s*(?:[,;/&]|and\b|or\b))/g, '')
}

/** The letters standing alone in running text, joined by spaces. */
function standing(place: string, option: string): string {
  const alone = new RegExp(`(?<![\\p{L}\\p{N}'’])${option}(?![\\p{L}\\p{N}'’])(?!(?<=[AI]) \\p{Ll})`, 'gu')
  return (place.match(alone) ?? []).join(' ')
}
