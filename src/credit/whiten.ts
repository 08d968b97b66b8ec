/** Advantages of mean 0 and deviation 1 over all tokens of the batch, as PPO codes do after GAE. */
import type { Credit } from './credit.ts'
import { eachScored } from './groupBaseline.ts'
import { joinedState } from './wrapper.ts'

// The floor of the variance: a batch without spread keeps its (then tiny) differences bounded.
const LEAST_VARIANCE = 1e-8

/**
 * (A - mean) / sqrt(max(variance, 1e-8)), mean and sample variance (n - 1) over the tokens of scored rollouts; the
 * others keep their zeros.
 */
export function whiten(credit: Credit): Credit {
  return {
    ...credit,
    ...joinedState([credit]),
    name: `whiten(${credit.name})`,
    assign(groups, outputs, report) {
      const advantages = credit.assign(groups, outputs, report)
      let count = 0
      let sum = 0
      eachScored(groups, advantages, (array) => {
        count += array.length
        for (const advantage of array) sum += advantage
      })
      if (count < 2) return advantages
      const mean = sum / count
      let squares = 0
      eachScored(groups, advantages, (array) => {
        for (const advantage of array) squares += (advantage - mean) ** 2
      })
      const deviation = Math.sqrt(Math.max(squares / (count - 1), LEAST_VARIANCE))
      eachScored(groups, advantages, (array) => {
        for (let t = 0; t < array.length; t++) array[t] = (array[t] - mean) / deviation
      })
      return advantages
    },
  }
}
