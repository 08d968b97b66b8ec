/** A score as one reward per token: its dense rewards where they stand, and its value at the last token. */
import { GuerdonError } from '../data/error.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Scored } from '../data/score.ts'

/** r_t = tokens_t (or 0), plus the value at t = T. */
export function tokenRewards(group: Group, rollout: number, score: Scored): Float64Array {
  const length = completionLength(group.rollouts[rollout].sequence)
  const rewards = new Float64Array(length)
  if (score.tokens !== undefined) {
    if (score.tokens.length !== length) {
      throw new GuerdonError(`${score.tokens.length} dense rewards for a completion of ${length} tokens`, {
        where: `prompt '${group.prompt.id}', rollout ${rollout}`,
        fix: 'give Score.tokens one number per completion token, the end token included',
      })
    }
    rewards.set(score.tokens)
  }
  if (length > 0) rewards[length - 1] += score.value
  return rewards
}
