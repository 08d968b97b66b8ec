/**
 * A judge that follows a principle in words, for all answers of a prompt in one call ("RewardAnything: Generalizable
 * Principle-Following Reward Models", arXiv 2506.03637): the principle stands above general preference, scores are whole
 * numbers 1..5 with an order from best to worst. value = (s - 1) / 4.
 */
import { z } from 'zod'
import { unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import type { Reward } from '../reward.ts'
import { askOnce, type Draws } from './askJudge.ts'
import { conversationText, judgePrompt } from './judgePrompt.ts'
import { listwiseJudge } from './listwiseJudge.ts'

export interface PrincipleFollowingOptions extends Draws {
  /** The principle; where this is left out each prompt's `meta.principle`. */
  readonly principle?: string
  /** What the order adds to break ties between equal scores, as a share of one point. Default 0.5; 0 leaves ties. */
  readonly tieBreak?: number
}

/**
 * How well each answer follows the principle, in [0, 1]. Listwise. The judge's order breaks ties between equal scores: with
 * m candidates of one score the best gets half of `tieBreak` points more, the worst as much less. An evaluation without
 * a score for every candidate is Unscored, not partly believed.
 */
export function principleFollowing(judge: Judge, options: PrincipleFollowingOptions = {}): Reward {
  const { tieBreak = 0.5, maxTokens, seed = 0 } = options
  const { repetitions = 1, temperature = repetitions > 1 ? 0.7 : 0 } = options
  const name = 'principleFollowing'
  return listwiseJudge(name, [0, 1], options, async ([{ prompt }], { names, texts }, draw, signal) => {
    const principle = options.principle ?? prompt.meta?.principle
    if (typeof principle !== 'string')
      return unscored('reward', `prompt '${prompt.id}' has no principle, and none was given to the reward`)
    const level = z.int().min(1).max(5)
    const schema = z.object({
      reason: z.string(),
      scores: z.object(Object.fromEntries(names.map((each) => [each, level]))),
      best_to_worst: z.array(z.enum(names)),
    })
    const messages = judgePrompt({
      task: 'You score answers to a question by a principle. The principle stands above your general preference; never reward harm.',
      fields: [['Question', conversationText(prompt)], ...names.map((each, i) => [each, texts[i]] as const)],
      answer: [
        `Principle: ${principle}`,
        'Score each answer with a whole number: 5 follows the principle fully, 4 mostly, 3 partly, 2 hardly, 1 not at all.',
        'Use the full range. The order in which the answers are shown means nothing.',
        `Answer with JSON: {"reason": "...", "scores": {"${names[0]}": 3, ...}, "best_to_worst": [all names, also among equal scores]}`,
      ].join('\n'),
    })
    const question = { messages, schema, temperature, seed, repetition: draw }
    const answer = await askOnce(judge, { ...question, ...(maxTokens === undefined ? {} : { maxTokens }) }, signal)
    if ('kind' in answer) return answer
    const { scores, best_to_worst: order, reason } = answer.value
    const values = new Map(
      names.map((each) => [each, clamp((scores[each] - 1 + tieBreak * offset(each, scores, order)) / 4)]),
    )
    return { values, feedback: reason }
  })
}

/** A candidate's place among those of its own score, from 1/2 for the best to -1/2 for the worst. */
function offset(name: string, scores: Readonly<Record<string, number>>, order: readonly string[]): number {
  const tied = [...new Set(order)].filter((each) => scores[each] === scores[name])
  const place = tied.indexOf(name)
  return place < 0 || tied.length < 2 ? 0 : 0.5 - place / (tied.length - 1)
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}
