/** Whether the answer is, character by character, the reference. */
import { scored, unscored } from '../data/score.ts'
import { defineReward, type Reward } from './reward.ts'

export interface ExactMatchOptions {
  /** Leave out white space at both ends, of the answer and of the reference. Default true. */
  readonly trim?: boolean
  /** Compare without regard to case (Unicode lower case). Default false. */
  readonly ignoreCase?: boolean
}

/**
 * 1 where the completion's text equals `prompt.reference` (a string, or a number or boolean as JavaScript prints it),
 * else 0. Unscored where the prompt has no such reference.
 */
export function exactMatch(options: ExactMatchOptions = {}): Reward {
  const { trim = true, ignoreCase = false } = options
  const plain = (text: string) => {
    const trimmed = trim ? text.trim() : text
    return ignoreCase ? trimmed.toLowerCase() : trimmed
  }
  return defineReward(
    'exactMatch',
    ({ prompt, completion }) => {
      const { reference } = prompt
      if (reference === null || reference === undefined || typeof reference === 'object') {
        return unscored('reward', `prompt '${prompt.id}' has no text, number or boolean as its reference`)
      }
      const answer = plain(completion.text)
      const expected = plain(String(reference))
      if (answer === expected) return scored(1)
      return scored(0, {
        feedback: `expected ${quoted(expected)}, found ${quoted(answer)}${difference(answer, expected)}`,
      })
    },
    { range: [0, 1] },
  )
}

const SHOWN = 80

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}

/** Where two texts part, which is what one needs to know when both begin alike. */
function difference(answer: string, expected: string): string {
  let at = 0
  while (at < answer.length && answer[at] === expected[at]) at++
  return at === 0 ? '' : `: they differ from character ${at} on`
}
