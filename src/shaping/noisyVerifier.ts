/**
 * Corrections for a verifier that errs, "RL with Verifiable yet Noisy Rewards under Imperfect Verifiers" (2025, arXiv
 * 2510.00915). It accepts wrong answers at the rate rho0 and rejects right ones at the rate rho1, c = 1 - rho0 - rho1:
 *
 *     backward (PGBC):  (R - rho0) / c        its mean given the truth is the true reward, 0 or 1
 *     forward  (PGFC):  R - (1 - rho1)        a weight of mean 0 on right answers and -c on wrong ones: c times the true gradient
 *
 * Under constant rates the plain reward's gradient is already c times the true one, in expectation. What the corrections mend
 * is its size, against a KL penalty or a clip; and rates that are not the same everywhere.
 */
import { GuerdonError } from '../data/error.ts'
import type { Scored } from '../data/score.ts'
import { type AppealsRate, falseNegativeRate, type RateEstimate } from './falseNegativeRate.ts'
import { mapScored, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

export interface NoisyVerifierOptions {
  /** rho0, the share of wrong answers it accepts. Default 0. */
  readonly falsePositive?: number
  /** rho1, the share of right answers it rejects: known, or estimated from the appeals of the reward `appeals`. */
  readonly falseNegative: number | AppealsRate
  /** Step rewards are verdicts too, and corrected alike. Default false. */
  readonly steps?: boolean
}

/**
 * (R - rho0) / max(c, 0.001): unbiased, at a variance that grows as 1/c^2. For `rloo`; a credit that divides by the group's
 * deviation undoes it whole.
 */
export function backwardCorrection(options: NoisyVerifierOptions): Shaping {
  const { falsePositive = 0 } = options
  return corrected('backwardCorrection', options, (verdict, falseNegative) => {
    return (verdict - falsePositive) / trueShare(falsePositive, falseNegative)
  })
}

export interface ForwardCorrectionOptions extends NoisyVerifierOptions {
  /** 'noisy': the weight as published. 'clean': divided by c, so that its gradient is as large as the true one. Default 'noisy'. */
  readonly size?: 'noisy' | 'clean'
}

/**
 * R - (1 - rho1): rejected answers are pushed down, accepted ones up a little. For `reinforce()` without a baseline; any
 * centring in the group undoes it whole. A group that is all rejected pushes every answer down.
 */
export function forwardCorrection(options: ForwardCorrectionOptions): Shaping {
  const { falsePositive = 0, size = 'noisy' } = options
  return corrected('forwardCorrection', options, (verdict, falseNegative) => {
    const scale = size === 'clean' ? trueShare(falsePositive, falseNegative) : 1
    return (verdict - (1 - falseNegative)) / scale
  })
}

/** c, held above 0.001. */
function trueShare(falsePositive: number, falseNegative: number): number {
  return Math.max(1 - falsePositive - falseNegative, 1e-3)
}

function corrected(
  name: string,
  { falsePositive = 0, falseNegative, steps = false }: NoisyVerifierOptions,
  correct: (verdict: number, falseNegative: number) => number,
): Shaping {
  if (typeof falseNegative === 'number' && !(falsePositive + falseNegative < 1))
    throw new GuerdonError(
      `a verifier that errs at the rates ${falsePositive} and ${falseNegative} says nothing: together they must be below 1`,
    )
  const estimate: RateEstimate | undefined =
    typeof falseNegative === 'number' ? undefined : falseNegativeRate(falseNegative)
  return {
    name,
    affine: true,
    ...(estimate === undefined ? {} : { state: estimate.state, restore: estimate.restore }),
    shape(groups) {
      const rate = typeof falseNegative === 'number' ? falseNegative : (estimate?.next(groups) ?? 0)
      return mapScored(groups, (score) => {
        const value = withValue(score, correct(score.value, rate))
        return value.kind === 'unscored' || !steps ? value : withSteps(value, (verdict) => correct(verdict, rate))
      })
    },
  }
}

function withSteps(score: Scored, correct: (verdict: number) => number): Scored {
  return score.steps === undefined ? score : { ...score, steps: score.steps.map(correct) }
}
