/** Step rewards through a shaping. */
import { type Scored, scored } from '../../src/data/score.ts'
import type { Shaping } from '../../src/shaping/shaping.ts'
import { flat } from '../credit/groups.ts'

/** The steps of an answer of this value after the shaping, rounded. */
export function stepsAfter(shaping: Shaping, steps: number[], value = 1): number[] {
  const score = scored(value, { steps: Float32Array.from(steps) })
  const [after] = shaping.shape([flat([score])])[0].scores
  return rounded((after as Scored).steps ?? new Float32Array(0))
}

/** Returns-to-go without discount. */
export function toGo(rewards: readonly number[]): number[] {
  return rounded(rewards.map((_, k) => rewards.slice(k).reduce((sum, each) => sum + each, 0)))
}

function rounded(values: Iterable<number>): number[] {
  return Array.from(values, (value) => Number(value.toFixed(6)) + 0)
}
