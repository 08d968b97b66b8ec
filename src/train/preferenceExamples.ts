/** Preferences as token sequences, and the order in which a run goes through them. */
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import { random } from '../data/random.ts'
import type { Feedback, Preference, Sequence } from '../data/rollout.ts'
import type { Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'

/** Pairs, or single judged answers; not both in one list. */
export type PreferenceData = readonly Preference[] | readonly Feedback[]

/** A pair, [chosen, rejected], or one judged answer. */
export interface Example {
  readonly prompt: Prompt
  readonly answers: readonly string[]
  readonly sequences: readonly Sequence[]
  readonly desirable?: boolean
  readonly weight?: number
}

export interface Examples {
  readonly examples: readonly Example[]
  /** Longer than the policy's context. */
  readonly tooLong: number
  /** Pairs of equal answers, which prefer nothing. */
  readonly identical: number
}

/**
 * Data as an objective over pairs or over single answers reads it: pairs become two judged answers where single ones
 * are wanted. Answers end with the end token, but for those that ran into a token limit. Throws a GuerdonError for single
 * answers where pairs are wanted, and where nothing is left to learn from.
 */
export function toExamples(policy: Policy, data: PreferenceData, over: 'pairs' | 'answers', what = 'data'): Examples {
  const pairs = data.filter(isPair)
  if (pairs.length < data.length && over === 'pairs')
    throw new GuerdonError(`${what}: the objective compares pairs, and these are single judged answers`, {
      fix: 'choose an objective for single answers: bco() or kto()',
    })
  let [tooLong, identical] = [0, 0]
  const wanted = data.filter((each) => !isPair(each) || each.chosen !== each.rejected)
  identical = data.length - wanted.length
  const examples = wanted.flatMap(split(over)).flatMap(({ finish, ...each }): Example[] => {
    const sequences = each.answers.map((answer) => answerSequence(policy, each.prompt, answer, finish !== 'length'))
    if (sequences.every((sequence) => sequence !== undefined)) return [{ ...each, sequences }]
    tooLong++
    return []
  })
  if (examples.length === 0)
    throw new GuerdonError(
      `${what}: nothing to learn from: of ${data.length} examples ${tooLong} are longer than the context of ${policy.contextLength} tokens and ${identical} are pairs of equal answers`,
    )
  return { examples, tooLong, identical }
}

function isPair(each: Preference | Feedback): each is Preference {
  return 'chosen' in each
}

type Unread = Omit<Example, 'sequences'> & { readonly finish?: 'stop' | 'length' }

function split(over: 'pairs' | 'answers'): (each: Preference | Feedback) => Unread[] {
  return (each) => {
    if (!isPair(each)) {
      const { prompt, completion } = each.sample
      const weight = each.weight === undefined ? {} : { weight: each.weight }
      return [{ prompt, answers: [completion.text], finish: completion.finish, desirable: each.desirable, ...weight }]
    }
    const { prompt, chosen, rejected } = each
    if (over === 'pairs') return [{ prompt, answers: [chosen, rejected] }]
    return [chosen, rejected].map((answer, i) => ({ prompt, answers: [answer], desirable: i === 0 }))
  }
}

/** Prompt and answer, tokenised apart so that the answer's tokens do not depend on the prompt; undefined where too long. */
function answerSequence(policy: Policy, prompt: Prompt, answer: string, ended: boolean): Sequence | undefined {
  const { tokenizer, contextLength } = policy
  const head = tokenizer.encode(tokenizer.render(prompt.messages))
  if (head.length >= contextLength) return undefined
  const tail = tokenizer.encode(answer)
  const tokens = Int32Array.of(...promptTokens(policy, prompt), ...tail, ...(ended ? [tokenizer.endId] : []))
  return tokens.length > contextLength ? undefined : { tokens, promptLength: head.length }
}

/** Batches that are sorted together: enough to find neighbours of like length, few enough to stay random. */
const sortedTogether = 8

/**
 * One pass over the examples in batches of like length, so that little is padded: shuffled, sorted by length within
 * windows of eight batches, and the batches shuffled again. The last batch may be smaller.
 */
export function batchesOf(lengths: readonly number[], batch: number, seed: number | string): number[][] {
  const source = random(seed)
  const order = source.shuffle([...lengths.keys()])
  const batches: number[][] = []
  for (let at = 0; at < order.length; at += batch * sortedTogether) {
    const window = order.slice(at, at + batch * sortedTogether).sort((a, b) => lengths[a] - lengths[b] || a - b)
    for (let i = 0; i < window.length; i += batch) batches.push(window.slice(i, i + batch))
  }
  return source.shuffle(batches)
}
