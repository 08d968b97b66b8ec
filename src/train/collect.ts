/** Sampling and scoring at once: an answer is scored as soon as it is finished, while others are still being written. */
import type { Prompt } from '../data/message.ts'
import type { Group, Rollout } from '../data/rollout.ts'
import { type Score, unscored } from '../data/score.ts'
import type { Policy, SamplingOptions } from '../policy/policy.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'

export interface CollectOptions {
  readonly policy: Policy
  readonly reward: Reward
  readonly groupSize: number
  readonly sampling: SamplingOptions
  /** Milliseconds one call of the reward may take. */
  readonly deadlineMs?: number
  /** Most calls of the reward in flight. Default 64. */
  readonly inFlight?: number
  readonly signal?: AbortSignal
}

/** G scored answers to each prompt, in the prompts' order. Each prompt samples from a stream of its own. */
export async function collect(prompts: readonly Prompt[], options: CollectOptions): Promise<Group[]> {
  const { policy, reward, groupSize, sampling, signal } = options
  const inFlight = Math.min(options.inFlight ?? 64, reward.concurrency ?? Number.POSITIVE_INFINITY)
  const gate = limiter(inFlight)
  const rollouts: Rollout[][] = prompts.map(() => [])
  const scores: Score[][] = prompts.map(() => Array.from({ length: groupSize }, () => unscored('reward', 'not asked')))
  const grading: Promise<void>[] = []
  const grade = (request: number, indices: readonly number[]) =>
    gate(async () => {
      const samples = indices.map((index) => rollouts[request][index].sample)
      const answers = await scoreAll(reward, samples, {
        ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
        ...(signal === undefined ? {} : { signal }),
      })
      indices.forEach((index, i) => {
        scores[request][index] = answers[i]
      })
    })
  const left = prompts.map(() => groupSize)
  const requests = prompts.map((prompt, i) => ({
    ...sampling,
    prompt,
    count: groupSize,
    seed: `${sampling.seed}/${i}`,
  }))
  for await (const { request, index, rollout } of policy.sample(requests, signal)) {
    rollouts[request][index] = rollout
    left[request]--
    if (reward.listwise !== true) grading.push(grade(request, [index]))
    else if (left[request] === 0) grading.push(grade(request, [...rollouts[request].keys()]))
  }
  await Promise.all(grading)
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
