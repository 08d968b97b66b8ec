/** Addition of two d-digit numbers: `47+85=` → `132`. With digits [1, 6] difficulty is mixed, as in BNPO's setting. */
import { generatedTask, type RewardShare, referenceText } from './generatedTask.ts'
import { judgeNumber } from './judgeNumber.ts'
import { type Range, rangeOf } from './range.ts'
import type { GeneratedTask } from './task.ts'

export interface AdditionOptions extends RewardShare {
  /** Digits of both numbers; of a range, each prompt draws one, all equally likely (in `meta.digits`). Default [1, 3]. */
  readonly digits?: Range
}

/**
 * Prompts `a+b=` with a and b of the same number of digits; the answer is their sum. The last number of the completion
 * counts. Parts: `answer`, `format` (the completion is that number and nothing else). Source of the mixed difficulty:
 * BNPO (arXiv 2506.02864), success probabilities that spread over (0, 1).
 */
export function addition(options: AdditionOptions = {}): GeneratedTask {
  const [fewest, most] = rangeOf('digits', options.digits ?? [1, 3], 1, 15)
  return generatedTask({
    name: 'addition',
    alphabet: '0123456789+=',
    share: options,
    draw(random) {
      const digits = random.int(fewest, most)
      const low = digits === 1 ? 0 : 10 ** (digits - 1)
      const [a, b] = [random.int(low, 10 ** digits - 1), random.int(low, 10 ** digits - 1)]
      return { text: `${a}+${b}=`, reference: `${a + b}`, meta: { digits } }
    },
    judge: (answer, prompt) => judgeNumber(answer, referenceText(prompt), /^\d+$/),
    demonstration: referenceText,
  })
}
