/**
 * WB-Reward as a reward: an answer against baseline answers with a checklist, five outcomes, and the rule against length
 * bias ("WildBench", arXiv 2406.04770): value = mean over the baselines of v in {1, 1/2, 0, -1/2, -1}.
 */
import { z } from 'zod'
import type { Prompt } from '../../data/message.ts'
import { random } from '../../data/random.ts'
import { scored, type Unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { referenceTexts } from '../againstReferences.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askOnce } from './askJudge.ts'
import { checklistField, checklistOf } from './checklist.ts'
import { historyAndQuery, judgePrompt } from './judgePrompt.ts'
import { emptyOutcome, lengthRule, type Outcome, outcomeValue } from './wildBench.ts'

export interface WbRewardOptions {
  /** For prompts without a `meta.checklist` of their own. */
  readonly checklist?: readonly string[]
  /** K: a slight win of an answer longer by more than this many characters is a tie. Default 500; Infinity: off. */
  readonly margin?: number
  /** Seed of the coin that places the answer first or second. Default 0. */
  readonly seed?: number | string
}

const choices = ['A++', 'A+', 'A=B', 'B+', 'B++'] as const
const schema = z.object({
  analysis_of_A: z.string(),
  analysis_of_B: z.string(),
  reason: z.string(),
  choice: z.enum(choices),
})

interface Compared {
  readonly outcome: Outcome
  readonly reason: string
}

/**
 * The outcome against the prompt's reference, or the mean over several. A side that is empty loses by much without a
 * judge. Parts: `against 1`, ... Unscored where any comparison is.
 */
export function wbReward(judge: Judge, options: WbRewardOptions = {}): Reward {
  const { margin = 500, seed = 0, checklist } = options
  const compare = async (
    prompt: Prompt,
    text: string,
    baseline: string,
    place: number,
    signal?: AbortSignal,
  ): Promise<Compared | Unscored> => {
    const unjudged = emptyOutcome(text, baseline)
    if (unjudged !== undefined) return { outcome: unjudged, reason: 'a side is empty' }
    const first = random(`${seed}/${prompt.id}/${place}/${text}`).next() < 0.5
    const { history, query } = historyAndQuery(prompt)
    const messages = judgePrompt({
      task: "You are an expert evaluator of two AI assistants' answers.",
      fields: [
        ...(history === '' ? [] : [['History', history] as const]),
        ['Query', query],
        ['Answer A', first ? text : baseline],
        ['Answer B', first ? baseline : text],
        ...checklistField(checklistOf(prompt, checklist)),
      ],
      answer: [
        'Use the checklist, where there is one, but do not limit yourself to it.',
        'Choices: A++ A is much better, A+ A is slightly better, A=B both are as good, B+ B is slightly better, B++ B is much better.',
        'Answer with JSON: {"analysis_of_A": "...", "analysis_of_B": "...", "reason": "...", "choice": "A++" or "A+" or "A=B" or "B+" or "B++"}',
      ].join('\n'),
    })
    const answer = await askOnce(judge, { messages, schema, temperature: 0 }, signal)
    if ('kind' in answer) return answer
    const { choice, reason } = answer.value
    const at = choices.indexOf(choice)
    const said = fromBest[first ? at : 4 - at]
    const outcome = lengthRule(said, Array.from(text.trim()).length, Array.from(baseline.trim()).length, margin)
    return { outcome, reason: outcome === said ? reason : `a tie by length, though slightly ${said}: ${reason}` }
  }
  return defineReward(
    'wbReward',
    async ({ prompt, completion }, signal) => {
      const baselines = referenceTexts(prompt)
      if ('kind' in baselines) return baselines
      const found = await Promise.all(
        baselines.map((baseline, i) => compare(prompt, completion.text, baseline, i, signal)),
      )
      const outcomes: Compared[] = []
      for (const each of found) {
        if ('kind' in each) return each
        outcomes.push(each)
      }
      const values = outcomes.map(({ outcome }) => outcomeValue(outcome))
      return scored(values.reduce((total, value) => total + value, 0) / values.length, {
        parts: Object.fromEntries(values.map((value, i) => [`against ${i + 1}`, value])),
        feedback: outcomes.map(({ outcome, reason }) => `${outcome}: ${reason}`).join('\n'),
      })
    },
    { range: [-1, 1] },
  )
}

/** From the side of the answer that is shown first. */
const fromBest: readonly Outcome[] = ['much better', 'better', 'tie', 'worse', 'much worse']
