/** Whether the answer's number is the reference's number, compared as exact rationals. */
import type { Json } from '../data/message.ts'
import { scored, unscored } from '../data/score.ts'
import { type ExactNumber, extractNumber, type NumberPlace, parseNumber, sameNumber } from '../text/number.ts'
import { defineReward, type Reward } from './reward.ts'

export interface NumericMatchOptions extends NumberPlace {
  /** The largest difference that still counts as equal. Default 0: exactly equal, so 0.333 is not 1/3. */
  readonly tolerance?: number
}

/**
 * 1 where the number the completion commits to equals the reference's, else 0; no number found is 0 with that feedback.
 * The reference is a number, a text that is one ('18', '$1,000', '3/4') or a worked solution ending in one ('#### 18').
 * Unscored where the reference holds no number. Which number of the answer counts: see `NumberPlace`.
 */
export function numericMatch(options: NumericMatchOptions = {}): Reward {
  const { tolerance = 0 } = options
  return defineReward(
    'numericMatch',
    ({ prompt, completion }) => {
      const expected = numberOf(prompt.reference, options)
      if (expected === undefined) {
        return unscored('reward', `prompt '${prompt.id}' has no number in its reference`)
      }
      const answer = extractNumber(completion.text, options)
      if (answer === undefined) return scored(0, { feedback: missing(options, completion.finish) })
      if (sameNumber(answer, expected, tolerance)) return scored(1)
      return scored(0, { feedback: `the answer is ${answer.text.trim()}, the reference ${expected.text.trim()}` })
    },
    { range: [0, 1] },
  )
}

function numberOf(reference: Json | undefined, place: NumberPlace): ExactNumber | undefined {
  if (typeof reference === 'number') return parseNumber(String(reference))
  if (typeof reference !== 'string') return undefined
  // The option says where answers stand; a reference may be written otherwise.
  return parseNumber(reference) ?? extractNumber(reference, place) ?? extractNumber(reference)
}

function missing({ from, marker }: NumberPlace, finish: 'stop' | 'length'): string {
  const cut = finish === 'length' ? ' (the answer ran into the length limit)' : ''
  if (from === 'boxed') return `no number in \\boxed{}${cut}`
  if (from === 'marker' || marker !== undefined) return `no number after '${marker ?? '####'}'${cut}`
  return `no number found${cut}`
}
