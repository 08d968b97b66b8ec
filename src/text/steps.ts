/** The steps of an answer: pieces that end with a separator, and the tokens on which they end. */
import type { Span } from '../data/message.ts'
import type { Rollout } from '../data/rollout.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * The pieces of a text, each with the separator that ends it; together they are the text. An empty text is one empty
 * step; what follows the last separator is a step where it is not empty.
 *
 * @param separator not empty
 */
export function splitSteps(text: string, separator: string): Span[] {
  const steps: Span[] = []
  for (let start = 0; start < text.length || start === 0; ) {
    const found = text.indexOf(separator, start)
    const end = found < 0 ? text.length : found + separator.length
    steps.push({ start, end })
    if (end === text.length) break
    start = end
  }
  return steps
}

/**
 * The rollout with its completion's steps, and for each the token that completes it. The last step ends on the last
 * token (the end token, where there is one). A completion without tokens has no steps.
 */
export function withSteps(rollout: Rollout, tokenizer: Tokenizer, separator: string): Rollout {
  const { sample, sequence } = rollout
  const tokens = sequence.tokens.subarray(sequence.promptLength)
  const steps = tokens.length === 0 ? [] : splitSteps(sample.completion.text, separator)
  const stepEnds = new Int32Array(steps.length)
  steps.forEach(({ end }, k) => {
    const from = k === 0 ? 0 : stepEnds[k - 1]
    stepEnds[k] = k === steps.length - 1 ? tokens.length - 1 : tokenAt(tokens, from, end, tokenizer)
  })
  return { ...rollout, sample: { ...sample, completion: { ...sample.completion, steps } }, stepEnds }
}

/** The first token at or after `from` with which the decoded text reaches `end` characters. */
function tokenAt(tokens: Int32Array, from: number, end: number, tokenizer: Tokenizer): number {
  let low = from
  let high = tokens.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    // Whole beginnings are decoded: a token's text may depend on the tokens before it.
    if (tokenizer.decode(tokens.subarray(0, middle + 1)).length >= end) high = middle
    else low = middle + 1
  }
  return low
}
