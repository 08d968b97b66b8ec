/** What a configuration chooses that the training loop does not see, for the run's config.json. */
import type { Json } from '../data/message.ts'
import type { CheckedConfig } from '../train/config.ts'

/** The policy as it was asked for, and the warm-up. A policy made in code says no more than that. */
export function recordedChoices({ policy, warmup }: Pick<CheckedConfig, 'policy' | 'warmup'>): { [key: string]: Json } {
  const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value))
  const inCode = typeof policy === 'object' && 'backward' in policy
  return {
    policy: inCode ? 'made in code' : asJson(policy),
    ...(warmup === undefined ? {} : { warmup: asJson(warmup) }),
  }
}
