/** The worst of several rewards: value = min_k value_k. Good is what is good in every respect. */
import { folded } from './combine.ts'
import type { Reward } from './reward.ts'

/** The least value among rewards; one Unscored part makes the whole Unscored. Dense rewards are not kept. */
export function min(...rewards: readonly [Reward, ...Reward[]]): Reward {
  return folded('min', rewards, (values) => Math.min(...values), leastRange)
}

function leastRange(ranges: readonly (readonly [number, number])[]): readonly [number, number] {
  return [Math.min(...ranges.map(([low]) => low)), Math.min(...ranges.map(([, high]) => high))]
}
