/** Several answers to one question, shown to a judge under masked names in a shuffled order. */
import type { Sample } from '../../data/message.ts'
import { random } from '../../data/random.ts'

export interface Candidates {
  /** Masked names in the order in which they are shown: answer-1, answer-2, ... */
  readonly names: readonly string[]
  readonly texts: readonly string[]
  /** Which name each sample's text has; equal texts share one. */
  readonly nameOf: readonly string[]
}

/**
 * The distinct answers of one prompt's samples. The order follows from the seed, the prompt and the draw, so that each
 * draw shows another one and a place's advantage averages out.
 */
export function maskedCandidates(samples: readonly Sample[], seed: number | string, draw: number): Candidates {
  const distinct = [...new Set(samples.map(({ completion }) => completion.text))]
  const texts = random(`${seed}/${samples[0].prompt.id}/${draw}`).shuffle(distinct)
  const names = texts.map((_, i) => `answer-${i + 1}`)
  const byText = new Map(texts.map((text, i) => [text, names[i]]))
  return { names, texts, nameOf: samples.map(({ completion }) => byText.get(completion.text) ?? names[0]) }
}
