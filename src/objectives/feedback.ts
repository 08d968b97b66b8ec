/** What objectives on single judged answers share: the item, and sums of a loss by class. */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import type { Evaluation, Objective } from './objective.ts'
import { sequenceLogRatio } from './pair.ts'

/** One answer with a thumb up or down; its readout has `logprobs` and `reference`. */
export interface FeedbackItem {
  readonly readout: Readout
  readonly desirable: boolean
  /** How much it counts. Default 1. */
  readonly weight?: number
  /** Another prompt's answer, read after this prompt: what KTO measures the policy's drift with. */
  readonly mismatched?: Readout
}

/** An objective on judged answers. `state` and `restore` carry what it remembers between batches. */
export interface FeedbackObjective extends Objective<FeedbackItem> {
  readonly over: 'answers'
  /** Whether its items need `mismatched`. */
  readonly mismatched?: boolean
  /** beta times the log-ratio: what it takes an answer to be worth. */
  reward(readout: Readout): number
  state?(): unknown
  restore?(state: unknown): void
}

/** An item with its reward, ready for a loss. */
export interface Judged {
  readonly item: FeedbackItem
  readonly reward: number
  readonly usable: boolean
}

/** The items' rewards. Items without finite numbers are not usable; throws a GuerdonError where none is. */
export function judged(batch: readonly FeedbackItem[], beta: number, objective: string): Judged[] {
  const rewards = batch.map((item) => {
    const reward = beta * sequenceLogRatio(item.readout, objective)
    return { item, reward, usable: Number.isFinite(reward) }
  })
  if (batch.length > 0 && !rewards.some(({ usable }) => usable))
    throw new GuerdonError(`${objective}: no answer of ${batch.length} has finite log-probs under policy and reference`)
  return rewards
}

/**
 * Class by class or all together, the weighted mean of the answers' losses. 'class-mean' is the sum of two means, so that
 * the classes count alike however many answers each has; a class without answers adds 0. 'sample-mean' pools them.
 */
export type Reduction = 'class-mean' | 'sample-mean'

/** Loss, gradients (one array an item) and means by class, from each answer's loss and its slope in the reward. */
export function reduced(
  answers: readonly Judged[],
  losses: readonly { readonly loss: number; readonly slope: number }[],
  options: { readonly beta: number; readonly reduction: Reduction },
): Evaluation {
  const { beta, reduction } = options
  const usable = answers.filter(({ usable }) => usable)
  const of = (desirable: boolean) => usable.filter(({ item }) => item.desirable === desirable)
  // The weights scale the losses and not the divisor, as TRL has it.
  const divisor = (desirable: boolean) => Math.max(1, reduction === 'class-mean' ? of(desirable).length : usable.length)
  let loss = 0
  const gradients = answers.map(({ item, usable }, i) => {
    const { length } = item.readout.logprobs ?? []
    if (!usable) return new Float32Array(length)
    const share = (item.weight ?? 1) / divisor(item.desirable)
    loss += share * losses[i].loss
    return new Float32Array(length).fill(share * beta * losses[i].slope)
  })
  const mean = (list: readonly Judged[]) => list.reduce((sum, { reward }) => sum + reward, 0) / list.length
  const [up, down] = [of(true), of(false)]
  const metrics = {
    ...(up.length === 0 ? {} : { desirableReward: mean(up) }),
    ...(down.length === 0 ? {} : { undesirableReward: mean(down) }),
    ...(up.length === 0 || down.length === 0 ? {} : { margin: mean(up) - mean(down) }),
    ...(usable.length === answers.length ? {} : { unusableAnswers: answers.length - usable.length }),
  }
  return { loss, gradients, metrics }
}
