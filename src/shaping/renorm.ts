/**
 * ReNorm, "Hybrid Reward Normalization for Process-supervised Non-verifiable Agentic Tasks" (PPR, 2025, arXiv
 * 2509.25598): step rewards that agree in sign with the outcome. With r_p,j in [0, 1] for the steps j = 1..J and the
 * outcome r_o in {0, 1}
 *
 *     r_j = r_p,j + r_o - beta  for j < J        the last step is left to the outcome, which stays the score's value
 *
 * so with beta = 1 no step of a right answer loses and no step of a wrong one gains.
 */
import type { Scored } from '../data/score.ts'
import { mapScored } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface RenormOptions {
  /** beta. Default 1; the signs hold where it is the greatest outcome. */
  readonly beta?: number
  /** The score part that is the outcome. Default: the value. */
  readonly outcome?: string
  /** Divide by J - 1, so that more steps do not pay more. Default false, as published. */
  readonly perStep?: boolean
}

/**
 * `Score.steps` shifted by the outcome, the last one 0; values stay as they are. A score without steps, or without the
 * outcome's part, is unchanged. From a start that never succeeds every step costs, and policies learn to stop at once.
 */
export function renorm(options: RenormOptions = {}): Shaping {
  const { beta = 1, outcome, perStep = false } = options
  return { name: 'renorm', shape: (groups) => mapScored(groups, (score) => shifted(score, beta, outcome, perStep)) }
}

function shifted(score: Scored, beta: number, part: string | undefined, perStep: boolean): Scored {
  const outcome = part === undefined ? score.value : score.parts?.[part]
  if (score.steps === undefined || outcome === undefined) return score
  const last = score.steps.length - 1
  const scale = perStep ? 1 / Math.max(1, last) : 1
  return { ...score, steps: score.steps.map((reward, j) => (j === last ? 0 : scale * (reward + outcome - beta))) }
}
