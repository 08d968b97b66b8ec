/**
 * PRIME, "Process Reinforcement through Implicit Rewards" (2025, arXiv 2502.01456): the outcome r_i of an answer and a
 * reward for each of its tokens, q_t = log pi_phi(y_t) - log pi_ref(y_t) of a model phi that learns outcomes beside the
 * policy (see `implicitReward`), each against its own baseline, added up:
 *
 *     s_t = q_t / (max over batch and t of |q_t + q_{t+1} + ...| + 1e-6)      (the paper's normalisation by the batch)
 *     A_{i,t} = r_i - mean_{j != i} r_j + sum_{u >= t} gamma^(u-t) (s_{i,u} - b_i)
 *     b_i = mean_{j != i} mean_u s_{j,u}                                        ('paper')
 *     the authors' code: K/(K-1) s_{i,u} - 1/(K-1) sum_j mean_u s_{j,u}         ('code': all j, i too)
 *
 * Both agree on the first token; inside an answer the code's differs by (s - mean s) / (K - 1).
 */
import { GuerdonError } from '../data/error.ts'
import type { Readout, Want } from '../data/readout.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Credit } from './credit.ts'
import { gae } from './gae.ts'
import { scoredPart, zeros } from './groupBaseline.ts'
import { grpo } from './grpo.ts'
import { rloo } from './rloo.ts'

export interface PrimeOptions {
  /**
   * How both sources become advantages. 'rloo': as above. 'reinforce': returns without baseline. 'grpo': the outcome as
   * GRPO does, the returns of process rewards less their group's mean over their group's deviation. 'gae': GAE on
   * s with the outcome on the last token; needs `values`. Default 'rloo'.
   */
  readonly advantage?: 'rloo' | 'reinforce' | 'grpo' | 'gae'
  /** The process baseline of 'rloo'. Default 'code'. */
  readonly baseline?: 'code' | 'paper'
  /** s by the batch's largest return, or beta q. Default 'batch'. */
  readonly normalise?: 'batch' | 'none'
  /** Scale of q without normalisation. Default 0.05. */
  readonly beta?: number
  /** A reward for each token, or all of an answer's on its last token. Default 'token'. */
  readonly granularity?: 'token' | 'whole'
  /** Discount per token of the process rewards (and of GAE). Default 1. */
  readonly gamma?: number
  /** Of 'gae'. Default 0.95. */
  readonly lambda?: number
  /** Weight of the process rewards: 0 is the outcome alone. Default 1. */
  readonly weight?: number
}

/**
 * Outcome and implicit process rewards. Needs `processRewards`, the q_t. Groups with fewer than 2 scored rollouts get
 * zeros, but for 'reinforce' and 'gae'. The paper whitens: `whiten(prime())`. Reports `prime/largestReturn`, the largest
 * |q_t + q_{t+1} + ...| (a single outlier there shrinks every s), and `prime/process`, the mean q.
 *
 * @throws GuerdonError for process rewards that are missing or not finite
 */
export function prime(options: PrimeOptions = {}): Credit {
  const { advantage = 'rloo', normalise = 'batch', beta = 0.05, gamma = 1, lambda = 0.95, weight = 1 } = options
  const needs: Want[] = advantage === 'gae' ? ['processRewards', 'values'] : ['processRewards']
  return {
    name: 'prime',
    needs,
    assign(groups, outputs, report) {
      const process = groups.map((group, g) => processRewards(group, outputs[g], options.granularity ?? 'token'))
      const { largest, mean } = statistics(process)
      report?.('prime/largestReturn', largest)
      report?.('prime/process', mean)
      const scale = weight * (normalise === 'batch' ? 1 / (largest + 1e-6) : beta)
      for (const rewards of process.flat()) for (let t = 0; t < rewards.length; t++) rewards[t] *= scale
      if (advantage === 'gae') return gae({ gamma, lambda }).assign(withTokens(groups, process), outputs)
      const outcome = outcomeAdvantages(groups, advantage)
      groups.forEach((group, g) => {
        const { indices } = scoredPart(group)
        if (indices.length < 2 && advantage !== 'reinforce') return
        const centred = centre(
          indices.map((i) => process[g][i]),
          advantage,
          options.baseline ?? 'code',
        )
        indices.forEach((i, k) => addReturns(outcome[g][i], centred[k], gamma))
      })
      return outcome
    },
  }
}

function outcomeAdvantages(groups: readonly Group[], advantage: 'rloo' | 'reinforce' | 'grpo'): Float32Array[][] {
  if (advantage !== 'reinforce') return (advantage === 'rloo' ? rloo() : grpo()).assign(groups, [])
  return groups.map((group) => {
    const arrays = zeros(group)
    group.scores.forEach((score, i) => {
      if (score.kind === 'scored') arrays[i].fill(score.value)
    })
    return arrays
  })
}

/** q of every rollout, zeros for an Unscored one; with 'whole' summed on the last token. */
function processRewards(group: Group, outputs: readonly Readout[], granularity: 'token' | 'whole'): Float64Array[] {
  return group.rollouts.map(({ sequence }, i) => {
    const length = completionLength(sequence)
    if (group.scores[i].kind === 'unscored') return new Float64Array(length)
    const rewards = outputs[i]?.processRewards
    if (rewards === undefined || rewards.length !== length || !rewards.every(Number.isFinite))
      throw new GuerdonError(
        rewards?.length === length
          ? 'prime needs finite process rewards, and one is not'
          : `prime needs a process reward per token: ${rewards?.length ?? 0} for ${length}`,
        { where: `prompt '${group.prompt.id}', rollout ${i}`, fix: 'companions: [implicitReward(...)]' },
      )
    const taken = Float64Array.from(rewards)
    if (granularity === 'token' || length === 0) return taken
    const total = taken.reduce((sum, reward) => sum + reward, 0)
    return taken.fill(0).fill(total, length - 1)
  })
}

/** The largest |sum of rewards from some token on|, and the mean reward. */
function statistics(process: readonly (readonly Float64Array[])[]): { largest: number; mean: number } {
  let largest = 0
  let total = 0
  let tokens = 0
  for (const rewards of process.flat()) {
    let toCome = 0
    for (let t = rewards.length - 1; t >= 0; t--) {
      toCome += rewards[t]
      largest = Math.max(largest, Math.abs(toCome))
    }
    total += toCome
    tokens += rewards.length
  }
  return { largest, mean: total / Math.max(1, tokens) }
}

/** One group's process rewards less their baseline. */
function centre(
  rewards: readonly Float64Array[],
  advantage: 'rloo' | 'reinforce' | 'grpo',
  baseline: 'code' | 'paper',
): Float64Array[] {
  if (advantage === 'reinforce') return [...rewards]
  if (advantage === 'grpo') {
    const { mean, deviation } = moments(rewards)
    return rewards.map((row) => row.map((reward) => (deviation === 0 ? 0 : (reward - mean) / (deviation + 1e-6))))
  }
  const others = rewards.length - 1
  const means = rewards.map((row) => row.reduce((sum, reward) => sum + reward, 0) / Math.max(1, row.length))
  const all = means.reduce((sum, mean) => sum + mean, 0)
  return rewards.map((row, i) =>
    row.map((reward) =>
      baseline === 'paper' ? reward - (all - means[i]) / others : (reward * rewards.length - all) / others,
    ),
  )
}

/** Mean and sample deviation over all tokens; a deviation of rounding alone is 0. */
function moments(rewards: readonly Float64Array[]): { mean: number; deviation: number } {
  let count = 0
  let total = 0
  for (const row of rewards) {
    count += row.length
    for (const reward of row) total += reward
  }
  const mean = total / Math.max(1, count)
  let squares = 0
  for (const row of rewards) for (const reward of row) squares += (reward - mean) ** 2
  const deviation = Math.sqrt(squares / Math.max(1, count - 1))
  return { mean, deviation: deviation <= 1e-12 * Math.abs(mean) ? 0 : deviation }
}

function addReturns(array: Float32Array, rewards: Float64Array, gamma: number): void {
  let toCome = 0
  for (let t = rewards.length - 1; t >= 0; t--) {
    toCome = rewards[t] + gamma * toCome
    array[t] += toCome
  }
}

/** The groups with these rewards as the dense rewards of their scores. */
function withTokens(groups: readonly Group[], process: readonly (readonly Float64Array[])[]): Group[] {
  return groups.map((group, g) => ({
    ...group,
    scores: group.scores.map((score, i) =>
      score.kind === 'unscored' ? score : { ...score, tokens: Float32Array.from(process[g][i]) },
    ),
  }))
}
