/** The product of rewards: value = prod_k value_k. With values in [0, 1] a soft logical AND. */
import { folded } from './combine.ts'
import type { Reward } from './reward.ts'

/** The product of rewards' values; one Unscored part makes the whole Unscored. Dense rewards are not kept. */
export function product(...rewards: readonly [Reward, ...Reward[]]): Reward {
  return folded('product', rewards, (values) => values.reduce((total, value) => total * value, 1), productRange)
}

/** The extremes of a product lie at the ends of its factors' ranges, taken one factor after the other. */
function productRange(ranges: readonly (readonly [number, number])[]): readonly [number, number] {
  return ranges.reduce<readonly [number, number]>(
    ([low, high], [a, b]) => {
      const corners = [low * a, low * b, high * a, high * b]
      return [Math.min(...corners), Math.max(...corners)]
    },
    [1, 1],
  )
}
