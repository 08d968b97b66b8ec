/**
 * MM-RLHF's dynamic reward scaling (2025, arXiv 2502.10391, MM-DPO): pairs that a reward model tells apart by a large
 * margin delta count more, within bounds,
 *
 *     s(delta) = 1 + w (1 - exp(-k delta)),  held to [1, 1 + w]          in MM-DPO beta = beta_0 s(delta)
 *
 * As a shaping (our transfer to groups): a group's values are drawn apart about their mean by s of its margin.
 */
import { mapScored, valuesOf, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface DynamicScaleOptions {
  /** w: the factor is at most 1 + w. Default 0.5. */
  readonly most?: number
  /** k, per unit of the reward: another reward model needs another one. Default 0.5. */
  readonly rate?: number
}

/** s(delta), in [1, 1 + w], increasing; 1 for a margin of 0 or below. */
export function dynamicScale(margin: number, { most = 0.5, rate = 0.5 }: DynamicScaleOptions = {}): number {
  return 1 + most * -Math.expm1(-rate * Math.max(0, margin))
}

/**
 * v_i = mean + s(delta) (r_i - mean), delta the best value of the group less its worst. Means and order are kept. Division by
 * the group's deviation takes it out again: use `grpo({ normalise: 'none' })`, `rloo` or `reinforce`.
 */
export function scaleByMargin(options: DynamicScaleOptions = {}): Shaping {
  return {
    name: 'scaleByMargin',
    affine: true,
    shape(groups) {
      const moments = groups.map((group) => {
        const values = valuesOf(group)
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        return { mean, scale: dynamicScale(Math.max(...values) - Math.min(...values), options) }
      })
      return mapScored(groups, (score, { g }) =>
        withValue(score, moments[g].mean + moments[g].scale * (score.value - moments[g].mean)),
      )
    },
  }
}
