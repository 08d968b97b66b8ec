/**
 * GAE, generalised advantage estimation (Schulman et al. 2016, eq. 11-16), with a critic's values V_t of the state
 * before token t and V_{T+1} = 0:
 *
 *     delta_t = r_t + gamma V_{t+1} - V_t        A_t = delta_t + gamma lambda A_{t+1}        return_t = A_t + V_t
 *
 * r is the score's dense rewards, with its value at the last token. A completion cut at the length limit is treated as
 * ended: what would have followed has no value.
 */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Credit } from './credit.ts'
import { tokenRewards } from './tokenRewards.ts'

export interface GaeOptions {
  /** Discount per token. Default 1. */
  readonly gamma?: number
  /** 0: one-step differences, least variance; 1: the whole reward to come, no bias. Default 0.95. */
  readonly lambda?: number
}

/** Advantages by a critic. Needs `values`; follow with `whiten` for the batch-normalised advantages that PPO codes use. */
export function gae(options: GaeOptions = {}): Credit {
  return {
    name: 'gae',
    needs: ['values'],
    dense: true,
    assign: (groups, outputs) =>
      groups.map((group, g) =>
        group.rollouts.map(({ sequence }, i) => {
          const estimate = estimateOf(group, i, outputs[g][i], options)
          return estimate === undefined
            ? new Float32Array(completionLength(sequence))
            : Float32Array.from(estimate.advantages)
        }),
      ),
  }
}

/**
 * What a critic should have said: the lambda-return A_t + V_t of every token, from the same values that gave the
 * advantages. Undefined for an Unscored rollout: a critic learns nothing from it.
 */
export function valueTargets(
  groups: readonly Group[],
  outputs: readonly (readonly Readout[])[],
  options: GaeOptions = {},
): (Float32Array | undefined)[][] {
  return groups.map((group, g) =>
    group.rollouts.map((_, i) => {
      const estimate = estimateOf(group, i, outputs[g][i], options)
      return estimate && Float32Array.from(estimate.advantages, (advantage, t) => advantage + estimate.values[t])
    }),
  )
}

function estimateOf(
  group: Group,
  rollout: number,
  output: Readout,
  { gamma = 1, lambda = 0.95 }: GaeOptions,
): { advantages: Float64Array; values: Float32Array } | undefined {
  const score = group.scores[rollout]
  if (score.kind === 'unscored') return undefined
  const rewards = tokenRewards(group, rollout, score)
  const { values } = output
  if (values === undefined || values.length !== rewards.length) {
    throw new GuerdonError(`gae needs a value per token: ${values?.length ?? 0} for ${rewards.length} tokens`, {
      where: `prompt '${group.prompt.id}', rollout ${rollout}`,
      fix: 'give the policy a value head, or use a credit without a critic',
    })
  }
  const advantages = new Float64Array(rewards.length)
  let next = 0
  let nextValue = 0
  for (let t = rewards.length - 1; t >= 0; t--) {
    const delta = rewards[t] + gamma * nextValue - values[t]
    next = delta + gamma * lambda * next
    nextValue = values[t]
    advantages[t] = next
  }
  return { advantages, values }
}
