/**
 * GRPO-lambda, "Stable Reinforcement Learning for Efficient Reasoning" (2025, arXiv 2505.18086; not the eligibility traces of
 * arXiv 2510.00194): shorter answers are asked for only where the policy succeeds already. Of a batch's groups the best
 * ceil(lambda B) by their share of right answers are taken, and there, with L an answer's tokens,
 *
 *     r_i = 1 - a sigma((L_i - mean L) / std L)  where it is right (mean and deviation over the group's right answers)
 *
 * Wrong answers and all other groups keep their values. lambda = 0 is GRPO, lambda = 1 the length penalty of Arora & Zanette
 * (2025) everywhere, after which accuracy collapses. In a group that is all right GRPO's division takes a out again.
 */

import { random } from '../data/random.ts'
import { rightness } from '../data/rightness.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Shaping } from './shaping.ts'

export interface GrpoLambdaOptions {
  /** Share of the groups that are penalised, at least one group unless it is 0. Default 0.2. */
  readonly lambda?: number
  /** a, in (0, 1). Default 0.6. */
  readonly penalty?: number
  /** Least share of right answers of a penalised group. Default 0; above it, failing groups are never chosen. */
  readonly least?: number
  /** Deviation of the lengths: divided by n, or by n - 1. Default 'population'. */
  readonly deviation?: 'population' | 'sample'
  /** The score part that says whether an answer is right (above 1/2). Default: the value. */
  readonly part?: string
  /** Draws the order of groups with equal shares. Default 0. */
  readonly seed?: number | string
}

/**
 * Values with a length penalty on the groups that succeed most. Lengths are completion tokens, the end token included;
 * where they are all equal, or one answer is right, the penalty is a/2. Groups without a verdict count nowhere.
 */
export function grpoLambda(options: GrpoLambdaOptions = {}): Shaping {
  const { lambda = 0.2, penalty = 0.6, least = 0, deviation = 'population', part, seed = 0 } = options
  let calls = 0
  return {
    name: 'grpoLambda',
    state: () => ({ calls }),
    restore(state) {
      if (typeof state === 'object' && state !== null && 'calls' in state) calls = Number(state.calls)
    },
    shape(groups) {
      const known = groups.flatMap((group, index) => {
        const rate = successRate(group, part)
        return rate === undefined ? [] : [{ index, rate }]
      })
      const chosen = random(`grpoLambda/${seed}/${calls++}`)
        .shuffle(known)
        .sort((a, b) => b.rate - a.rate)
        .slice(0, Math.ceil(lambda * known.length))
        .filter(({ rate }) => rate >= least)
        .map(({ index }) => index)
      return groups.map((group, g) => (chosen.includes(g) ? penalised(group, penalty, deviation, part) : group))
    },
  }
}

function successRate(group: Group, part: string | undefined): number | undefined {
  const verdicts = rightness(group, { part }).filter((right) => right !== undefined)
  return verdicts.length === 0 ? undefined : verdicts.filter((right) => right).length / verdicts.length
}

function penalised(group: Group, penalty: number, deviation: 'population' | 'sample', part: string | undefined): Group {
  const right = rightness(group, { part })
  const lengths = group.rollouts.map(({ sequence }) => completionLength(sequence))
  const counted = lengths.filter((_, i) => right[i] === true)
  const mean = counted.reduce((sum, length) => sum + length, 0) / counted.length
  const squares = counted.reduce((sum, length) => sum + (length - mean) ** 2, 0)
  const spread = Math.sqrt(squares / Math.max(1, counted.length - (deviation === 'sample' ? 1 : 0)))
  return {
    ...group,
    scores: group.scores.map((score, i) => {
      if (score.kind === 'unscored' || right[i] !== true) return score
      const z = spread === 0 ? 0 : (lengths[i] - mean) / spread
      return { ...score, value: score.value - penalty / (1 + Math.exp(-z)) }
    }),
  }
}
