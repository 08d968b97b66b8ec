/**
 * Scorers of autoevals (https://github.com/braintrustdata/autoevals) as rewards. The types here are structural: nothing
 * is imported, any object of that shape is taken.
 */

import { messageOf } from '../../data/error.ts'
import type { Sample } from '../../data/message.ts'
import { type Score, scored, unscored } from '../../data/score.ts'
import { conversationText } from '../judged/judgePrompt.ts'
import { defineReward, type Reward } from '../reward.ts'

/** What an autoevals scorer answers. A null score means that it cannot say. */
export interface AutoevalsScore {
  readonly name: string
  readonly score: number | null
  readonly metadata?: Readonly<Record<string, unknown>>
  readonly error?: unknown
}

/** The arguments it is called with; scorers read those they know. */
export interface AutoevalsArguments {
  readonly output: unknown
  readonly input?: unknown
  readonly expected?: unknown
  readonly [key: string]: unknown
}

/** A scorer. Written as a method, so that one with arguments of its own is taken; `more` must then give them. */
export type AutoevalsScorer = {
  score(args: AutoevalsArguments): AutoevalsScore | Promise<AutoevalsScore>
}['score']

/** A scorer's metadata that are words about its score. */
const wordy = ['rationale', 'reason', 'choice']

/**
 * An autoevals scorer: `output` is the answer, `expected` the reference, `input` the conversation as text; `more` gives
 * what else it wants (`client`, `model`, `criteria`). A null score and a scorer that throws are Unscored; with `at: 'judge'`
 * it is said to be the judge that failed, for scorers that ask a model. The feedback is its rationale.
 *
 *     import { Levenshtein, ClosedQA } from 'autoevals'
 *     autoevals(Levenshtein)
 *     autoevals(ClosedQA, { more: { criteria: 'Is it polite?' }, at: 'judge' })
 */
export function autoevals(
  scorer: AutoevalsScorer,
  options: {
    readonly more?: Readonly<Record<string, unknown>> | ((sample: Sample) => Readonly<Record<string, unknown>>)
    readonly at?: 'reward' | 'judge'
  } = {},
): Reward {
  const { more = {}, at = 'reward' } = options
  return defineReward(
    scorer.name === '' ? 'autoevals' : scorer.name,
    async (sample): Promise<Score> => {
      const args: AutoevalsArguments = {
        input: conversationText(sample.prompt),
        output: sample.completion.text,
        ...(sample.prompt.reference === undefined ? {} : { expected: sample.prompt.reference }),
        ...(typeof more === 'function' ? more(sample) : more),
      }
      const { score, metadata = {}, error } = await answerOf(scorer, args)
      if (error !== undefined && error !== null) return unscored(at, `${scorer.name}: ${String(error)}`)
      if (score === null || score === undefined) return unscored(at, `${scorer.name} gave no score`)
      const words = wordy.flatMap((key) => (typeof metadata[key] === 'string' ? [metadata[key]] : []))
      return scored(score, words.length === 0 ? {} : { feedback: words.join('\n') })
    },
    { range: [0, 1] },
  )
}

/** What it throws is what it says of its own failure. */
async function answerOf(scorer: AutoevalsScorer, args: AutoevalsArguments): Promise<AutoevalsScore> {
  try {
    return await scorer(args)
  } catch (thrown) {
    return { name: scorer.name, score: null, error: messageOf(thrown) }
  }
}
