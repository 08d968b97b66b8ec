/** How the losses of tokens become one number. */

/**
 * 'token-mean': over all tokens of the batch, so long answers weigh more (DAPO; TRL's `dapo`, veRL's `token-mean`).
 * 'sequence-mean': over each answer's tokens, then over answers (GRPO; TRL's `grpo`, veRL's `seq-mean-token-mean`).
 * fixedLength n: sum over an answer's tokens divided by n, then mean over answers (Dr. GRPO; TRL's `dr_grpo`); n = 1 is
 * veRL's `seq-mean-token-sum`.
 */
export type Aggregate = 'token-mean' | 'sequence-mean' | { readonly fixedLength: number }

/** The weight of each token's loss, one number per sequence: loss = sum_i weight_i sum_t loss_it. */
export function tokenWeights(lengths: readonly number[], aggregate: Aggregate): number[] {
  if (aggregate === 'token-mean') {
    const tokens = Math.max(1, tokenCount(lengths))
    return lengths.map(() => 1 / tokens)
  }
  return lengths.map((length) => {
    const divisor = aggregate === 'sequence-mean' ? Math.max(1, length) : aggregate.fixedLength
    return 1 / (divisor * lengths.length)
  })
}

export function tokenCount(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + length, 0)
}
