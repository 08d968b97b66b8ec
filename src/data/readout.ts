/** The numbers a model can give per token. A credit or an objective declares which it needs; the loop gathers them once. */

/**
 * `reference` means the log-probs of the same tokens under the frozen reference policy. `processRewards` come from a
 * companion. `influence` needs to be told towards what: see `ForwardOptions.influence`.
 */
export type Want =
  | 'logprobs'
  | 'entropy'
  | 'values'
  | 'hidden'
  | 'topLogprobs'
  | 'distribution'
  | 'reference'
  | 'processRewards'
  | 'influence'

/** The K most likely tokens at each position, row-major: position t holds entries t*k .. t*k+k-1, most likely first. */
export interface TopLogprobs {
  readonly k: number
  readonly ids: Int32Array
  readonly logprobs: Float32Array
}

/** One sequence's numbers, over its completion's tokens (or over the tokens asked for). */
export interface Readout {
  /** log p(token | everything before it), in nats. */
  readonly logprobs?: Float32Array
  /** Entropy of the distribution the token was drawn from, in nats. */
  readonly entropy?: Float32Array
  /** The scalar head's value of the state before the token. */
  readonly values?: Float32Array
  /** Last hidden states before the token (after the final norm), row-major [tokens, width]. */
  readonly hidden?: Float32Array
  readonly topLogprobs?: TopLogprobs
  /**
   * Log-probs of the whole vocabulary before each token, row-major [tokens, vocabulary]. Large: ask for few sequences at a
   * time, and keep none.
   */
  readonly distribution?: Float32Array
  readonly reference?: Float32Array
  /** A reward for each token by a model that learns beside the policy, such as an implicit process reward model. */
  readonly processRewards?: Float32Array
  /** How much a step on the token's own log-prob would raise the weighted log-probs of its group. */
  readonly influence?: Float32Array
}
