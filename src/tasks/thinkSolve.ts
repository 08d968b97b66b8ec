/**
 * Think or solve: sums in steps, with lines that say nothing. `3+4+2:` → `7;9;=9` in the digits of a modulus: each line is
 * the next running sum, or `t` (thinking), or the answer behind `=`. With a synthetic process reward that likes thinking best, so
 * that a return that sums it can be driven up by padding. Sources: the small experiments on PURE (arXiv 2504.15275), Clip
 * and Delta (arXiv 2410.15115) and, for answers that are longer than they need be, GRPO-lambda (arXiv 2505.18086).
 */
import { type Random, random } from '../data/random.ts'
import { splitSteps } from '../text/steps.ts'
import { generatedTask, promptText, referenceText } from './generatedTask.ts'
import { type Range, rangeOf } from './range.ts'
import type { Demonstration, GeneratedTask } from './task.ts'

export interface ThinkSolveOptions {
  /** How many sums; of a range, each prompt draws one (in `meta.sums`). Default 2. */
  readonly sums?: Range
  /** All numbers are digits below it, from 2 to 10. Default 5. */
  readonly modulus?: number
  /** The process reward of each kind of line. Default: the values of the paper's brief experiment. */
  readonly process?: Partial<ProcessScores>
}

/** Probabilities of a synthetic process reward model, by kind of line. */
export interface ProcessScores {
  /** `t`. Default 0.95. */
  readonly think: number
  /** The running sum that comes next. Default 0.8. */
  readonly right: number
  /** Anything else. Default 0.2. */
  readonly wrong: number
  /** The right answer. Default 0.75. */
  readonly solved: number
  /** A wrong one. Default 0.05. */
  readonly failed: number
}

export interface ThinkSolveTask extends GeneratedTask {
  /**
   * Endless warm-up data: worked answers with 0 to `thinks` lines of thinking in random places; of the running sums the share
   * `wrong` is drawn at random, and the answer is the last of them.
   */
  warmup(
    seed: number | string,
    options?: { readonly thinks?: number; readonly wrong?: number },
  ): Generator<Demonstration, void, undefined>
}

/** What separates lines. */
export const thinkSolveSeparator = ';'

/**
 * An answer is right if its last line is `=` and the sum. Parts: `answer`, `format` (an answer behind nothing but running sums
 * and thinking), `thinks` and `lines`, how many there are. Where completions have steps, `Score.steps` is the process reward
 * of each line.
 */
export function thinkSolve(options: ThinkSolveOptions = {}): ThinkSolveTask {
  const [fewest, most] = rangeOf('sums', options.sums ?? 2, 1, 30)
  const [modulus] = rangeOf('modulus', options.modulus ?? 5, 2, 10)
  const process: ProcessScores = { think: 0.95, right: 0.8, wrong: 0.2, solved: 0.75, failed: 0.05, ...options.process }
  const digits = '0123456789'.slice(0, modulus)
  const task = generatedTask({
    name: 'thinkSolve',
    alphabet: `${digits}+:;=t`,
    share: {},
    draw(source) {
      const sums = source.int(fewest, most)
      const terms = Array.from({ length: sums + 1 }, () => source.int(0, modulus - 1))
      return { text: `${terms.join('+')}:`, reference: `${runningSums(terms, modulus).at(-1)}`, meta: { sums } }
    },
    judge(answer, prompt) {
      const wanted = runningSums(termsOf(promptText(prompt)), modulus)
      const lines = splitSteps(answer, thinkSolveSeparator).map(({ start, end }) =>
        answer.slice(start, end).replace(/;$/, ''),
      )
      const last = `=${referenceText(prompt)}`
      let done = 0
      const steps = lines.map((line, k) => {
        if (line === 't') return process.think
        if (line.startsWith('=')) return line === last && k === lines.length - 1 ? process.solved : process.failed
        if (line !== `${wanted[done]}`) return process.wrong
        done++
        return process.right
      })
      const right = lines.at(-1) === last
      return {
        right,
        wellFormed: /^(?:[\dt];)*=\d$/.test(answer),
        parts: { thinks: lines.filter((line) => line === 't').length, lines: lines.length },
        feedback: `expected ${last}, found ${lines.at(-1)?.slice(0, 20)}`,
        steps,
      }
    },
    demonstration: (prompt) => written(runningSums(termsOf(promptText(prompt)), modulus)),
  })
  return {
    ...task,
    *warmup(seed, { thinks = 2, wrong = 0 } = {}) {
      const source = random(`thinkSolve/warmup/${seed}`)
      for (const prompt of task.prompts(`${seed}/warmup`)) {
        const terms = termsOf(promptText(prompt))
        const sums = terms.slice(1).reduce<number[]>((list, term, k) => {
          const next = ((list.at(-1) ?? terms[0]) + term) % modulus
          list[k] = source.next() < wrong ? source.int(0, modulus - 1) : next
          return list
        }, [])
        yield { prompt, answer: written(sums, source, source.int(0, thinks)) }
      }
    },
  }
}

function termsOf(text: string): number[] {
  return text.replace(':', '').split('+').map(Number)
}

/** The sums of the first two, three, ... terms. */
function runningSums(terms: readonly number[], modulus: number): number[] {
  let sum = terms[0]
  return terms.slice(1).map((term) => (sum = (sum + term) % modulus))
}

function written(sums: readonly number[], source?: Random, thinks = 0): string {
  const lines = sums.map(String)
  for (let n = 0; n < thinks; n++) lines.splice(source?.int(0, lines.length) ?? 0, 0, 't')
  return [...lines, `=${sums.at(-1)}`].join(thinkSolveSeparator)
}
