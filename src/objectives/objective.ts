/** Objectives: log-probs and advantages in, a loss and its derivative with respect to every log-prob out. */
import type { Readout, Want } from '../data/readout.ts'
import type { Rollout } from '../data/rollout.ts'

/** One rollout as a policy-gradient objective sees it: all arrays run over its completion's tokens. */
export interface ObjectiveItem {
  readonly rollout: Rollout
  readonly advantages: Float32Array
  /** `logprobs` under the policy being trained, and whatever else the objective needs. */
  readonly readout: Readout
}

/** `gradients[i][t]` = dL/d(log-prob of token t of item i). The loss is what a smaller number is better for. */
export interface Evaluation {
  readonly loss: number
  readonly gradients: Float32Array[]
  readonly metrics: Readonly<Record<string, number>>
}

/** A function on plain arrays over a whole minibatch; the same one drives every engine. */
export interface Objective<Item = ObjectiveItem> {
  readonly name: string
  readonly needs: readonly Want[]
  evaluate(batch: readonly Item[]): Evaluation
}
