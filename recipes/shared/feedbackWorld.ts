/**
 * People's feedback on letters: a principle is whether a letter occurs. Each annotator notices some principles, errs now and then,
 * adds remarks that nobody else shares, and prefers answers by a weighing of their own.
 */
import { type Random, random } from 'guerdon/data'
import { agreedPrinciples, type NamedPrinciple } from 'guerdon/rewards'

export const principles = [...'abcdef']

export interface FeedbackChoices {
  readonly letters: string
  readonly length: number
  readonly responses: number
  readonly annotators: number
  /** Chance to notice what a response is salient for. */
  readonly noticed: number
  /** Chance to notice each other principle. */
  readonly others: number
  /** Chance of a wrong remark, and of a wrong preference. */
  readonly wrong: number
  /** Chance of a private remark, which says nothing. */
  readonly private: number
  /** New pairs a principle. */
  readonly pairs: number
}

export interface Remark extends NamedPrinciple {
  readonly response: string
}

export interface FeedbackWorld {
  /** Remarks on each response. */
  readonly remarks: readonly (readonly Remark[])[]
  /** The preferred response first. */
  readonly preferences: readonly (readonly [string, string])[]
  /** For each principle, pairs of new responses of which the first alone meets it. */
  readonly tests: readonly (readonly (readonly [string, string])[])[]
}

/** The world of a seed. */
export function feedbackWorld(choices: FeedbackChoices, seed: number): FeedbackWorld {
  const draw = random(`feedback ${seed}`)
  const responses = Array.from({ length: choices.responses }, () => response(choices, draw))
  // Every annotator weighs the first principle most, and the others in a way of their own.
  const weights = Array.from({ length: choices.annotators }, () =>
    principles.map((_, i) => (i === 0 ? 1.5 : 2 * draw.next() - 1)),
  )
  const liking = (text: string, annotator: number) =>
    weights[annotator].reduce((total, weight, i) => total + (holds(text, i) ? weight : 0), 0)
  const preferences = responses.map((a): readonly [string, string] => {
    const [b, annotator] = [draw.pick(responses), draw.int(0, choices.annotators - 1)]
    return liking(a, annotator) >= liking(b, annotator) !== draw.next() < choices.wrong ? [a, b] : [b, a]
  })
  const tests = principles.map((_, i) => {
    const texts = Array.from({ length: 40 * choices.pairs }, () => response(choices, draw))
    const [met, missed] = [true, false].map((is) =>
      texts.filter((text) => holds(text, i) === is).slice(0, choices.pairs),
    )
    return missed.map((text, p): readonly [string, string] => [met[p], text])
  })
  return { remarks: responses.map((text) => remarksOn(text, choices, draw)), preferences, tests }
}

/** One lesson for each principle that all annotators of a response name: what most of them say of it. */
export function agreed(remarks: readonly Remark[], threshold: number): Remark[] {
  const groups = Object.values(Object.groupBy(agreedPrinciples(remarks, threshold), ({ principle }) => principle))
  return groups.flatMap((group = []) => {
    const yes = group.filter(({ fulfilled }) => fulfilled).length
    return 2 * yes === group.length ? [] : [{ ...group[0], fulfilled: 2 * yes > group.length }]
  })
}

const response = (choices: FeedbackChoices, draw: Random) =>
  Array.from({ length: choices.length }, () => draw.pick([...choices.letters])).join('')
const holds = (text: string, principle: number) => text.includes(principles[principle])

/** A principle in an annotator's words: its own direction, and a little of another. */
function embedding(principle: number, draw: Random): number[] {
  const other = draw.int(0, principles.length - 1)
  return principles.map((_, i) => (i === principle ? 1 : 0) + (i === other ? 0.3 * draw.next() : 0))
}

function remarksOn(text: string, choices: FeedbackChoices, draw: Random): Remark[] {
  const salient = draw.int(0, principles.length - 1)
  return Array.from({ length: choices.annotators }, (_, a) => `${a}`).flatMap((annotator) => {
    const remark = (principle: number, fulfilled: boolean) => ({
      ...{
        response: text,
        principle: principles[principle],
        annotator,
        fulfilled,
        embedding: embedding(principle, draw),
      },
    })
    const noticed = principles.keys().filter((i) => draw.next() < (i === salient ? choices.noticed : choices.others))
    const told = [...noticed].map((i) => remark(i, holds(text, i) !== draw.next() < choices.wrong))
    return draw.next() < choices.private
      ? [...told, remark(draw.int(0, principles.length - 1), draw.next() < 0.5)]
      : told
  })
}
