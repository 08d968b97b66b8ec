/**
 * Binary principles: a short statement that an answer meets or does not ("RLBFF: Binary Flexible Feedback to bridge
 * between Human Feedback & Verifiable Rewards", arXiv 2509.21319):
 *
 *     r(x, y, P) = log p(Yes | x, y, P) - log p(No | x, y, P)
 *
 * Above 0 the answer meets the principle; unlike a Bradley-Terry score it means the same for every prompt.
 */

import type { Prompt } from '../../data/message.ts'
import { scored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { conversationText, judgePrompt } from './judgePrompt.ts'
import { formed, needLogprobs, yesNo } from './yesProbability.ts'

export interface BinaryPrincipleOptions {
  /** The principle, or where a prompt has its own: in `meta.principle` (a text) where this is left out. */
  readonly principle?: string
  /** The log-odds are cut at ± this, or one outlier rules its group. Default 20. */
  readonly limit?: number
}

/**
 * The log-odds that an answer meets a principle. Parts: `yes`, `no`. A prompt without a principle is Unscored. The
 * principle stands after the answer, which so cannot speak for it.
 */
export function binaryPrinciple(judge: Judge, options: BinaryPrincipleOptions = {}): Reward {
  const { limit = 20 } = options
  needLogprobs(judge)
  return defineReward(
    'binaryPrinciple',
    async ({ prompt, completion }, signal) => {
      const principle = options.principle ?? principleOf(prompt)
      if (principle === undefined)
        return unscored('reward', `prompt '${prompt.id}' has no principle, and none was given to the reward`)
      const messages = judgePrompt({
        task: 'You decide whether an answer meets a principle.',
        fields: [
          ['Question', conversationText(prompt)],
          ['Answer', completion.text],
        ],
        answer: `Principle: ${principle}\nDoes the answer meet the principle? Say only Yes or No.`,
      })
      const found = await yesNo(judge, messages, signal)
      if ('kind' in found) return found
      const odds = formed(found, 'logOdds')
      return scored(Math.min(limit, Math.max(-limit, odds)), { parts: { ...found } })
    },
    { range: [-limit, limit] },
  )
}

function principleOf({ meta }: Prompt): string | undefined {
  return typeof meta?.principle === 'string' ? meta.principle : undefined
}
