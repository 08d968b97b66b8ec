/** Sampling and scoring at once: an answer is scored as soon as it is finished, while others are still being written. */
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Group, Rollout } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'
import type { Policy, SamplingOptions } from '../policy/policy.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'
import { withSteps } from '../text/steps.ts'

export interface CollectOptions {
  readonly policy: Policy
  readonly reward: Reward
  readonly groupSize: number
  readonly sampling: SamplingOptions
  /** Gives completions their steps: the pieces that end with this text. Default: none. */
  readonly stepSeparator?: string
  /** Milliseconds one call of the reward may take. Default 60 000. */
  readonly deadlineMs?: number
  /** Most calls of the reward in flight. Default 64, or fewer where the reward says so. */
  readonly inFlight?: number
  /** Aborted: throws its reason, and calls of the reward under way are aborted as well. */
  readonly signal?: AbortSignal
}

/**
 * G scored answers to each prompt, in the prompts' order. Each prompt samples from a stream of its own. Throws what
 * sampling throws, for example a GuerdonError for a prompt longer than the context; a reward's failures are Unscored.
 */
export async function collect(prompts: readonly Prompt[], options: CollectOptions): Promise<Group[]> {
  const { policy, reward, groupSize, sampling } = options
  const gate = limiter(Math.max(1, Math.min(options.inFlight ?? 64, reward.concurrency ?? Number.POSITIVE_INFINITY)))
  const rollouts: Rollout[][] = prompts.map(() => [])
  const scores: Score[][] = prompts.map(() => [])
  const left = prompts.map(() => groupSize)
  const grading: Promise<void>[] = []
  const failed = new AbortController()
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([options.signal, failed.signal])
  const grade = (request: number, indices: readonly number[]) =>
    gate(async () => {
      const samples = indices.map((index) => rollouts[request][index].sample)
      const answers = await scoreAll(reward, samples, { deadlineMs: options.deadlineMs, signal })
      indices.forEach((index, i) => {
        scores[request][index] = answers[i]
      })
    })
  const requests = prompts.map((prompt, i) => ({
    ...sampling,
    prompt,
    count: groupSize,
    seed: `${sampling.seed}/${i}`,
  }))
  try {
    for await (const { request, index, rollout } of policy.sample(requests, options.signal)) {
      const { stepSeparator: separator } = options
      rollouts[request][index] = separator === undefined ? rollout : withSteps(rollout, policy.tokenizer, separator)
      left[request]--
      if (reward.listwise !== true) grading.push(grade(request, [index]))
      else if (left[request] === 0) grading.push(grade(request, [...rollouts[request].keys()]))
    }
    const short = left.findIndex((count) => count !== 0)
    if (short >= 0)
      throw new GuerdonError(
        `the policy gave ${groupSize - left[short]} of ${groupSize} answers to prompt '${prompts[short].id}'`,
      )
    await Promise.all(grading)
    options.signal?.throwIfAborted()
  } catch (thrown) {
    // Nobody will read the scores still to come: their calls are aborted, and heard out so that none is left behind.
    failed.abort(thrown)
    await Promise.allSettled(grading)
    throw thrown
  }
  return prompts.map((prompt, i) => ({ prompt, rollouts: rollouts[i], scores: scores[i] }))
}

/** Runs at most `most` tasks at a time, the others in the order they came. */
function limiter(most: number): (task: () => Promise<void>) => Promise<void> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (task) => {
    if (running >= most) await new Promise<void>((resume) => waiting.push(resume))
    else running++
    try {
      await task()
    } finally {
      // A place is handed over to the next in line, or given back.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
