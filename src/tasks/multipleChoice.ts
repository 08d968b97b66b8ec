/** Multiple choice: which of the sums hold? `which holds? A 3+4=8 B 2+2=4 C 9+1=7:` → `B`. */
import { GuerdonError } from '../data/error.ts'
import type { Random } from '../data/random.ts'
import { generatedTask, type RewardShare, referenceText } from './generatedTask.ts'
import { type Range, rangeOf } from './range.ts'
import type { GeneratedTask } from './task.ts'

export interface MultipleChoiceOptions extends RewardShare {
  /** How many options, A and on (in `meta.choices`). Default 4. */
  readonly choices?: Range
  /** How many of them hold; the answer is their letters in order, such as `AC`. Default 1. */
  readonly holding?: Range
  /** The numbers to be added. Default [0, 9]. */
  readonly operands?: Range
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/**
 * Each option is a sum; the places of those that hold are drawn with equal chance. The last run of option letters that
 * stands by itself counts, in any order and with commas or spaces between them. Parts: `answer`, `format` (letters in
 * order and nothing else), `choices` (the share of options that are rightly chosen or left).
 */
export function multipleChoice(options: MultipleChoiceOptions = {}): GeneratedTask {
  const [fewest, most] = rangeOf('choices', options.choices ?? 4, 2, letters.length)
  const [leastHolding, mostHolding] = rangeOf('holding', options.holding ?? 1, 1, fewest)
  const [low, high] = rangeOf('operands', options.operands ?? [0, 9], 0, 1_000_000)
  return generatedTask({
    name: 'multipleChoice',
    alphabet: `which holds?0123456789+=:${letters.slice(0, most)}`,
    share: options,
    draw(random) {
      const offered = letters.slice(0, random.int(fewest, most))
      const holding = random.int(leastHolding, mostHolding)
      const right = random
        .shuffle([...offered])
        .slice(0, holding)
        .sort()
        .join('')
      const sums = [...offered].map((letter) => `${letter} ${sum(random, low, high, right.includes(letter))}`)
      return { text: `which holds? ${sums.join(' ')}:`, reference: right, meta: { choices: offered.length } }
    },
    judge(answer, prompt) {
      const expected = referenceText(prompt)
      const offered = letters.slice(0, choicesOf(prompt.meta?.choices))
      const found = chosen(answer, offered)
      const agree = [...offered].filter((letter) => found.includes(letter) === expected.includes(letter)).length
      return {
        right: found === expected,
        wellFormed: answer.trim() !== '' && answer.trim() === found,
        parts: { choices: agree / offered.length },
        feedback: `expected ${expected}, found ${found || 'no option'}`,
      }
    },
    demonstration: referenceText,
  })
}

/** `a+b=c`, with c wrong by 1 to 3 unless it is to hold. */
function sum(random: Random, low: number, high: number, holds: boolean): string {
  const [a, b] = [random.int(low, high), random.int(low, high)]
  const miss = random.int(1, 3)
  const down = random.next() < 0.5 && a + b >= miss
  return `${a}+${b}=${holds ? a + b : a + b + (down ? -miss : miss)}`
}

/** The letters an answer settles on, sorted, each once. */
function chosen(answer: string, offered: string): string {
  const run = `[${offered}]+`
  const last = answer.match(new RegExp(`(?<![A-Za-z])${run}(?:[, ]{1,2}${run})*(?![A-Za-z])`, 'g'))?.at(-1) ?? ''
  return [...new Set(last.replaceAll(/[, ]/g, ''))].sort().join('')
}

function choicesOf(choices: unknown): number {
  if (typeof choices === 'number') return choices
  throw new GuerdonError('the prompt does not say how many choices it has, so it is not one of this task')
}
