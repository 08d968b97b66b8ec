/**
 * Clip and Delta for process rewards, "On Designing Effective RL Reward at Training Time for LLM Reasoning" (2024, arXiv
 * 2410.15115): step rewards R_1..R_K whose sum cannot be driven up by adding steps.
 *
 *     Clip   C_k = min(R_k - eta, 0)
 *     Delta  r_k = R_k - R_{k+1} for k < K - 1,   r_{K-1} = R_{K-1},   r_K = 0
 *
 * Undiscounted, the rewards from step k on add up to R_k (k < K) and 0 (k = K) under Delta: a step is paid by its own
 * score, and the last step by the value alone. Clip comes before Delta. For credits that sum what is to come.
 */
import type { Scored } from '../data/score.ts'
import { mapScored } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface ClipDeltaOptions {
  /** eta: step rewards above it count nothing, those below by how far. `false`: no Clip. Default 0.8. */
  readonly eta?: number | false
  /** Default true. */
  readonly delta?: boolean
  /** alpha, the factor of the step rewards beside the value. Default 1. */
  readonly weight?: number
}

/**
 * `Score.steps` clipped and differenced; values stay as they are, and so does a score without steps. With a discount or
 * a lambda below 1 the sums hold only nearly; a credit that pays each step by its own reward alone must not have Delta.
 * Clip makes stopping early the safest answer where success is rare.
 */
export function clipDelta(options: ClipDeltaOptions = {}): Shaping {
  const { eta = 0.8, delta = true, weight = 1 } = options
  return {
    name: 'clipDelta',
    shape: (groups) => mapScored(groups, (score) => shaped(score, eta, delta, weight)),
  }
}

function shaped(score: Scored, eta: number | false, delta: boolean, weight: number): Scored {
  if (score.steps === undefined) return score
  const clipped = eta === false ? score.steps : clipSteps(score.steps, eta)
  const steps = delta ? deltaSteps(clipped) : clipped
  return { ...score, steps: steps.map((reward) => weight * reward) }
}

/** C_k = min(R_k - eta, 0). */
export function clipSteps(rewards: Float32Array, eta: number): Float32Array {
  return rewards.map((reward) => Math.min(reward - eta, 0))
}

/** R_k - R_{k+1}, the last but one whole, the last 0: the differences telescope. */
export function deltaSteps(rewards: Float32Array): Float32Array {
  const last = rewards.length - 1
  return rewards.map((reward, k) => {
    if (k === last) return 0
    return k === last - 1 ? reward : reward - rewards[k + 1]
  })
}
