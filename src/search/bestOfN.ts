/** Best-of-n: n answers to each prompt, the one that a reward likes best. */
import type { Prompt } from '../data/message.ts'
import type { Rollout } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'
import type { Policy, SamplingOptions } from '../policy/policy.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'
import type { SearchCost } from './cost.ts'

export interface AnswersOptions extends SamplingOptions {
  readonly policy: Policy
  /** Answers a prompt. */
  readonly n: number
  readonly signal?: AbortSignal
}

export interface BestOfNOptions extends AnswersOptions {
  readonly reward: Reward
  /** Milliseconds one call of the reward may take. Default 60 000. */
  readonly deadlineMs?: number
}

/** A prompt's answers with what drawing them cost. */
export interface Answers {
  readonly prompt: Prompt
  readonly rollouts: readonly Rollout[]
  readonly cost: SearchCost
}

export interface BestOfN extends Answers {
  readonly scores: readonly Score[]
  /** The place of the best answer, the first of equals; the first of all where none could be scored. */
  readonly best: number
}

/** n answers to each prompt, in the prompts' order. Prompt i draws from the stream (seed, i). */
export async function sampleAnswers(prompts: readonly Prompt[], options: AnswersOptions): Promise<Answers[]> {
  const { policy, n, signal, ...sampling } = options
  const rollouts: Rollout[][] = prompts.map(() => [])
  const requests = prompts.map((prompt, i) => ({ ...sampling, prompt, count: n, seed: `${sampling.seed}/${i}` }))
  for await (const { request, index, rollout } of policy.sample(requests, signal)) rollouts[request][index] = rollout
  return prompts.map((prompt, i) => ({
    prompt,
    rollouts: rollouts[i],
    cost: {
      sampled: rollouts[i].reduce((sum, { logprobs }) => sum + logprobs.length, 0),
      read: rollouts[i][0]?.sequence.promptLength ?? 0,
    },
  }))
}

/** Samples n answers to each prompt and scores them. What could not be scored is never the best while another could. */
export async function bestOfN(prompts: readonly Prompt[], options: BestOfNOptions): Promise<BestOfN[]> {
  const { reward, deadlineMs, ...rest } = options
  const answered = await sampleAnswers(prompts, rest)
  const samples = answered.flatMap(({ rollouts }) => rollouts.map(({ sample }) => sample))
  const all = await scoreAll(reward, samples, { deadlineMs, signal: options.signal })
  let at = 0
  return answered.map((each) => {
    const scores = all.slice(at, (at += each.rollouts.length))
    return { ...each, scores, best: bestOf(scores) }
  })
}

/** The place of the highest value, the first of equals. */
export function bestOf(scores: readonly Score[]): number {
  const value = (score: Score) => (score.kind === 'scored' ? score.value : Number.NEGATIVE_INFINITY)
  return scores.reduce((best, score, i) => (value(score) > value(scores[best]) ? i : best), 0)
}
