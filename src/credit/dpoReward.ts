/**
 * The token reward that a DPO policy hides (Rafailov et al. 2024, "From r to Q*", arXiv 2404.12358, eq. 10):
 *
 *     beta log( π(y_t | x, y_<t) / π_ref(y_t | x, y_<t) ) = r(s_t, y_t) + V*(s_t+1) - V*(s_t)
 *
 * the true reward plus a potential: an advantage. Its sum over an answer is the implicit reward of DPO; single numbers
 * are not comparable between prompts, whose V*(s_0) differ. Used by RTO, TGDPO and as a map of what an answer was
 * preferred for.
 */
import { GuerdonError } from '../data/error.ts'
import type { FrozenPolicy } from '../policy/policy.ts'
import type { TokenScorer } from './tokenScorer.ts'

/** beta (log π - log π_ref), token by token. Throws a GuerdonError where the two are not of one length. */
export function tokenImplicitReward(logprobs: Float32Array, reference: Float32Array, beta: number): Float32Array {
  if (logprobs.length !== reference.length)
    throw new GuerdonError(`${logprobs.length} log-probs of the policy and ${reference.length} of the reference`)
  return logprobs.map((value, t) => beta * (value - reference[t]))
}

/** Scores tokens by a DPO policy against the reference it was trained from. */
export function dpoReward(
  policy: FrozenPolicy,
  reference: FrozenPolicy,
  options: { readonly beta: number },
): TokenScorer {
  return {
    name: 'dpoReward',
    async score(answers) {
      const sequences = answers.map(({ sequence }) => sequence)
      const [own, other] = [
        await policy.forward(sequences, ['logprobs']),
        await reference.forward(sequences, ['logprobs']),
      ]
      const none = new Float32Array(0)
      return own.map(({ logprobs = none }, i) => tokenImplicitReward(logprobs, other[i].logprobs ?? none, options.beta))
    },
  }
}
