/**
 * REINFORCE (Williams 1992): A_t = (r_t + ... + r_T) - b, the reward still to come less a baseline. With a score of a
 * value alone every token gets value - b.
 */
import type { Group } from '../data/rollout.ts'
import type { Credit } from './credit.ts'
import { meanOf, zeros } from './groupBaseline.ts'
import { tokenRewards } from './tokenRewards.ts'

export interface ReinforceOptions {
  /** What is taken off: nothing, or the mean total reward over the batch or over the rollout's own group. Default 'none'. */
  readonly baseline?: 'none' | 'batch' | 'group'
}

/** Reward-to-go without discount, dense rewards included, less the baseline. */
export function reinforce(options: ReinforceOptions = {}): Credit {
  const { baseline = 'none' } = options
  return {
    name: 'reinforce',
    needs: [],
    dense: true,
    assign(groups) {
      const toGo = groups.map(rewardsToGo)
      const ofBatch = baseline === 'batch' ? meanOf(toGo.flatMap(totals)) : 0
      return groups.map((group, g) => {
        const arrays = zeros(group)
        const base = baseline === 'group' ? meanOf(totals(toGo[g])) : ofBatch
        toGo[g].forEach((rewards, i) => {
          rewards?.forEach((reward, t) => {
            arrays[i][t] = reward - base
          })
        })
        return arrays
      })
    },
  }
}

/** r_t + ... + r_T at each t, per rollout; undefined where it is Unscored. */
function rewardsToGo(group: Group): (Float64Array | undefined)[] {
  return group.scores.map((score, i) => {
    if (score.kind === 'unscored') return undefined
    const rewards = tokenRewards(group, i, score)
    for (let t = rewards.length - 2; t >= 0; t--) rewards[t] += rewards[t + 1]
    return rewards
  })
}

function totals(toGo: readonly (Float64Array | undefined)[]): number[] {
  return toGo.flatMap((rewards) => (rewards === undefined || rewards.length === 0 ? [] : rewards[0]))
}
