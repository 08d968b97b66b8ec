/** Influence by its definition, pair by pair of tokens: the twin of what the engine reads out. */

export interface Positions {
  /** Completion tokens. */
  readonly tokens: readonly number[]
  /** Last hidden state before each token. */
  readonly hidden: readonly (readonly number[])[]
  /** Distribution each token was drawn from. */
  readonly chances: readonly (readonly number[])[]
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0)

/** sum over answers i of weight_i sum_k <g_ik, g_jk'> <h_ik, h_jk'>, for each token k' of each answer j of one group. */
export function influences(answers: readonly Positions[], weights: readonly number[]): Float32Array[] {
  const errors = answers.map(({ tokens, chances }) =>
    tokens.map((token, k) => chances[k].map((chance, v) => (v === token ? 1 : 0) - chance)),
  )
  return answers.map(({ hidden }, j) =>
    Float32Array.from(hidden, (own, to) =>
      answers.reduce(
        (total, { hidden: other }, i) =>
          total +
          weights[i] * other.reduce((sum, from, k) => sum + dot(errors[i][k], errors[j][to]) * dot(from, own), 0),
        0,
      ),
    ),
  )
}
