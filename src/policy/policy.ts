/** What speaks and learns: sample, forward, backward, step. The local engine and remote services have this same face. */
import type { Completion, Prompt } from '../data/message.ts'
import type { Readout, TopLogprobs, Want } from '../data/readout.ts'
import type { Rollout, Sequence } from '../data/rollout.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

/** How to draw a completion. Log-probs are always those of the model itself: temperature 1, nothing cut. */
export interface SamplingOptions {
  /** Most tokens of the completion, the end token and what `from` gives included. */
  readonly maxTokens: number
  /** 0 takes the most likely token each time. Default 1. */
  readonly temperature?: number
  /** Keep only the k most likely tokens. Default: all. */
  readonly topK?: number
  /** Keep the smallest set of tokens whose probability reaches p. Default 1: all. */
  readonly topP?: number
  /**
   * Strings that end a completion; the text keeps what comes before them, the tokens keep all that was drawn. After `from`
   * only those count that end in what is new.
   */
  readonly stop?: readonly string[]
  /** Token ids that end a completion, besides the tokenizer's own end token. */
  readonly stopTokens?: readonly number[]
  /** Completion i of a request draws from the stream (seed, i): the same whatever shares its batch. */
  readonly seed: number | string
}

/** `count` completions of one prompt, all from one prefill. */
export interface SampleRequest extends SamplingOptions {
  readonly prompt: Prompt
  readonly count: number
  /**
   * Go on from this rollout's first `length` completion tokens (default: all) instead of from the bare prompt. Tokens
   * that end with the end token, or fill `maxTokens` or the context, are given back as they are.
   */
  readonly from?: { readonly rollout: Rollout; readonly length?: number }
  /** Keep what the completions left in the cache, so that `from` need not read it again until the next step. */
  readonly keep?: boolean
}

/** A finished completion: which request and which of its `count`. */
export interface SampledCompletion {
  readonly request: number
  readonly index: number
  readonly completion: Completion
  readonly rollout: Rollout
}

export interface ForwardOptions {
  /** 'completion' (default): arrays over the completion's tokens. 'all': over every token but the first. */
  readonly over?: 'completion' | 'all'
  /** How many alternatives `topLogprobs` gives. Default 5. */
  readonly top?: number
  /** What `influence` is measured towards. */
  readonly influence?: InfluenceQuestion
}

/**
 * Groups of sequences and the direction of each: D = sum_i weight_i log p(completion i) over a group's sequences. The
 * influence of a token is the derivative of D along the token's own gradient, d log p(token) / dW, both taken with
 * respect to the language head W alone: <dD/dW, d log p/dW>.
 */
export interface InfluenceQuestion {
  /** Of each sequence, the number of its group. */
  readonly groups: readonly number[]
  /** Of each sequence. */
  readonly weights: readonly number[]
}

/** Derivatives of a loss with respect to a sequence's readouts, over its completion's tokens. */
export interface Coefficients {
  /** dL/d(log-prob of token t). */
  readonly logprobs?: Float32Array
  /** dL/d(value before token t). */
  readonly values?: Float32Array
  /** dL/d(KL of the policy's distribution before token t from the teacher's), with `BackwardOptions.teachers`. */
  readonly divergence?: Float32Array
}

/**
 * What a policy is to resemble at each token of a completion: log-probs of the whole vocabulary, row-major
 * [tokens, vocabulary], or of the k likeliest tokens, all others counting as one.
 */
export type Teacher = { readonly distribution: Float32Array } | TopLogprobs

export interface BackwardOptions {
  /** One a sequence, all dense or all of the same k. They are large: give few sequences at a time; gradients add up. */
  readonly teachers?: readonly Teacher[]
}

/** AdamW with decoupled weight decay (Loshchilov & Hutter 2019). */
export interface Adam {
  readonly learningRate: number
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
  /** Default 0; never applied to norms and biases. */
  readonly weightDecay?: number
  /** The gradient is scaled down so that its global norm is at most this. Default: no limit. */
  readonly clipNorm?: number
}

export interface StepMetrics {
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number
}

/** Something that gives numbers per token and never changes: a frozen reference. */
export interface FrozenPolicy {
  forward(sequences: readonly Sequence[], want: readonly Want[], options?: ForwardOptions): Promise<Readout[]>
}

export interface Policy extends FrozenPolicy {
  readonly tokenizer: Tokenizer
  /** Most tokens a sequence may have. */
  readonly contextLength: number
  /** Completions as they finish, in no set order. */
  sample(requests: readonly SampleRequest[], signal?: AbortSignal): AsyncIterable<SampledCompletion>
  /**
   * Adds dL/dθ for one coefficient per readout to the gradient that the next `step` uses. Gives the completions'
   * log-probs, which it computes on the way, and with a teacher the divergences from it.
   */
  backward(
    sequences: readonly Sequence[],
    coefficients: readonly Coefficients[],
    options?: BackwardOptions,
  ): Promise<{ readonly logprobs: Float32Array[]; readonly divergence?: Float32Array[] }>
  /** Updates the weights with the gradient gathered since the last step, and clears it. */
  step(adam: Adam): Promise<StepMetrics>
  /** A reference that keeps today's weights; it shares their storage until the policy changes. */
  freeze(): FrozenPolicy
  /** Writes weights, optimiser and tokenizer to a folder (Hugging Face layout); `load` of it goes on to the bit. */
  save(folder: string): Promise<void>
  /** Takes weights and optimiser from a folder that a policy of the same shape saved. */
  load(folder: string): Promise<void>
}
