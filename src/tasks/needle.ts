/**
 * Needle decisions: a few positions of an answer decide, the rest is filler. `q3:` → `abaaaaca`, where only the letters
 * at two places of its own matter for each prompt. Made to see whether credit finds the tokens that decide.
 * Source: TEMPO (arXiv 2509.18314), as a small experiment on prefix trees.
 */
import { z } from 'zod'
import type { Prompt } from '../data/message.ts'
import { type Random, random } from '../data/random.ts'
import { generatedTask } from './generatedTask.ts'
import { rangeOf } from './range.ts'
import type { Demonstration, GeneratedTask } from './task.ts'

export interface NeedleOptions {
  /** How many different prompts. Default 8. */
  readonly questions?: number
  /** Letters of an answer. Default 8. */
  readonly length?: number
  /** Positions that decide, different for each prompt. Default 2. */
  readonly needles?: number
  /** Size of the vocabulary: letters from a on, of which a is the filler. Default 4. */
  readonly letters?: number
  /** How often a filler position of the warm-up data holds an a; else another letter. Default 0.7. */
  readonly filler?: number
  /** Which positions and letters decide: the task itself, whatever the seed of its prompts. Default 0. */
  readonly seed?: number | string
}

export interface NeedleTask extends GeneratedTask {
  /** Endless warm-up data: filler at the filler rate, needles' places drawn with equal chance from all letters. */
  warmup(seed: number | string): Generator<Demonstration, void, undefined>
}

/**
 * Prompts go round: question 0, 1, 2... and again. An answer is right if every needle is in its place, whatever the
 * filler. Parts: `answer`, `format` (exactly `length` letters of the vocabulary), `needles` (the share in place).
 */
export function needle(options: NeedleOptions = {}): NeedleTask {
  const [questions] = rangeOf('questions', options.questions ?? 8, 1, 1000)
  const [length] = rangeOf('length', options.length ?? 8, 1, 1000)
  const [needles] = rangeOf('needles', options.needles ?? 2, 1, length)
  const [size] = rangeOf('letters', options.letters ?? 4, 2, 26)
  const { filler = 0.7, seed = 0 } = options
  const letters = [...'abcdefghijklmnopqrstuvwxyz'].slice(0, size)
  const form = new RegExp(`^[${letters.join('')}]{${length}}$`)
  const source = random(`needle/${seed}`)
  const exercises = Array.from({ length: questions }, (_, question) => ({
    text: `q${question}:`,
    reference: drawNeedles(source, length, needles, letters),
  }))
  const task = generatedTask({
    name: 'needle',
    alphabet: `q0123456789:${letters.join('')}`,
    share: {},
    draw: (_, n) => exercises[n % questions],
    judge(answer, prompt) {
      const wanted = needlesOf(prompt)
      const found = wanted.filter(({ position, letter }) => answer[position] === letter).length
      return {
        right: found === wanted.length,
        wellFormed: form.test(answer),
        parts: { needles: found / wanted.length },
        feedback: `${found} of ${wanted.length} needles are in place`,
      }
    },
    demonstration: (prompt) => write(length, needlesOf(prompt), () => letters[0]),
  })
  return {
    ...task,
    *warmup(seed) {
      const draw = random(`needle/warmup/${seed}`)
      const filled = () => (draw.next() < filler ? letters[0] : draw.pick(letters.slice(1)))
      for (const prompt of task.prompts(seed)) {
        const decisions = needlesOf(prompt).map(({ position }) => ({ position, letter: draw.pick(letters) }))
        yield { prompt, answer: write(length, decisions, filled) }
      }
    },
  }
}

const needlesSchema = z.array(z.object({ position: z.int().nonnegative(), letter: z.string() })).min(1)

/** A letter that must stand at a position, counted from 0. */
type Needle = z.infer<typeof needlesSchema>[number]

/** Different positions in order, each with a letter that is not the filler. */
function drawNeedles(random: Random, length: number, count: number, letters: readonly string[]): Needle[] {
  const places = random.shuffle(Array.from({ length }, (_, position) => position)).slice(0, count)
  return places.sort((a, b) => a - b).map((position) => ({ position, letter: random.pick(letters.slice(1)) }))
}

function needlesOf(prompt: Prompt): Needle[] {
  return needlesSchema.parse(prompt.reference)
}

/** An answer with these letters in their places and the filler elsewhere. */
function write(length: number, needles: readonly Needle[], filler: () => string): string {
  const held = new Map(needles.map(({ position, letter }) => [position, letter]))
  return Array.from({ length }, (_, position) => held.get(position) ?? filler()).join('')
}
