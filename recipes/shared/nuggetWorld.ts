/**
 * Passages with facts and nuggets to be found in them: `A=3 5~b C=1 2=d/A3B5C1,` asks, with commas between the labels, whether
 * the passage states (S), hedges (P) or does not state (N) that A is 3, B is 5 and C is 1. Facts have four wordings each.
 */
import { type Prompt, type Random, random } from 'guerdon/data'
import { type LabelFormat, type NuggetLabel, nuggetLabels } from 'guerdon/rewards'

export interface NuggetWorld {
  readonly facts: number
  /** Fewest and most nuggets of a question. */
  readonly nuggets: readonly [number, number]
}

const formats: Readonly<Record<string, LabelFormat>> = { ',': 'csv', '|': 'pipe_separated', '\t': 'tsv' }
/** Every character of questions and answers. */
export const alphabet = 'ABCDEFGHJKLMNPSabcdefgh0123456789=~/ ,|\t'

/** Endless questions; the gold labels are the reference. */
export function* questions(
  { facts: count, nuggets: [fewest, most] }: NuggetWorld,
  seed: string,
): Generator<Prompt, never> {
  const draw = random(seed)
  for (let id = 0; ; id++) {
    const stated = draw.shuffle([...'ABCDEFGH']).slice(0, count)
    const facts = stated.map((entity) => ({ entity, digit: draw.int(0, 9), sure: draw.next() < 0.6 }))
    const passage = facts.map(({ entity, digit, sure }) => worded(entity, digit, sure ? '=' : '~', draw)).join(' ')
    const nuggets = Array.from({ length: draw.int(fewest, most) }, () => {
      const fact = draw.pick(facts)
      const other = draw.next()
      if (other < 0.2) return { text: `${fact.entity}${(fact.digit + draw.int(1, 9)) % 10}`, label: 'not_support' }
      if (other < 0.3) return { text: `${draw.pick([...'JKLM'])}${fact.digit}`, label: 'not_support' }
      return { text: `${fact.entity}${fact.digit}`, label: fact.sure ? 'support' : 'partial_support' }
    })
    const separator = draw.pick(Object.keys(formats))
    const content = `${passage}/${nuggets.map(({ text }) => text).join('')}${separator}`
    const reference = nuggets.map(({ label }) => label)
    yield { id: `${seed} ${id}`, messages: [{ role: 'user', content }], reference, meta: { separator } }
  }
}

function worded(entity: string, digit: number, sign: string, draw: Random): string {
  const name = draw.next() < 0.5 ? entity : entity.toLowerCase()
  return draw.next() < 0.5 ? `${name}${sign}${digit}` : `${digit}${sign}${name}`
}

export const goldOf = ({ reference }: Prompt) =>
  nuggetLabels.length === 0 || !Array.isArray(reference)
    ? []
    : reference.flatMap((each) => nuggetLabels.find((label) => label === each) ?? [])
export const separatorOf = ({ meta }: Prompt) => String(meta?.separator)
export const formatOf = (prompt: Prompt) => formats[separatorOf(prompt)]
export const short = (label: NuggetLabel) => label[0].toUpperCase()
/** The model writes S, P and N: a character is a token. */
export const inWords = (text: string) =>
  text.replaceAll(/[SPN]/g, (letter) => nuggetLabels.find((each) => short(each) === letter) ?? '')

/** Macro F1 over all nuggets; a label that is missing counts as none of the three. */
export function macroF1(said: readonly (readonly string[])[], gold: readonly (readonly string[])[]): number {
  const pairs = gold.flatMap((labels, i) => labels.map((label, j) => [said[i][j], label]))
  const scores = nuggetLabels.map((name) => {
    const count = (is: (pair: readonly string[]) => boolean) => pairs.filter(is).length
    return (
      (2 * count(([a, b]) => a === name && b === name)) / (count(([a]) => a === name) + count(([, b]) => b === name))
    )
  })
  return scores.reduce((total, score) => total + score, 0) / scores.length
}
