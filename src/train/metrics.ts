/** The numbers worth plotting about a step's rollouts. */
import type { Group } from '../data/rollout.ts'

export const mean = (list: readonly number[]): number =>
  list.length === 0 ? Number.NaN : list.reduce((total, value) => total + value, 0) / list.length

/**
 * Reward (mean, spread, named parts), completion length, share cut off by the token limit, entropy per token (the
 * mean of -log p of what was sampled: an unbiased estimate at temperature 1), and the share of groups that teach
 * anything (some advantage that is not 0). Unscored samples take no part in the rewards.
 */
export function batchMetrics(
  groups: readonly Group[],
  advantages: readonly (readonly Float32Array[])[],
): Record<string, number> {
  const rollouts = groups.flatMap((group) => group.rollouts)
  const scores = groups.flatMap((group) => group.scores.flatMap((score) => (score.kind === 'scored' ? [score] : [])))
  const values = scores.map((score) => score.value)
  const reward = mean(values)
  const parts = new Map<string, number[]>()
  for (const score of scores)
    for (const [name, value] of Object.entries(score.parts ?? {})) {
      const list = parts.get(name)
      if (list === undefined) parts.set(name, [value])
      else list.push(value)
    }
  let surprise = 0
  let tokens = 0
  for (const { logprobs } of rollouts) {
    for (const logprob of logprobs) surprise -= logprob
    tokens += logprobs.length
  }
  const taught = advantages.filter((group) => group.some((line) => line.some((value) => value !== 0)))
  return {
    reward,
    rewardSpread: Math.sqrt(mean(values.map((value) => (value - reward) ** 2))),
    ...Object.fromEntries([...parts].map(([name, list]) => [`parts/${name}`, mean(list)])),
    completionLength: tokens / rollouts.length,
    truncated: mean(rollouts.map(({ sample }) => (sample.completion.finish === 'length' ? 1 : 0))),
    entropy: surprise / tokens,
    informativeGroups: taught.length / groups.length,
  }
}
