/**
 * GRPO (Shao et al. 2024, "DeepSeekMath", section 4.1): A_i = (r_i - mean r) / (std r + epsilon) over the group, the same
 * at every token. Without the division it is the advantage of Dr. GRPO (Liu et al. 2025, arXiv 2503.20783).
 */
import type { Credit } from './credit.ts'
import { meanOf, sampleStd, scoredPart, spread, zeros } from './groupBaseline.ts'

export interface GrpoOptions {
  /** Divide by the group's sample standard deviation (n - 1), or by nothing. Default 'std'. */
  readonly normalise?: 'std' | 'none'
  /** Added to the standard deviation. Default 1e-6. */
  readonly epsilon?: number
}

/**
 * Each rollout against its group's mean, in units of the group's spread. Groups whose scores are all equal, or with
 * fewer than 2 scored rollouts, get zeros.
 */
export function grpo(options: GrpoOptions = {}): Credit {
  const { normalise = 'std', epsilon = 1e-6 } = options
  return {
    name: 'grpo',
    needs: [],
    ...(normalise === 'std' ? { standardises: true } : {}),
    assign: (groups) =>
      groups.map((group) => {
        const { indices, values } = scoredPart(group)
        const mean = meanOf(values)
        const std = sampleStd(values, mean)
        if (std === 0) return zeros(group)
        const scale = normalise === 'std' ? std + epsilon : 1
        return spread(
          group,
          indices,
          values.map((value) => (value - mean) / scale),
        )
      }),
  }
}
