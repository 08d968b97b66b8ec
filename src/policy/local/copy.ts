/** Another model that starts where a policy is: an arm of a comparison, a companion, a critic. */
import { random } from '../../data/random.ts'
import { decoderLayout } from '../../nn/decoder.ts'
import { initialise } from '../../nn/parameters.ts'
import { type LocalOptions, type LocalPolicy, localPolicy } from './local.ts'

/**
 * A policy of its own with the same weights and a fresh optimiser. With `valueHead` it has one: the policy's own, or
 * else a new one drawn from the seed (default 0).
 */
export function copyOf(
  policy: LocalPolicy,
  options: LocalOptions & { readonly valueHead?: boolean; readonly seed?: number | string } = {},
): LocalPolicy {
  const { config } = policy
  if (options.valueHead !== true || config.valueHead)
    return localPolicy(config, policy.weights().slice(), policy.tokenizer, options)
  const headed = { ...config, valueHead: true }
  // The head's weights come last in the layout.
  const weights = initialise(decoderLayout(headed), random(`value head ${options.seed ?? 0}`))
  weights.set(policy.weights())
  return localPolicy(headed, weights, policy.tokenizer, options)
}
