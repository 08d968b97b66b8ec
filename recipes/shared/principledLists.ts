/**
 * Responses under a principle: `+a` wants many of the letter a, `-a` few. True scores are 1..5; four judges each see them with
 * noise, and their rounded mean is what there is to learn from.
 */
import { type Prompt, type Random, random } from 'guerdon/data'

export interface ListChoices {
  readonly letters: string
  readonly length: number
  readonly candidates: number
  readonly judges: number
  /** Chance that a judge's score is any score. */
  readonly noise: number
  /** Principles that are never trained on. */
  readonly heldOut: readonly string[]
}

export interface PrincipledList {
  readonly principle: string
  readonly responses: readonly string[]
  /** The judges' consensus. */
  readonly scores: readonly number[]
  readonly truth: readonly number[]
}

/** Every character of prompts and answers. */
export const alphabet = 'abcde+-12345: ?'

/** The principles to train on, and the others. */
export function split({ letters, heldOut }: ListChoices): {
  readonly trained: string[]
  readonly heldOut: readonly string[]
} {
  const all = [...letters].flatMap((letter) => [`+${letter}`, `-${letter}`])
  return { trained: all.filter((each) => !heldOut.includes(each)), heldOut }
}

/** Endless lists. */
export function* principledLists(
  choices: ListChoices,
  principles: readonly string[],
  seed: string,
): Generator<PrincipledList, never> {
  const draw = random(seed)
  for (;;) {
    const principle = draw.pick(principles)
    const responses = Array.from({ length: choices.candidates }, () => response(choices, draw))
    const truth = responses.map((text) => trueScore(text, principle))
    const scores = truth.map((score) => {
      const seen = Array.from({ length: choices.judges }, () => (draw.next() < choices.noise ? draw.int(1, 5) : score))
      return Math.floor(seen.reduce((total, each) => total + each, 0) / seen.length + 0.5)
    })
    yield { principle, responses, scores, truth }
  }
}

/** Half of the letters of a response are one letter or another, so that counts are spread. */
function response({ letters, length }: ListChoices, draw: Random): string {
  const favourite = draw.pick([...letters])
  return Array.from({ length }, () => (draw.next() < 0.4 ? favourite : draw.pick([...letters]))).join('')
}

function trueScore(text: string, principle: string): number {
  const count = text.split(principle[1]).length - 1
  return principle[0] === '+' ? Math.min(5, 1 + count) : Math.max(1, 5 - count)
}

/** What a model reads: `+a:abcde bbcda?`. */
export function asked(principle: string, responses: readonly string[]): string {
  return `${principle}:${responses.join(' ')}?`
}

/** A list as a prompt, its scores as reference: one digit a candidate. */
export function promptOf({ principle, responses, scores }: PrincipledList): Prompt {
  const content = asked(principle, responses)
  return { id: content, messages: [{ role: 'user', content }], reference: scores.join('') }
}

/** The scores in an answer, or undefined where it has not one digit for each candidate. */
export function scoresIn(text: string, candidates: number): readonly number[] | undefined {
  return /^[1-5]+$/.test(text) && text.length === candidates ? [...text].map(Number) : undefined
}

/** Share of pairs of different true scores that are put in their order; equal scores are half right. */
export function ordered(lists: readonly PrincipledList[], given: readonly (readonly number[])[]): number {
  const pairs = lists.flatMap(({ scores }, l) =>
    scores.flatMap((score, i) =>
      scores
        .slice(0, i)
        .flatMap((other, j) => (score === other ? [] : [Math.sign(score - other) * (given[l][i] - given[l][j])])),
    ),
  )
  return pairs.reduce((total, agrees) => total + (agrees > 0 ? 1 : agrees === 0 ? 0.5 : 0), 0) / pairs.length
}

/** Lists in an order of the seed, again and again, with the judges' scores as what is to be said. */
export function* demonstrationsOf(lists: readonly PrincipledList[], seed: number) {
  const draw = random(`lessons ${seed}`)
  for (;;) for (const list of draw.shuffle(lists)) yield { prompt: promptOf(list), answer: list.scores.join('') }
}
