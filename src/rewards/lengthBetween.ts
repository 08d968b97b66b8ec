/** Whether the answer's length lies within bounds. */
import { scored } from '../data/score.ts'
import { defineReward, type Reward } from './reward.ts'

/**
 * 1 where the completion has at least `low` and at most `high` characters (Unicode code points) or words (runs without
 * white space), else 0.
 *
 * @param options.unit default 'characters'
 */
export function lengthBetween(
  low: number,
  high: number,
  options: { readonly unit?: 'characters' | 'words' } = {},
): Reward {
  const { unit = 'characters' } = options
  return defineReward(
    'lengthBetween',
    ({ completion }) => {
      const length = unit === 'words' ? words(completion.text) : characters(completion.text)
      if (length >= low && length <= high) return 1
      return scored(0, {
        feedback: `${length} ${unit}, ${length < low ? `at least ${low}` : `at most ${high}`} wanted`,
      })
    },
    { range: [0, 1] },
  )
}

function words(text: string): number {
  return text.match(/\S+/g)?.length ?? 0
}

function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
