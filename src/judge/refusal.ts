/**
 * Refusals: texts in which a chat model declines to answer at all. Conservative: "I cannot verify the second claim" is
 * an answer, so a text counts only if it is short, opens with "I cannot" or its like (regret before it allowed) and
 * what it cannot do is to answer: help, comply, judge that, ...
 */

/** A longer text has an answer in it somewhere. */
const longest = 400

const regret =
  "(?:(?:(?:i['’]m|i am) (?:very |really |so )?)?sorry|i apologi[sz]e|unfortunately|as an ai(?: language)?(?: model| assistant)?)"
const cannot =
  "i(?:['’]m| am)? ?(?:can['’]?t|can ?not|won['’]?t|will not|must decline|have to decline|decline|unable|not able|not comfortable)"
const toAnswer =
  '(?: to)? (?:help|helping|assist|assisting|comply|fulfill?|continue|continuing|engage|participate|do (?:that|this)|discuss (?:that|this)|' +
  '(?:answer|provide|support|rate|judge|evaluate|score|grade|assess|process) (?:that|this|these|such|any))'

const refusal = new RegExp(`^(?:${regret}[,.;:—-]* (?:but )?)?${cannot}(?:${toAnswer}\\b|[.!]?$)`, 'i')

/** Whether a text is a refusal and nothing else. */
export function isRefusal(text: string): boolean {
  const said = text.trim().replaceAll(/\s+/g, ' ')
  return said.length <= longest && refusal.test(said)
}
