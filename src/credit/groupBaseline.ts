/** What the critic-free credits share: which rollouts count, their moments, one advantage for a whole completion. */
import { completionLength, type Group } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'

/** The rollouts of a group that have a score, by index, with their values. */
export interface ScoredPart {
  readonly indices: readonly number[]
  readonly values: readonly number[]
}

export function scoredPart(group: Group): ScoredPart {
  const indices: number[] = []
  const values: number[] = []
  group.scores.forEach((score, i) => {
    if (score.kind === 'unscored') return
    indices.push(i)
    values.push(score.value)
  })
  return { indices, values }
}

export function meanOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Sample standard deviation (divides by n - 1, as TRL and veRL do); exactly 0 where all values are equal or n < 2. */
export function sampleStd(values: readonly number[], mean: number): number {
  if (values.every((value) => value === values[0])) return 0
  let sum = 0
  for (const value of values) sum += (value - mean) ** 2
  return Math.sqrt(sum / (values.length - 1))
}

/** Zeros for every completion token of every rollout. */
export function zeros(group: Group): Float32Array[] {
  return group.rollouts.map(({ sequence }) => new Float32Array(completionLength(sequence)))
}

/** One advantage per scored rollout, the same for all its tokens; zeros for the others. */
export function spread(group: Group, indices: readonly number[], advantages: readonly number[]): Float32Array[] {
  const arrays = zeros(group)
  indices.forEach((i, k) => {
    arrays[i].fill(advantages[k])
  })
  return arrays
}

/** Calls `visit` with every array of a scored rollout. */
export function eachScored(
  groups: readonly Group[],
  arrays: readonly (readonly Float32Array[])[],
  visit: (array: Float32Array, group: number, rollout: number) => void,
): void {
  groups.forEach((group, g) => {
    group.scores.forEach((score: Score, i) => {
      if (score.kind === 'scored') visit(arrays[g][i], g, i)
    })
  })
}
