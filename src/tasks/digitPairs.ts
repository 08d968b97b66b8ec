/**
 * Digit pairs: `7:` → `34`, any two digits whose sum ends in the prompt's digit. Ten answers are right to each prompt, so that
 * exploring and exploiting can be told apart. Source: the small experiment on THR (arXiv 2510.03669).
 */
import type { Prompt } from '../data/message.ts'
import { random } from '../data/random.ts'
import { generatedTask, promptText } from './generatedTask.ts'
import type { Demonstration, GeneratedTask } from './task.ts'

export interface DigitPairsTask extends GeneratedTask {
  /**
   * Endless warm-up data of a policy that has a favourite: the share `favourite` of answers is one right pair, the same at every
   * prompt of a digit; the others are random pairs, of which half are made right.
   */
  warmup(seed: number | string, options?: { readonly favourite?: number }): Generator<Demonstration, void, undefined>
}

/** Prompts go through the ten digits. Parts: `answer`, `format` (two digits and nothing else). */
export function digitPairs(): DigitPairsTask {
  const task = generatedTask({
    name: 'digitPairs',
    alphabet: '0123456789:',
    share: {},
    draw: (_, n) => ({ text: `${n % 10}:`, reference: n % 10 }),
    judge(answer, prompt) {
      const wellFormed = /^\d\d$/.test(answer)
      const right = wellFormed && (Number(answer[0]) + Number(answer[1])) % 10 === wantedOf(prompt)
      return { right, wellFormed, feedback: `expected two digits whose sum ends in ${wantedOf(prompt)}` }
    },
    demonstration: (prompt) => pairOf(wantedOf(prompt), 0),
  })
  return {
    ...task,
    *warmup(seed, { favourite = 0.7 } = {}) {
      const source = random(`digitPairs/warmup/${seed}`)
      const favourites = Array.from({ length: 10 }, () => source.int(0, 9))
      for (const prompt of task.prompts(seed)) {
        const wanted = wantedOf(prompt)
        const first = source.next() < favourite ? favourites[wanted] : undefined
        const answer =
          first !== undefined || source.next() < 0.5
            ? pairOf(wanted, first ?? source.int(0, 9))
            : `${source.int(0, 9)}${source.int(0, 9)}`
        yield { prompt, answer }
      }
    },
  }
}

function wantedOf(prompt: Prompt): number {
  return Number(promptText(prompt)[0])
}

/** The right pair that begins with this digit. */
function pairOf(wanted: number, first: number): string {
  return `${first}${(wanted - first + 10) % 10}`
}
