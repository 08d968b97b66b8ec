/**
 * A credit kept only at the tokens where the policy was least sure: the top rho of the batch by entropy (Wang et al. 2025,
 * "Beyond the 80/20 Rule", arXiv 2506.01939; called HEPO in TEMPO's comparison). All other tokens get 0.
 */
import { GuerdonError } from '../data/error.ts'
import type { Credit } from './credit.ts'
import { eachScored } from './groupBaseline.ts'
import { joinedNeeds, joinedState } from './wrapper.ts'

/**
 * Keeps the advantages of the rho N tokens of highest entropy (at least one) among the N tokens of all scored rollouts;
 * among equal entropies the earlier ones stay. Needs `entropy`. Reports `topEntropy/threshold` in nats.
 *
 * @param options.rho default 0.2
 */
export function topEntropy(credit: Credit, options: { readonly rho?: number } = {}): Credit {
  const { rho = 0.2 } = options
  return {
    ...credit,
    ...joinedState([credit]),
    name: `topEntropy(${credit.name})`,
    needs: joinedNeeds([credit], ['entropy']),
    assign(groups, outputs, report) {
      const advantages = credit.assign(groups, outputs, report)
      const entropies: Float32Array[] = []
      eachScored(groups, advantages, (array, g, i) => {
        const { entropy } = outputs[g][i]
        if (entropy === undefined || entropy.length !== array.length) {
          throw new GuerdonError(`topEntropy needs an entropy per token: ${entropy?.length ?? 0} for ${array.length}`, {
            where: `prompt '${groups[g].prompt.id}', rollout ${i}`,
          })
        }
        // An entropy of -1e-9 is a rounded 0.
        entropies.push(entropy.some((one) => one <= 0) ? entropy.map((one) => Math.max(0, one)) : entropy)
      })
      const { threshold, ties } = highest(entropies, rho)
      report?.('topEntropy/threshold', threshold)
      let at = 0
      let left = ties
      eachScored(groups, advantages, (array) => {
        const entropy = entropies[at++]
        for (let t = 0; t < array.length; t++) {
          if (entropy[t] > threshold || (entropy[t] === threshold && left-- > 0)) continue
          array[t] = 0
        }
      })
      return advantages
    },
  }
}

/**
 * The lowest entropy that is kept, and how many tokens of exactly that entropy are. Selection by counting: the bits of
 * floats that are not negative are ordered as the floats are, so two histograms of 16 bits each find the one sought.
 */
function highest(entropies: readonly Float32Array[], rho: number): { threshold: number; ties: number } {
  let total = 0
  for (const { length } of entropies) total += length
  if (total === 0) return { threshold: 0, ties: 0 }
  let above = Math.min(total, Math.max(1, Math.floor(rho * total)))
  let bits = 0
  for (const half of [HIGH, LOW]) {
    const counts = new Uint32Array(1 << 16)
    for (const entropy of entropies) {
      const words = new Uint32Array(entropy.buffer, entropy.byteOffset, entropy.length)
      for (const word of words) if (half === HIGH || word >>> HIGH === bits) counts[(word >>> half) & 0xffff]++
    }
    let bin = 0xffff
    while (counts[bin] < above) above -= counts[bin--]
    bits = half === HIGH ? bin : ((bits << HIGH) | bin) >>> 0
  }
  return { threshold: new Float32Array(Uint32Array.of(bits).buffer)[0], ties: above }
}

// Which half of a 32-bit word: how far to shift it.
const HIGH = 16
const LOW = 0
