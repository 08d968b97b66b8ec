/**
 * The control every new credit needs: the same advantages at another credit's size. Without it a method that merely
 * takes larger steps looks better than the one it is compared with.
 */
import type { Credit } from './credit.ts'
import { joinedInfluence, joinedNeeds, joinedState } from './wrapper.ts'

/**
 * `credit` times ||like|| / ||credit||, with L2 norms over all tokens of the batch; zeros stay zeros. Reports
 * `matchNorm/scale`.
 */
export function matchNorm(credit: Credit, like: Credit): Credit {
  return {
    ...credit,
    ...joinedState([credit, like]),
    ...joinedInfluence([credit, like]),
    name: `matchNorm(${credit.name}, ${like.name})`,
    needs: joinedNeeds([credit, like]),
    assign(groups, outputs, report) {
      const advantages = credit.assign(groups, outputs, report)
      const own = norm(advantages)
      const scale = own === 0 ? 1 : norm(like.assign(groups, outputs)) / own
      report?.('matchNorm/scale', scale)
      for (const array of advantages.flat()) for (let t = 0; t < array.length; t++) array[t] *= scale
      return advantages
    },
  }
}

function norm(advantages: readonly (readonly Float32Array[])[]): number {
  let squares = 0
  for (const array of advantages.flat()) for (const advantage of array) squares += advantage * advantage
  return Math.sqrt(squares)
}
