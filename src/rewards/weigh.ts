/** A weighted sum of rewards: value = sum_k w_k value_k. */
import { type Score, type Scored, scored, unscored } from '../data/score.ts'
import { ask } from './ask.ts'
import { combination, kept, knownRanges, type Named, needAll, type Parts } from './combine.ts'
import type { Reward } from './reward.ts'

/**
 * The weighted sum of named rewards. Each part's unweighted value stays in `parts`; dense rewards (`tokens`, `steps`)
 * are summed with the same weights. One Unscored part makes the whole Unscored, save a part of weight 0, which is
 * only watched: it appears in `parts` where it could be scored.
 *
 *     weigh({ answer: [1, numericMatch()], format: [0.1, regexFormat(/^<think>/)] })
 */
export function weigh(parts: Readonly<Record<string, readonly [weight: number, reward: Reward]>>): Reward {
  const inner = Object.entries(parts).map(([name, [weight, reward]]) => ({ name, weight, reward }))
  return combination('weigh', inner, weighedRange(inner), async (samples, signal) => {
    const answers = await Promise.all(inner.map(({ reward }) => ask(reward, samples, signal)))
    return samples.map((_, at) =>
      sum(
        inner,
        answers.map((scores) => scores[at]),
      ),
    )
  })
}

interface Weighed extends Named {
  readonly weight: number
}

function sum(inner: readonly Weighed[], scores: readonly Score[]): Score {
  const counted = inner.flatMap((part, k) => (part.weight !== 0 || scores[k].kind === 'scored' ? [k] : []))
  const weights = counted.map((k) => inner[k].weight)
  const parts = needAll(
    counted.map((k) => inner[k]),
    counted.map((k) => scores[k]),
  )
  if ('kind' in parts) return parts
  const tokens = dense(parts, weights, 'tokens')
  const steps = dense(parts, weights, 'steps')
  if (tokens === 'uneven' || steps === 'uneven') {
    return unscored('reward', `the parts' dense rewards differ in length: ${parts.map(([name]) => name).join(', ')}`)
  }
  const value = parts.reduce((total, [, score], k) => total + weights[k] * score.value, 0)
  return scored(value, {
    ...kept(parts),
    ...(tokens === undefined ? {} : { tokens }),
    ...(steps === undefined ? {} : { steps }),
  })
}

function dense(parts: Parts, weights: readonly number[], key: 'tokens' | 'steps'): Scored['tokens'] | 'uneven' {
  let total: Float32Array | undefined
  for (let k = 0; k < parts.length; k++) {
    const rewards = parts[k][1][key]
    if (rewards === undefined) continue
    total ??= new Float32Array(rewards.length)
    if (rewards.length !== total.length) return 'uneven'
    for (let t = 0; t < rewards.length; t++) total[t] += weights[k] * rewards[t]
  }
  return total
}

function weighedRange(inner: readonly Weighed[]): Reward['range'] {
  const ranges = knownRanges(inner)
  if (ranges === undefined) return undefined
  const ends = ranges.map(([low, high], k) => [inner[k].weight * low, inner[k].weight * high])
  return [
    ends.reduce((total, [a, b]) => total + Math.min(a, b), 0),
    ends.reduce((total, [a, b]) => total + Math.max(a, b), 0),
  ]
}
