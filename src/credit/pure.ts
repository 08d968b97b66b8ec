/**
 * PURE, "Stop Summation: Min-Form Credit Assignment" (2025, arXiv 2504.15275): a return that is the least step reward to
 * come, so that steps which look good cannot be piled up. Steps j = 1..n have rewards r_j, in the paper 2 p_j - 1 for a
 * process reward model's probability p_j. They are reweighted, and the rest is an ordinary sum:
 *
 *     r*_j = r_j exp(-r_j / T) / sum_l exp(-r_l / T)         T -> 0: sum_{l >= j} r*_l is min r up to the least, then 0
 *     R_t = r*_j on the token that ends step j, plus outcome * value on the last token      G_t = R_t + R_{t+1} + ...
 *     A_{i,t} = G_{i,t} - sum_{k != i} sum_s G_{k,s} / ((K - 1) N)       N: the longest answer a policy may give
 */
import { GuerdonError } from '../data/error.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Scored } from '../data/score.ts'
import type { Credit } from './credit.ts'
import { scoredPart, zeros } from './groupBaseline.ts'
import { denseRewards, stepEnds } from './tokenRewards.ts'

export interface PureOptions {
  /**
   * 'min': the paper. 'strict': its limit T = 0 (of equal least steps the first). 'mean': weights 1/n. 'sum': no weights,
   * which is the usual return. 'token-min': what the authors' code calls strict, G_t = min(R_t, G_{t+1}) over tokens with
   * 0 behind the last: no return is ever above 0. Default 'min'.
   */
  readonly form?: PureForm
  /** T. Default 0.1. */
  readonly temperature?: number
  /** What `Score.steps` holds: p in [0, 1], mapped to 2p - 1, or rewards taken as they are. Default 'probability'. */
  readonly steps?: 'probability' | 'reward'
  /** Weight of the score's value, on the last token. Default 1; 0: the process reward alone. */
  readonly outcome?: number
  /**
   * What is taken off, from the other answers of the group. 'return': their mean return per token, as above. 'token':
   * their mean reward per token, times the tokens of each step, and the mean of their values. 'step': their mean reward
   * per step (an ablation that one giant step cheats). Default 'return'.
   */
  readonly baseline?: 'return' | 'token' | 'step'
  /** N. Default: the longest answer of the batch. */
  readonly length?: number
}

export type PureForm = 'min' | 'strict' | 'mean' | 'sum' | 'token-min'

/**
 * Returns from step rewards, `Score.steps`, against the group's other answers. A score without steps has its value alone.
 * Groups with fewer than 2 scored rollouts get zeros. The paper whitens: `whiten(pure())`. Reports `pure/score`, the mean
 * of sum_j r*_j (a soft minimum, to be watched against the verifier), and `pure/steps`, the mean number of steps.
 *
 * @throws GuerdonError for step rewards that are not finite, or of another number than the answer's steps
 */
export function pure(options: PureOptions = {}): Credit {
  const { form = 'min', temperature = 0.1, steps = 'probability', outcome = 1, baseline = 'return' } = options
  return {
    name: 'pure',
    needs: [],
    dense: true,
    assign(groups, _outputs, report) {
      const width = options.length ?? longest(groups)
      const seen = { score: 0, steps: 0, rollouts: 0 }
      const advantages = groups.map((group) => {
        const arrays = zeros(group)
        const { indices } = scoredPart(group)
        const answers = indices.map((i): Answer => {
          const score = group.scores[i]
          const rewards = score.kind === 'scored' ? stepRewards(group, i, score, steps) : new Float64Array(0)
          const weighed = weighSteps(rewards, form, temperature)
          seen.score += sum(weighed)
          seen.steps += weighed.length
          seen.rollouts++
          return answerOf(group, i, weighed, outcome)
        })
        if (answers.length < 2) return arrays
        const returnsOf = form === 'token-min' ? leastToCome : sumToCome
        if (baseline === 'return') {
          const returns = answers.map(({ rewards }) => returnsOf(rewards))
          const totals = returns.map(sum)
          const all = totals.reduce((total, one) => total + one, 0)
          answers.forEach((_, k) => {
            const base = (all - totals[k]) / ((answers.length - 1) * Math.max(1, width))
            returns[k].forEach((value, t) => {
              arrays[indices[k]][t] = value - base
            })
          })
        } else {
          const bases = baseline === 'token' ? perToken(answers) : perStep(answers)
          const outcomes = othersMean(answers.map((answer) => answer.outcome))
          answers.forEach((answer, k) => {
            returnsOf(withBaseline(answer, bases[k], baseline, outcomes[k])).forEach((value, t) => {
              arrays[indices[k]][t] = value
            })
          })
        }
        return arrays
      })
      report?.('pure/score', seen.score / Math.max(1, seen.rollouts))
      report?.('pure/steps', seen.steps / Math.max(1, seen.rollouts))
      return advantages
    },
  }
}

/** r*_j of one answer's step rewards. */
export function weighSteps(rewards: Float64Array, form: PureForm, temperature: number): Float64Array {
  if (form === 'sum' || form === 'token-min' || rewards.length === 0) return rewards
  if (form === 'mean') return rewards.map((reward) => reward / rewards.length)
  let least = 0
  rewards.forEach((reward, j) => {
    if (reward < rewards[least]) least = j
  })
  if (form === 'strict') return rewards.map((reward, j) => (j === least ? reward : 0))
  const weights = rewards.map((reward) => Math.exp((rewards[least] - reward) / temperature))
  const total = sum(weights)
  return rewards.map((reward, j) => (weights[j] / total) * reward)
}

/** One answer: its reward per token, and what the other baselines need to know of it. */
interface Answer {
  readonly rewards: Float64Array
  readonly ends: Int32Array
  readonly process: number
  readonly outcome: number
}

function stepRewards(group: Group, rollout: number, score: Scored, kind: 'probability' | 'reward'): Float64Array {
  const rewards = Float64Array.from(score.steps ?? [], (step) => (kind === 'probability' ? 2 * step - 1 : step))
  const wrong = rewards.findIndex(
    (reward) => !Number.isFinite(reward) || (kind === 'probability' && Math.abs(reward) > 1),
  )
  if (wrong < 0) return rewards
  throw new GuerdonError(`step ${wrong} has the reward ${score.steps?.[wrong]}`, {
    where: `prompt '${group.prompt.id}', rollout ${rollout}`,
    fix: kind === 'probability' ? "give probabilities in [0, 1], or say steps: 'reward'" : 'give finite rewards',
  })
}

function answerOf(group: Group, rollout: number, weighed: Float64Array, weight: number): Answer {
  const score = group.scores[rollout]
  if (score.kind === 'unscored')
    return { rewards: new Float64Array(0), ends: new Int32Array(0), process: 0, outcome: 0 }
  const rewards = denseRewards(group, rollout, score)
  const ends = stepEnds(group, rollout, score)
  weighed.forEach((reward, j) => {
    rewards[ends[j]] += reward
  })
  const process = sum(rewards)
  const outcome = weight * score.value
  if (rewards.length > 0) rewards[rewards.length - 1] += outcome
  return { rewards, ends, process, outcome }
}

function sumToCome(rewards: Float64Array): Float64Array {
  const returns = rewards.slice()
  for (let t = returns.length - 2; t >= 0; t--) returns[t] += returns[t + 1]
  return returns
}

function leastToCome(rewards: Float64Array): Float64Array {
  const returns = rewards.slice()
  let next = 0
  for (let t = returns.length - 1; t >= 0; t--) returns[t] = next = Math.min(returns[t], next)
  return returns
}

/** Of each answer: the process reward per token of the others. */
function perToken(answers: readonly Answer[]): number[] {
  let reward = 0
  let tokens = 0
  for (const answer of answers) {
    reward += answer.process
    tokens += answer.rewards.length
  }
  return answers.map(({ process, rewards }) => (reward - process) / Math.max(1, tokens - rewards.length))
}

/** Of each answer: the mean over the others of their process reward per step. */
function perStep(answers: readonly Answer[]): number[] {
  return othersMean(answers.map(({ process, ends }) => process / Math.max(1, ends.length)))
}

function othersMean(values: readonly number[]): number[] {
  const total = values.reduce((all, value) => all + value, 0)
  return values.map((value) => (total - value) / (values.length - 1))
}

/** The rewards less the baseline at every step's end, and less the others' mean outcome at the last token. */
function withBaseline({ rewards, ends }: Answer, base: number, by: 'token' | 'step', outcome: number): Float64Array {
  const left = rewards.slice()
  ends.forEach((end, j) => {
    left[end] -= base * (by === 'step' ? 1 : end - (j === 0 ? -1 : ends[j - 1]))
  })
  if (left.length > 0) left[left.length - 1] -= outcome
  return left
}

function longest(groups: readonly Group[]): number {
  let most = 0
  for (const { rollouts, scores } of groups)
    rollouts.forEach(({ sequence }, i) => {
      if (scores[i].kind === 'scored') most = Math.max(most, completionLength(sequence))
    })
  return most
}

function sum(values: Float64Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}
