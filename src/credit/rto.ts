/**
 * RTO, reinforced token optimisation (2024, arXiv 2404.18922, eq. 4.7): the token reward of a DPO model beside the
 * answer's own score, for PPO with a critic or any credit that reads rewards of tokens:
 *
 *     r_t = beta1 log( π_dpo / π_ref )(y_t)  [+ the score at the last token]  [- beta2 log( π_old / π_ref ), by `withKl`]
 *
 * The log-ratios are `processRewards`, by a companion: implicitReward(dpoModel, { reference, update: 'never' }).
 */
import { GuerdonError } from '../data/error.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'
import type { Credit } from './credit.ts'
import { joinedNeeds, joinedState } from './wrapper.ts'

export interface RtoOptions {
  /** beta1. Default 0.05; 0 is off. */
  readonly scale?: number
  /** Scaled rewards are cut to ±clip; the released code has 0.05. Default: none. */
  readonly clip?: number
  /**
   * Where a token's reward goes. 'token': to itself. 'step': to the token that ends its step (Semi-RTO; what follows the
   * last step to the last token). 'end': to the last token (DDPO). 'shaping': to itself, and their sum is taken off at
   * the last token, so that the answer's total stays its score (RS-PPO). Default 'token'.
   */
  readonly spread?: 'token' | 'step' | 'end' | 'shaping'
}

/** A credit whose scores carry DPO's token rewards. Needs `processRewards`. Reports `rto/tokenReward`, their mean size. */
export function rto(credit: Credit, options: RtoOptions = {}): Credit {
  const { scale = 0.05, clip = Number.POSITIVE_INFINITY, spread = 'token' } = options
  return {
    ...credit,
    ...joinedState([credit]),
    name: `rto(${credit.name})`,
    needs: joinedNeeds([credit], ['processRewards']),
    assign(groups, outputs, report) {
      let [tokens, total] = [0, 0]
      const rewarded = groups.map((group, g) => ({
        ...group,
        scores: group.scores.map((score, i): Score => {
          if (score.kind === 'unscored') return score
          const length = completionLength(group.rollouts[i].sequence)
          const { processRewards } = outputs[g][i]
          if (processRewards?.length !== length)
            throw new GuerdonError(
              `rto needs a reward per token: ${processRewards?.length ?? 0} for ${length} tokens`,
              {
                where: `prompt '${group.prompt.id}', rollout ${i}`,
                fix: "companions: [implicitReward(dpoModel, { reference, update: 'never' })]",
              },
            )
          const rewards = processRewards.map((value) => Math.min(clip, Math.max(-clip, scale * value)))
          for (const value of rewards) total += Math.abs(value)
          tokens += length
          const placed = spreadOut(rewards, spread, stepEndsOf(group, i, spread))
          return { ...score, tokens: placed.map((value, t) => value + (score.tokens?.[t] ?? 0)) }
        }),
      }))
      report?.('rto/tokenReward', total / Math.max(1, tokens))
      return credit.assign(rewarded, outputs, report)
    },
  }
}

/** Token rewards moved to where they are paid out. `ends` are the tokens that end steps. */
export function spreadOut(
  rewards: Float32Array,
  spread: NonNullable<RtoOptions['spread']>,
  ends: ArrayLike<number> = [],
): Float32Array {
  if (spread === 'token' || rewards.length === 0) return rewards.slice()
  const last = rewards.length - 1
  const sum = rewards.reduce((total, value) => total + value, 0)
  if (spread === 'shaping') return rewards.map((value, t) => (t === last ? value - sum : value))
  const placed = new Float32Array(rewards.length)
  let from = 0
  const pay = (end: number) => {
    for (let t = from; t <= end; t++) placed[end] += rewards[t]
    from = Math.max(from, end + 1)
  }
  if (spread === 'step') for (const end of Array.from(ends)) pay(Math.min(end, last))
  pay(last)
  return placed
}

function stepEndsOf(group: Group, rollout: number, spread: string): Int32Array | undefined {
  const { stepEnds } = group.rollouts[rollout]
  if (spread === 'step' && stepEnds === undefined)
    throw new GuerdonError("rto: 'step' needs answers with steps", {
      where: `prompt '${group.prompt.id}', rollout ${rollout}`,
      fix: 'set stepSeparator',
    })
  return stepEnds
}
