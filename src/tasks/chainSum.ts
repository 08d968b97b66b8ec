/**
 * Running sums with a reference that errs in known places: `=314159` → `348943`, y_t = (y_t-1 + x_t) mod base. Only the last
 * digit is judged, and an error goes on from the wrong digit, so an answer fails where it first errs: every token's true
 * credit is known. Made to see whether token-level preference methods find it.
 */
import { GuerdonError } from '../data/error.ts'
import { type Prompt, userPrompt } from '../data/message.ts'
import { random } from '../data/random.ts'
import { generatedTask, promptText } from './generatedTask.ts'
import { rangeOf } from './range.ts'
import type { Demonstration, GeneratedTask } from './task.ts'

export interface ChainSumOptions {
  /** Digits of a prompt, and of its answer. Default 6. */
  readonly length?: number
  /** Digits are 0 to base - 1, at most 10. Default 10. */
  readonly base?: number
  /** Share of contexts (y_t-1, x_t) in which the reference often errs. Default 0.25. */
  readonly hard?: number
  /** How often it errs there. Default 0.5. */
  readonly hardError?: number
  /** How often it errs elsewhere. Default 0.04. */
  readonly error?: number
  /** Which contexts are hard, and what is written there: the task itself. Default 0. */
  readonly seed?: number | string
}

/** How careful the reference is asked to be: '=' as it is, '+' with 0.3 of its errors, '-' with 1.7 (at most 0.9). */
export type Care = '=' | '+' | '-'

export interface ChainSumTask extends GeneratedTask {
  /** Endless answers of the erring reference, asked to take this care, or each care in turn. */
  reference(seed: number | string, cares?: readonly Care[]): Generator<Demonstration, void, undefined>
  /** Of each digit written, whether it is wrong after the digits before it. */
  localErrors(prompt: Prompt, answer: string): boolean[]
}

const errorFactors: Readonly<Record<Care, number>> = { '=': 1, '+': 0.3, '-': 1.7 }

/** Parts: `answer` (the last digit), `format` (as many digits as the prompt has), `steps` (share without local errors). */
export function chainSum(options: ChainSumOptions = {}): ChainSumTask {
  const [length] = rangeOf('length', options.length ?? 6, 1, 100)
  const [base] = rangeOf('base', options.base ?? 10, 2, 10)
  const { hard = 0.25, hardError = 0.5, error = 0.04, seed = 0 } = options
  const source = random(`chainSum/${seed}`)
  const hardOnes = new Set(source.shuffle([...Array(base * base).keys()]).slice(0, Math.round(hard * base * base)))
  /** In each context, the wrong digit that 70 % of the errors write, as an offset from the right one. */
  const slips = Array.from({ length: base * base }, () => source.int(1, base - 1))
  const errorOf = (context: number, care: Care) =>
    Math.min(0.9, errorFactors[care] * (hardOnes.has(context) ? hardError : error))
  const digits = (prompt: Prompt) => [...promptText(prompt).slice(1)].map(Number)
  const localErrors = (prompt: Prompt, answer: string) => {
    const written = [...answer]
    return digits(prompt)
      .slice(0, written.length)
      .map((x, t) => Number(written[t]) !== ((t === 0 ? 0 : Number(written[t - 1])) + x) % base)
  }
  const form = new RegExp(`^[0-${base - 1}]{${length}}$`)
  const task = generatedTask({
    name: 'chainSum',
    alphabet: `=+-${'0123456789'.slice(0, base)}`,
    share: {},
    draw(from) {
      const x = Array.from({ length }, () => from.int(0, base - 1))
      return { text: `=${x.join('')}`, reference: String(x.reduce((sum, digit) => (sum + digit) % base, 0)) }
    },
    judge(answer, prompt) {
      const wellFormed = form.test(answer)
      const errors = localErrors(prompt, answer)
      return {
        right: wellFormed && answer.at(-1) === prompt.reference,
        wellFormed,
        parts: { steps: errors.filter((wrong) => !wrong).length / length },
      }
    },
    demonstration: (prompt) => written(digits(prompt), base, () => 0),
  })
  return {
    ...task,
    localErrors,
    *reference(from, cares = ['=']) {
      const draw = random(`chainSum/reference/${from}`)
      let n = 0
      for (const prompt of task.prompts(from)) {
        const care = cares[n++ % cares.length]
        const answer = written(digits(prompt), base, (context) => {
          if (draw.next() >= errorOf(context, care)) return 0
          return draw.next() < 0.7 ? slips[context] : draw.int(1, base - 1)
        })
        yield { prompt: withCare(prompt, care), answer }
      }
    },
  }
}

/** The same exercise with another care asked for. */
export function withCare(prompt: Prompt, care: Care): Prompt {
  const text = promptText(prompt)
  if (!/^[=+-]/.test(text)) throw new GuerdonError(`${JSON.stringify(text.slice(0, 80))} is no prompt of chainSum`)
  return { ...userPrompt(prompt.id, `${care}${text.slice(1)}`, prompt.reference, prompt.meta) }
}

/** An answer digit by digit; `slip` gives what is added to the right digit in a context. */
function written(x: readonly number[], base: number, slip: (context: number) => number): string {
  let [y, answer] = [0, '']
  for (const digit of x) {
    y = (y + digit + slip(y * base + digit)) % base
    answer += y
  }
  return answer
}
