/** A judge's rating on a scale: the pointwise reward. value = (mean rating - low) / (high - low). */
import { z } from 'zod'
import { GuerdonError } from '../../data/error.ts'
import { scored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askRepeatedly, type Draws, meanAndSpread } from './askJudge.ts'
import { conversationText, judgePrompt, referenceText } from './judgePrompt.ts'

export interface JudgeScaleOptions extends Draws {
  /** What a good answer does. Default: it is correct, complete, clear, and does what was asked. */
  readonly criteria?: string
  /** The least and the greatest whole number. Default [1, 10]. */
  readonly scale?: readonly [low: number, high: number]
  /** What single numbers of the scale mean. */
  readonly anchors?: Readonly<Record<number, string>>
  /** Whether the judge sees the prompt's reference, where there is one. Default true. */
  readonly reference?: boolean
}

/**
 * The rating of each answer, brought to [0, 1]. The judge writes its reason before the number; the first reason is the
 * feedback. Parts: `rating` (the mean on the scale). With repetitions `confidence` is 1 less their standard deviation over
 * the largest it can be.
 */
export function judgeScale(judge: Judge, options: JudgeScaleOptions = {}): Reward {
  const {
    criteria = 'It is correct, complete, clear, and does what was asked.',
    scale = [1, 10],
    anchors = {},
  } = options
  const [low, high] = scale
  if (!(Number.isInteger(low) && Number.isInteger(high) && low < high))
    throw new GuerdonError(`[${scale}] is no scale`, { where: 'scale', fix: 'give two whole numbers, [1, 10]' })
  const schema = z.object({ reason: z.string(), rating: z.int().min(low).max(high) })
  const meaning = Object.entries(anchors).map(([number, text]) => `${number}: ${text}`)
  return defineReward(
    'judgeScale',
    async ({ prompt, completion }, signal) => {
      const reference = options.reference === false ? undefined : referenceText(prompt)
      const messages = judgePrompt({
        task: 'You rate an answer to a question.',
        fields: [
          ['Question', conversationText(prompt)],
          ...(reference === undefined ? [] : [['Reference answer', reference] as const]),
          ['Answer', completion.text],
        ],
        answer: [
          `Criteria: ${criteria}`,
          `Rate the answer with a whole number from ${low} (worst) to ${high} (best).`,
          ...meaning,
          `Answer with JSON: {"reason": "one or two sentences", "rating": a number from ${low} to ${high}}`,
        ].join('\n'),
      })
      const answers = await askRepeatedly(judge, { messages, schema }, options, signal)
      if ('kind' in answers) return answers
      const { mean, spread } = meanAndSpread(answers.map(({ rating }) => rating))
      return scored((mean - low) / (high - low), {
        parts: { rating: mean },
        feedback: answers[0].reason,
        ...(answers.length > 1 ? { confidence: 1 - spread / ((high - low) / 2) } : {}),
      })
    },
    { range: [0, 1] },
  )
}
