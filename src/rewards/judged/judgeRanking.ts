/** Best-of-n: a judge orders all answers to a prompt at once. value = 1 - rank / (n - 1), ranks from 0. */
import { z } from 'zod'
import type { Judge } from '../../judge/judge.ts'
import type { Reward } from '../reward.ts'
import { askOnce, type Draws } from './askJudge.ts'
import { conversationText, judgePrompt, referenceText } from './judgePrompt.ts'
import { listwiseJudge } from './listwiseJudge.ts'

export interface JudgeRankingOptions extends Draws {
  /** What a good answer does. Default: it is correct, complete, clear, and does what was asked. */
  readonly criteria?: string
}

/**
 * The place of each answer among those to its prompt, in [0, 1], the best 1. Listwise. Equal texts share a place. An order
 * that leaves out or repeats an answer is no order: Unscored. Each repetition shows the answers in an order of its own.
 */
export function judgeRanking(judge: Judge, options: JudgeRankingOptions = {}): Reward {
  const { criteria = 'It is correct, complete, clear, and does what was asked.', maxTokens, seed = 0 } = options
  const { repetitions = 1, temperature = repetitions > 1 ? 0.7 : 0 } = options
  return listwiseJudge('judgeRanking', [0, 1], options, async ([{ prompt }], { names, texts }, draw, signal) => {
    const order = z
      .array(z.enum(names))
      .length(names.length)
      .refine((list) => new Set(list).size === names.length, 'every answer must be named once')
    const schema = z.object({ reason: z.string(), best_to_worst: order })
    const reference = referenceText(prompt)
    const messages = judgePrompt({
      task: 'You order answers to a question from best to worst.',
      fields: [
        ['Question', conversationText(prompt)],
        ...(reference === undefined ? [] : [['Reference answer', reference] as const]),
        ...names.map((name, i) => [name, texts[i]] as const),
      ],
      answer: [
        `Criteria: ${criteria}`,
        'The order in which the answers are shown means nothing.',
        `Answer with JSON: {"reason": "one or two sentences", "best_to_worst": [all of ${names.map((name) => `"${name}"`).join(', ')}]}`,
      ].join('\n'),
    })
    const question = { messages, schema, temperature, seed, repetition: draw }
    const answer = await askOnce(judge, { ...question, ...(maxTokens === undefined ? {} : { maxTokens }) }, signal)
    if ('kind' in answer) return answer
    const { best_to_worst: ranking, reason } = answer.value
    return { values: new Map(ranking.map((name, rank) => [name, 1 - rank / (ranking.length - 1)])), feedback: reason }
  })
}
