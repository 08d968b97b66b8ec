/**
 * The probability of "yes" as a reward: a judge stays in its own next-token regime ("RewardDance: Reward Scaling in
 * Visual Generation", arXiv 2509.08826, eq. 2, with texts for pictures),
 *
 *     r(x, reference) = P("yes" | reference, x, question, criteria)
 *
 * pointwise without the reference. The probability is the full vocabulary's; `form` renormalises it over yes and no, or
 * gives log P(yes) - log P(no), which does not saturate. Neither is the paper's.
 */
import { GuerdonError } from '../../data/error.ts'
import type { Message } from '../../data/message.ts'
import { type Score, scored, type Unscored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { unanswered } from './askJudge.ts'
import { conversationText, judgePrompt, referenceText } from './judgePrompt.ts'
import type { YesNo } from './softVerdict.ts'

export type YesForm = 'probability' | 'renormalised' | 'logOdds'

export interface YesProbabilityOptions {
  /** What a good answer does. Default: it is correct, complete and does what was asked. */
  readonly criteria?: string
  /**
   * 'none' (the default): is the answer good? 'better': is it better than the prompt's reference, an answer by somebody
   * else, which is shown first? 'better, both orders': the mean of that and of 1 - P(yes) with places changed.
   */
  readonly against?: 'none' | 'better' | 'better, both orders'
  /** Default 'probability'. */
  readonly form?: YesForm
}

/**
 * P(yes) of each answer. Parts: `yes`, `no` (masses over the spellings); with both orders also `swapped`, P(yes) for
 * the reference, which a judge without position bias makes 1 - yes. An answer that is the reference scores the tie,
 * unasked. Throws a GuerdonError for a judge without log-probabilities.
 */
export function yesProbability(judge: Judge, options: YesProbabilityOptions = {}): Reward {
  const { criteria = goodAnswer, against = 'none', form = 'probability' } = options
  needLogprobs(judge)
  const asked = async (messages: readonly Message[], signal?: AbortSignal) => yesNo(judge, messages, signal)
  const range = form === 'logOdds' ? {} : { range: [0, 1] as const }
  return defineReward(
    'yesProbability',
    async ({ prompt, completion }, signal): Promise<Score> => {
      const question = conversationText(prompt)
      if (against === 'none') {
        const found = await asked(pointwise(question, completion.text, criteria), signal)
        return 'kind' in found ? found : scored(formed(found, form), { parts: { ...found } })
      }
      const reference = referenceText(prompt)
      if (reference === undefined) return unscored('reward', `prompt '${prompt.id}' has no reference to be better than`)
      if (reference.trim() === completion.text.trim())
        return scored(form === 'logOdds' ? 0 : 0.5, { feedback: 'the answer is the reference' })
      const [found, swapped] = await Promise.all([
        asked(pairwise(question, reference, completion.text, criteria), signal),
        against === 'better' ? undefined : asked(pairwise(question, completion.text, reference, criteria), signal),
      ])
      if ('kind' in found) return found
      const value = formed(found, form)
      if (swapped === undefined) return scored(value, { parts: { ...found } })
      if ('kind' in swapped) return swapped
      const turned = formed(swapped, form)
      const other = form === 'logOdds' ? -turned : 1 - turned
      return scored((value + other) / 2, { parts: { ...found, swapped: swapped.yes } })
    },
    range,
  )
}

/** Where a reward reads log-probabilities, a judge must give them. */
export function needLogprobs(judge: Judge): void {
  if (judge.logprobs !== undefined) return
  throw new GuerdonError(`the judge '${judge.name}' gives no log-probabilities`, {
    fix: 'use openaiCompatible (a server with top_logprobs) or llamaCpp (a local model)',
  })
}

/** The probabilities that the answer starts with yes or no, over the ways to write them; or why there are none. */
export async function yesNo(
  judge: Judge,
  messages: readonly Message[],
  signal?: AbortSignal,
): Promise<YesNo | Unscored> {
  const answer = await judge.logprobs?.({ messages }, spellings, signal)
  if (answer === undefined) return unscored('judge', `the judge '${judge.name}' gives no log-probabilities`)
  if (!answer.ok) return unanswered(answer)
  const mass = answer.value.map(Math.exp)
  // Each spelling that a server does not list comes with the most it can have: one bound, which all cannot have at once.
  const bound = Math.min(...mass)
  const [yes, no] = [mass.slice(0, 3), mass.slice(3)].map(
    (list) => list.reduce((total, each) => total + (each > bound ? each : 0), 0) || bound,
  )
  if (yes > 0 || no > 0) return { yes: Math.min(1, yes), no: Math.min(1, no) }
  return unscored('judge', `the judge '${judge.name}' gives neither yes nor no any probability`)
}

const spellings = ['Yes', 'yes', 'YES', 'No', 'no', 'NO']

/** One number from the two masses. The log-odds are bounded by the smallest number above 0. */
export function formed({ yes, no }: YesNo, form: YesForm): number {
  if (form === 'probability') return yes
  if (form === 'renormalised') return yes / (yes + no)
  return Math.log(Math.max(yes, Number.MIN_VALUE)) - Math.log(Math.max(no, Number.MIN_VALUE))
}

const goodAnswer = 'It is correct, complete, and does what was asked.'

function pointwise(question: string, answer: string, criteria: string): Message[] {
  return judgePrompt({
    task: 'You judge an answer to a question.',
    fields: [
      ['Question', question],
      ['Answer', answer],
    ],
    answer: `Criteria: ${criteria}\nDoes the answer meet the criteria? Say only yes or no.`,
  })
}

function pairwise(question: string, first: string, second: string, criteria: string): Message[] {
  return judgePrompt({
    task: 'You compare two answers to a question.',
    fields: [
      ['Question', question],
      ['Answer 1', first],
      ['Answer 2', second],
    ],
    answer: `Criteria: ${criteria}\nIs answer 2 better than answer 1 by these criteria? Say only yes or no.`,
  })
}
