/**
 * THR, token hidden reward (2025, arXiv 2510.03669): a token matters as far as a step on it moves the likelihood of the
 * group's right answers P. With h the last hidden state before a token, g = onehot(token) - softmax its prediction error and
 * r_j in {0, 1} (`influence` is what the policy reads out; no row of the vocabulary is kept):
 *
 *     THR_{j,k'} = (2 r_j - 1) influence_{j,k'}
 *     influence_{j,k'} = sum_{i in P} 1/|y_i| sum_k <g_{i,k}, g_{j,k'}> <h_{i,k}, h_{j,k'}>
 *     A' = 1[|THR| > tau] (1 + p sign THR) A        tau = beta min_{i in P} mean_k THR_{i,k}, kept at 0 or more
 *
 * p > 0 strengthens what makes right answers likelier (exploitation), p < 0 what leaves room for others (exploration).
 *
 * NTHR (2025, arXiv 2505.18830), before it: only tokens of wrong answers, influence without 1/|y_i|; those above tau keep
 * the share eta = 2 |1/2 - N+/G| of their advantage.
 */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import { type RightnessOptions, rightness } from '../data/rightness.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { InfluenceQuestion } from '../policy/policy.ts'
import type { Credit } from './credit.ts'
import { joinedNeeds, joinedState } from './wrapper.ts'

export interface ThrOptions extends RightnessOptions {
  /** From -1 to 1; the paper's are 0.1 and -0.1, small models want more. Default 0: the mask alone. */
  readonly p?: number
  /** tau: beta times the least mean influence of a right answer, a number, or the share of tokens to keep. Default 'influence'. */
  readonly tau?: 'influence' | number | { readonly keep: number }
  /** Default 1. */
  readonly beta?: number
}

/**
 * A credit (GRPO's, in the paper) steered by token hidden rewards. Needs `influence`. Groups that are all right or all wrong
 * keep their advantages as they are. tau of a group whose only right answer has one token is that token's own THR, which is
 * then not above it. At tau 0 or below all tokens are kept. Reports `thr/kept`, the share of tokens kept, and `thr/tau`.
 *
 * @throws GuerdonError where the influence is missing or not finite
 */
export function thr(credit: Credit, options: ThrOptions = {}): Credit {
  const { p = 0, tau = 'influence', beta = 1 } = options
  return {
    ...credit,
    ...joinedState([credit]),
    name: `thr(${credit.name})`,
    needs: joinedNeeds([credit], ['influence']),
    influence: (groups) => towardsRight(groups, options, (length) => 1 / Math.max(1, length)),
    assign(groups, outputs, report) {
      const advantages = credit.assign(groups, outputs, report)
      const told = { kept: 0, tokens: 0, tau: 0, groups: 0 }
      groups.forEach((group, g) => {
        const right = rightness(group, options)
        if (!right.includes(true) || !right.includes(false)) return
        const hidden = group.rollouts.map((_, i) => {
          if (right[i] === undefined) return undefined
          const influence = influenceOf(outputs[g][i], group, i)
          return right[i] ? influence : influence.map((value) => -value)
        })
        const bound = Math.max(0, tau === 'influence' ? beta * leastMean(hidden, right) : thresholdOf(hidden, tau))
        told.tau += bound
        told.groups++
        hidden.forEach((rewards, i) => {
          rewards?.forEach((reward, t) => {
            const kept = bound === 0 || Math.abs(reward) > bound
            told.tokens++
            if (kept) told.kept++
            advantages[g][i][t] *= kept ? 1 + p * Math.sign(reward) : 0
          })
        })
      })
      report?.('thr/kept', told.kept / Math.max(1, told.tokens))
      report?.('thr/tau', told.tau / Math.max(1, told.groups))
      return advantages
    },
  }
}

export interface NthrOptions extends RightnessOptions {
  /** Default 1. */
  readonly beta?: number
  /** The share of its advantage that a masked token keeps: eta as above, or a number. Default 'balance'. */
  readonly eta?: 'balance' | number
}

/** The same for wrong answers alone: what would push right ones down is held back. Needs `influence`. Reports `nthr/masked`. */
export function nthr(credit: Credit, options: NthrOptions = {}): Credit {
  const { beta = 1, eta = 'balance' } = options
  return {
    ...credit,
    ...joinedState([credit]),
    name: `nthr(${credit.name})`,
    needs: joinedNeeds([credit], ['influence']),
    influence: (groups) => towardsRight(groups, options, () => 1),
    assign(groups, outputs, report) {
      const advantages = credit.assign(groups, outputs, report)
      const told = { masked: 0, tokens: 0 }
      groups.forEach((group, g) => {
        const right = rightness(group, options)
        const answers = right.filter((one) => one !== undefined).length
        const positives = right.filter((one) => one === true).length
        if (positives === 0 || positives === answers) return
        const influence = right.map((one, i) => (one === undefined ? undefined : influenceOf(outputs[g][i], group, i)))
        const tau = beta * leastMean(influence, right)
        const share = eta === 'balance' ? 2 * Math.abs(0.5 - positives / answers) : eta
        influence.forEach((values, i) => {
          if (right[i] !== false) return
          values?.forEach((value, t) => {
            told.tokens++
            if (value <= tau) return
            told.masked++
            advantages[g][i][t] *= share
          })
        })
      })
      report?.('nthr/masked', told.masked / Math.max(1, told.tokens))
      return advantages
    },
  }
}

/** Each group towards its own right answers, each of these with a weight by its length. */
function towardsRight(
  groups: readonly Group[],
  options: RightnessOptions,
  weigh: (length: number) => number,
): InfluenceQuestion {
  return {
    groups: groups.flatMap(({ rollouts }, g) => rollouts.map(() => g)),
    weights: groups.flatMap((group) => {
      const right = rightness(group, options)
      // Without a wrong answer beside a right one there is nothing to compare.
      const mixed = right.includes(false)
      return group.rollouts.map(({ sequence }, i) =>
        mixed && right[i] === true ? weigh(completionLength(sequence)) : 0,
      )
    }),
  }
}

function influenceOf({ influence }: Readout, group: Group, rollout: number): Float32Array {
  const length = completionLength(group.rollouts[rollout].sequence)
  if (influence?.length === length && influence.every(Number.isFinite)) return influence
  throw new GuerdonError(
    influence?.length === length
      ? 'the influence of a token is not finite'
      : `the influence of every token is needed: ${influence?.length ?? 0} for ${length}`,
    { where: `prompt '${group.prompt.id}', rollout ${rollout}`, fix: 'a policy whose forward gives `influence`' },
  )
}

/** min over right answers of their mean; an answer without tokens has none. */
function leastMean(hidden: readonly (Float32Array | undefined)[], right: readonly (boolean | undefined)[]): number {
  let least = Number.POSITIVE_INFINITY
  hidden.forEach((rewards, i) => {
    if (right[i] !== true || rewards === undefined || rewards.length === 0) return
    least = Math.min(least, rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length)
  })
  return least === Number.POSITIVE_INFINITY ? 0 : least
}

/** The number itself, or the |THR| just below the share of tokens to keep. */
function thresholdOf(hidden: readonly (Float32Array | undefined)[], tau: number | { readonly keep: number }): number {
  if (typeof tau === 'number') return tau
  const sizes = Float32Array.from(
    hidden.flatMap((rewards) => (rewards === undefined ? [] : [...rewards])),
    Math.abs,
  )
  sizes.sort()
  const kept = Math.max(1, Math.floor(tau.keep * sizes.length))
  return kept >= sizes.length ? 0 : sizes[sizes.length - kept - 1]
}
