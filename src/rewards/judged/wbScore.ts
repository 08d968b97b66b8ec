/**
 * WB-Score as a reward: one answer, a checklist for its task, a judge's score 1..10 ("WildBench", arXiv 2406.04770):
 * value = 2 (s - 5), from -8 to 10, 0 borderline. See `wildBench.ts` for the metric over a set of tasks.
 */
import { z } from 'zod'
import { scored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askRepeatedly, type Draws, meanAndSpread } from './askJudge.ts'
import { checklistField, checklistOf } from './checklist.ts'
import { historyAndQuery, judgePrompt } from './judgePrompt.ts'
import { wbScoreOf } from './wildBench.ts'

export interface WbScoreOptions extends Draws {
  /** For prompts without a `meta.checklist` of their own. */
  readonly checklist?: readonly string[]
}

const schema = z.object({ strengths: z.string(), weaknesses: z.string(), score: z.int().min(1).max(10) })

/** The checklist judge of one answer. An empty answer has score 1 without being judged. Parts: `score` (1..10). */
export function wbScore(judge: Judge, options: WbScoreOptions = {}): Reward {
  return defineReward(
    'wbScore',
    async ({ prompt, completion }, signal) => {
      if (completion.text.trim() === '')
        return scored(wbScoreOf([1]), { parts: { score: 1 }, feedback: 'the answer is empty' })
      const { history, query } = historyAndQuery(prompt)
      const messages = judgePrompt({
        task: "You are an expert evaluator of an AI assistant's answers.",
        fields: [
          ...(history === '' ? [] : [['History', history] as const]),
          ['Query', query],
          ['Answer', completion.text],
          ...checklistField(checklistOf(prompt, options.checklist)),
        ],
        answer: [
          'Use the checklist, where there is one, but do not limit yourself to it.',
          'Scores: 1-2 very poor, makes no sense; 3-4 poor, does not help; 5-6 fair with issues; 7-8 good; 9-10 perfect.',
          'Answer with JSON: {"strengths": "...", "weaknesses": "...", "score": a whole number from 1 to 10}',
        ].join('\n'),
      })
      const answers = await askRepeatedly(judge, { messages, schema }, options, signal)
      if ('kind' in answers) return answers
      const scores = answers.map(({ score }) => score)
      const [{ strengths, weaknesses }] = answers
      return scored(wbScoreOf(scores), {
        parts: { score: meanAndSpread(scores).mean },
        feedback: `strengths: ${strengths}\nweaknesses: ${weaknesses}`,
      })
    },
    { range: [-8, 10] },
  )
}
