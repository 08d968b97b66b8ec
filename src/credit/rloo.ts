/**
 * RLOO, REINFORCE leave-one-out (Ahmadian et al. 2024, "Back to Basics", eq. 8; Kool et al. 2019):
 * A_i = r_i - mean_{j != i} r_j = G / (G - 1) (r_i - mean r), the same at every token.
 */
import type { Credit } from './credit.ts'
import { meanOf, scoredPart, spread, zeros } from './groupBaseline.ts'

/** Each rollout against the mean of its siblings. A group with fewer than 2 scored rollouts gets zeros. */
export function rloo(): Credit {
  return {
    name: 'rloo',
    needs: [],
    assign: (groups) =>
      groups.map((group) => {
        const { indices, values } = scoredPart(group)
        if (values.length < 2) return zeros(group)
        const mean = meanOf(values)
        const scale = values.length / (values.length - 1)
        return spread(
          group,
          indices,
          values.map((value) => scale * (value - mean)),
        )
      }),
  }
}
