/**
 * Follow-up likelihood as a reward (FLR, arXiv 2409.13948; equations in `followUps.ts`). The scorer plays the user, as the
 * paper's tuned one does: it has asked the question, got the answer, and now reacts. So the phrases stand where a chat
 * model's own words stand.
 */
import type { Message } from '../../data/message.ts'
import { type Score, scored, type Unscored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import type { FrozenPolicy, Policy } from '../../policy/policy.ts'
import { defineReward, type Reward } from '../reward.ts'
import { unanswered } from './askJudge.ts'
import { type FollowUpForm, type FollowUps, followUpReward, followUps } from './followUps.ts'
import { conversationText } from './judgePrompt.ts'
import { needLogprobs } from './yesProbability.ts'

/** The log-likelihood of each phrase as what the model says next. */
export type FollowUpScorer = (
  messages: readonly Message[],
  phrases: readonly string[],
  signal?: AbortSignal,
) => Promise<readonly number[] | Unscored>

export interface FollowUpLikelihoodOptions {
  /** Phrases by dimension. Default: three dimensions of three a side. */
  readonly sets?: Readonly<Record<string, FollowUps>>
  /** Default 'mean', the difference of mean log-likelihoods. */
  readonly form?: FollowUpForm
}

/** The mean over the dimensions of how much likelier praise is than complaint. Parts: one for each dimension. */
export function followUpLikelihood(scorer: FollowUpScorer, options: FollowUpLikelihoodOptions = {}): Reward {
  const { sets = followUps, form = 'mean' } = options
  const dimensions = Object.entries(sets)
  const phrases = dimensions.flatMap(([, { positive, negative }]) => [...positive, ...negative])
  const range = form === 'share' ? { range: [0, 1] as const } : {}
  return defineReward(
    'followUpLikelihood',
    async ({ prompt, completion }, signal): Promise<Score> => {
      const messages: readonly Message[] = [
        { role: 'user', content: 'Ask me a question, and say what you think of my answer.' },
        { role: 'assistant', content: conversationText(prompt) },
        { role: 'user', content: completion.text },
      ]
      const found = await scorer(messages, phrases, signal)
      if ('kind' in found) return found
      let from = 0
      const parts = dimensions.map(([name, { positive, negative }]): [string, number] => {
        const middle = from + positive.length
        const end = middle + negative.length
        const value = followUpReward(found.slice(from, middle), found.slice(middle, end), form)
        from = end
        return [name, value]
      })
      return scored(parts.reduce((total, [, value]) => total + value, 0) / parts.length, {
        parts: Object.fromEntries(parts),
      })
    },
    range,
  )
}

/** A policy as the scorer: the mean log-likelihood a token, so that long phrases are not the unlikelier ones. */
export function policyFollowUps(policy: FrozenPolicy & Pick<Policy, 'tokenizer' | 'contextLength'>): FollowUpScorer {
  const { tokenizer, contextLength } = policy
  return async (messages, phrases) => {
    const said = tokenizer.encode(tokenizer.render(messages))
    const sequences = phrases.map((phrase) => {
      const words = tokenizer.encode(phrase)
      // The left of the conversation goes where it is too long, never the answer that is judged.
      const kept = said.slice(Math.max(0, said.length + words.length - contextLength))
      return { tokens: Int32Array.from([...kept, ...words]), promptLength: kept.length }
    })
    if (sequences.some(({ promptLength }) => promptLength < 1))
      return unscored('reward', `a follow-up is longer than the model's context of ${contextLength} tokens`)
    const readouts = await policy.forward(sequences, ['logprobs'])
    return readouts.map(({ logprobs = new Float32Array() }) => logprobs.reduce((a, b) => a + b, 0) / logprobs.length)
  }
}

/**
 * A judge as the scorer, by the log-probability of the whole phrase (a sum: give phrases of like length). It must give
 * log-probs of whole choices, as llamaCpp does; a server that shows a first token's alternatives cannot.
 */
export function judgeFollowUps(judge: Judge): FollowUpScorer {
  needLogprobs(judge)
  return async (messages, phrases, signal) => {
    const answer = await judge.logprobs?.({ messages }, phrases, signal)
    if (answer === undefined) return unscored('judge', `the judge '${judge.name}' gives no log-probabilities`)
    return answer.ok ? answer.value : unanswered(answer)
  }
}
