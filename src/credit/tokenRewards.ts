/** A score as one reward per token: its dense rewards where they stand, and its value at the last token. */
import { GuerdonError } from '../data/error.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Scored } from '../data/score.ts'

/** r_t = tokens_t (or 0), plus each step's reward on the token that ends it, plus the value at t = T. */
export function tokenRewards(group: Group, rollout: number, score: Scored): Float64Array {
  const rewards = denseRewards(group, rollout, score)
  const ends = stepEnds(group, rollout, score)
  ends.forEach((end, k) => {
    rewards[end] += score.steps?.[k] ?? 0
  })
  if (rewards.length > 0) rewards[rewards.length - 1] += score.value
  return rewards
}

/** `Score.tokens`, or zeros. Throws a GuerdonError where they are not one per completion token. */
export function denseRewards(group: Group, rollout: number, score: Scored): Float64Array {
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
  return rewards
}

/** The tokens on which the scored steps end; none where the score has no steps. Throws where they are not known. */
export function stepEnds(group: Group, rollout: number, score: Scored): Int32Array {
  if (score.steps === undefined) return new Int32Array(0)
  const { stepEnds: ends } = group.rollouts[rollout]
  if (ends?.length === score.steps.length) return ends
  throw new GuerdonError(
    `${score.steps.length} rewards of steps for an answer of ${ends === undefined ? 'no known' : ends.length} steps`,
    {
      where: `prompt '${group.prompt.id}', rollout ${rollout}`,
      fix: 'set stepSeparator, and let the reward give Score.steps one number per step of completion.steps',
    },
  )
}
