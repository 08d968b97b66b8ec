/**
 * A credit on those groups alone whose share of right answers lies within bounds: PRIME (arXiv 2502.01456) trains on 0.2 to
 * 0.8, DAPO (arXiv 2503.14476) on what is neither 0 nor 1. The others take part in no statistic and get zeros. Nothing is
 * sampled in their place.
 */

import { type RightnessOptions, rightness } from '../data/rightness.ts'
import type { Group } from '../data/rollout.ts'
import type { Credit } from './credit.ts'
import { zeros } from './groupBaseline.ts'
import { joinedState } from './wrapper.ts'

export interface WithinSuccessOptions extends RightnessOptions {
  /** Least share of right answers. Default 0.2. */
  readonly low?: number
  /** Greatest share. Default 0.8. */
  readonly high?: number
}

/** `credit` on the groups within the bounds, both included. Reports `withinSuccess/kept`, the share of groups. */
export function withinSuccess(credit: Credit, options: WithinSuccessOptions = {}): Credit {
  return {
    ...credit,
    ...joinedState([credit]),
    name: `withinSuccess(${credit.name})`,
    assign(groups, outputs, report) {
      const kept = [...groups.keys()].filter((g) => isWithin(groups[g], options))
      report?.('withinSuccess/kept', kept.length / Math.max(1, groups.length))
      const advantages = groups.map(zeros)
      const assigned = credit.assign(
        kept.map((g) => groups[g]),
        kept.map((g) => outputs[g]),
        report,
      )
      kept.forEach((g, k) => {
        advantages[g] = assigned[k]
      })
      return advantages
    },
  }
}

/** Whether a group's share of right answers lies within the bounds. */
export function isWithin(group: Group, { low = 0.2, high = 0.8, ...options }: WithinSuccessOptions): boolean {
  const known = rightness(group, options).filter((right) => right !== undefined)
  const share = known.filter((right) => right).length / known.length
  return share >= low && share <= high
}
