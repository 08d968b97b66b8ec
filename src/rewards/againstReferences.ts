/** What every reward that compares a text with reference texts shares: reading the references of a prompt. */
import type { Prompt } from '../data/message.ts'
import { type Score, scored, type Unscored, unscored } from '../data/score.ts'
import { defineReward, type Reward } from './reward.ts'

/**
 * A reward in [0, 1] that compares the completion with the prompt's references: its `reference` is a text, or a list of
 * texts any of which is right (numbers and booleans count as JavaScript prints them). Unscored where it is neither. An
 * answer of white space alone is not judged: it scores 0.
 */
export function againstReferences(
  name: string,
  judge: (answer: string, references: readonly string[]) => Score,
): Reward {
  return defineReward(
    name,
    ({ prompt, completion }) => {
      const references = referenceTexts(prompt)
      if ('kind' in references) return references
      if (completion.text.trim() === '') return scored(0, { feedback: 'the answer is empty' })
      return judge(completion.text, references)
    },
    { range: [0, 1] },
  )
}

/** The texts of a prompt's reference, at least one. */
export function referenceTexts(prompt: Prompt): readonly string[] | Unscored {
  const { reference } = prompt
  const list = Array.isArray(reference) ? reference : [reference]
  const texts: string[] = []
  for (const entry of list) {
    if (typeof entry === 'string') texts.push(entry)
    else if (typeof entry === 'number' || typeof entry === 'boolean') texts.push(String(entry))
    else return unscored('reward', `prompt '${prompt.id}' has no text or list of texts as its reference`)
  }
  return texts.length > 0 ? texts : unscored('reward', `prompt '${prompt.id}' has an empty list of references`)
}
