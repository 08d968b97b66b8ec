/**
 * A language model as a soft Q-function of the token MDP (Rafailov et al. 2024, "From r to Q*", eq. 5-7 and 14-15): a state
 * is the text so far, an action the next token, and at temperature beta
 *
 *     Q = beta z,   V = beta log Σ_v exp z_v,   A = Q - V = beta log softmax(z)
 *     r(s, a) = Q(s, a) - beta log π_ref(a | s) - V(s'),   V = 0 after the last token
 */

export interface SoftQ {
  readonly q: Float64Array
  readonly value: number
  readonly advantage: Float64Array
}

/** One state's Q, V and A from its logits. Adding a constant to all logits moves Q and V alike and leaves A. */
export function softQ(logits: ArrayLike<number>, beta: number): SoftQ {
  const q = Float64Array.from(logits, (z) => beta * z)
  const value = beta * logSumExp(logits)
  return { q, value, advantage: q.map((each) => each - value) }
}

/** The inverse Bellman equation: the reward of each action taken, from its Q, its state's reference log-prob, and V of every state. */
export function tokenRewardFromQ(
  taken: ArrayLike<number>,
  values: ArrayLike<number>,
  reference: ArrayLike<number>,
  beta: number,
): Float64Array {
  return Float64Array.from(taken, (q, t) => q - beta * reference[t] - (t + 1 < taken.length ? values[t + 1] : 0))
}

/**
 * Proxy tuning: π ∝ π_base (π_proxy / π_ref)^strength, the log-probs of a base model moved as tuning moved a smaller one.
 * All three are log-probs (or logits) of one state over the same vocabulary.
 */
export function proxyTuned(
  base: ArrayLike<number>,
  proxy: ArrayLike<number>,
  reference: ArrayLike<number>,
  strength = 1,
): Float64Array {
  const scores = Float64Array.from(base, (value, v) => value + strength * (proxy[v] - reference[v]))
  const mass = logSumExp(scores)
  return scores.map((score) => score - mass)
}

function logSumExp(scores: ArrayLike<number>): number {
  let peak = Number.NEGATIVE_INFINITY
  for (let v = 0; v < scores.length; v++) peak = Math.max(peak, scores[v])
  let mass = 0
  for (let v = 0; v < scores.length; v++) mass += Math.exp(scores[v] - peak)
  return peak + Math.log(mass)
}
