/**
 * Rewards of different scales, made comparable within each prompt before they are averaged: BLEUBERI's "BLEU+RM"
 * (arXiv 2505.11080),
 *
 *     value = mean_k (r_k - mean(r_k)) / (std(r_k) + 1e-6)
 *
 * with the moments over the prompt's group of answers, std with n - 1.
 */
import { scored } from '../data/score.ts'
import { answersWhenAborted, ask } from './ask.ts'
import { combination, kept, named, needAll } from './combine.ts'
import type { Reward } from './reward.ts'

/**
 * The mean of the rewards' z-scores within each prompt's group; the plain values stay in `parts`. Listwise. An answer
 * with an Unscored part is Unscored; it counts in no moment of that part. A group of one scores 0.
 */
export function zScoreMean(...rewards: readonly Reward[]): Reward {
  const inner = named(rewards)
  const base = combination('zScoreMean', inner, undefined, async (samples, signal) => {
    const answers = await Promise.all(rewards.map((reward) => ask(reward, samples, signal)))
    const sums = new Float64Array(samples.length)
    const groups = Map.groupBy(samples.keys(), (at) => samples[at].prompt.id)
    for (const group of groups.values()) {
      for (const scores of answers) {
        const present = group.flatMap((at) => {
          const score = scores[at]
          return score.kind === 'scored' ? [{ at, value: score.value }] : []
        })
        const { mean, deviation } = moments(present.map(({ value }) => value))
        for (const { at, value } of present) sums[at] += (value - mean) / (deviation + 1e-6) / rewards.length
      }
    }
    return samples.map((_, at) => {
      const parts = needAll(
        inner,
        answers.map((scores) => scores[at]),
      )
      return 'kind' in parts ? parts : scored(sums[at], kept(parts))
    })
  })
  return answersWhenAborted({ ...base, listwise: true })
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  if (values.length === 0) return { mean: 0, deviation: 0 }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 }
}
