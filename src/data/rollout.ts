/**
 * What a policy did. Per-token arrays run over the COMPLETION's tokens (prompt excluded, end token included), one
 * array per rollout: never padded, never masked. Padding and microbatches are the engine's secret.
 */
import type { Prompt, Sample } from './message.ts'
import type { Score } from './score.ts'

/** Token ids, prompt first; the completion starts at `promptLength`. */
export interface Sequence {
  readonly tokens: Int32Array
  readonly promptLength: number
}

/** An answer with its tokens and their log-probs under the policy that sampled it (temperature 1, nothing cut). */
export interface Rollout {
  readonly sample: Sample
  readonly sequence: Sequence
  readonly logprobs: Float32Array
  /** Where the completion has steps: the completion token (counted from 0) that ends each of them. */
  readonly stepEnds?: Int32Array
}

/** G answers to one prompt with their scores, index by index. */
export interface Group {
  readonly prompt: Prompt
  readonly rollouts: readonly Rollout[]
  readonly scores: readonly Score[]
}

/** Two answers to one prompt, one preferred. */
export interface Preference {
  readonly prompt: Prompt
  readonly chosen: string
  readonly rejected: string
}

/** One answer with a thumb up or down. */
export interface Feedback {
  readonly sample: Sample
  readonly desirable: boolean
  /** How much it counts. Default 1. */
  readonly weight?: number
}

/** How many tokens the completion has. */
export function completionLength(sequence: Sequence): number {
  return sequence.tokens.length - sequence.promptLength
}
