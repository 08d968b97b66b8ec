/** Sorting a list of numbers: `sort 31 4 15:` → `4 15 31`. */
import { generatedTask, type RewardShare, referenceText } from './generatedTask.ts'
import { type Range, rangeOf } from './range.ts'
import type { GeneratedTask } from './task.ts'

export interface SortingOptions extends RewardShare {
  /** How many numbers (in `meta.count`). Default [3, 5]. */
  readonly count?: Range
  /** The numbers; they may repeat. Default [0, 99]. */
  readonly values?: Range
}

/**
 * The answer is the list in ascending order. Any separators count; parts: `answer`, `format` (numbers with one space
 * between them), `positions` (the share of places that hold the right number, of the longer of both lists).
 */
export function sorting(options: SortingOptions = {}): GeneratedTask {
  const [fewest, most] = rangeOf('count', options.count ?? [3, 5], 1, 1000)
  const [low, high] = rangeOf('values', options.values ?? [0, 99], 0, 1_000_000_000)
  return generatedTask({
    name: 'sorting',
    alphabet: 'sort 0123456789:',
    share: options,
    draw(random) {
      const count = random.int(fewest, most)
      const numbers = Array.from({ length: count }, () => random.int(low, high))
      const sorted = numbers.toSorted((a, b) => a - b)
      return { text: `sort ${numbers.join(' ')}:`, reference: sorted.join(' '), meta: { count } }
    },
    judge(answer, prompt) {
      const expected = referenceText(prompt).split(' ')
      const found = (answer.match(/\d+/g) ?? []).map((digits) => digits.replace(/^0+(?=\d)/, ''))
      const held = expected.filter((number, i) => found[i] === number).length
      const positions = held / Math.max(expected.length, found.length)
      return {
        right: positions === 1,
        wellFormed: /^\d+(?: \d+)*$/.test(answer.trim()),
        parts: { positions },
        feedback: `expected ${expected.join(' ')}: ${held} of ${expected.length} numbers are in their place`,
      }
    },
    demonstration: referenceText,
  })
}
