/**
 * cDPO's critical tokens (2024, arXiv 2411.19943): a model tuned on right answers against one tuned on wrong ones.
 *
 *     log s_t = (1 + beta) log p_pos(y_t) - beta log p_neg(y_t) - log Z_t,   Z_t over the vocabulary
 *
 * s is low where a token is unlikely in right answers and likely in wrong ones: there an answer goes wrong.
 */
import type { FrozenPolicy } from '../policy/policy.ts'
import type { Answered, TokenScorer } from './tokenScorer.ts'

/** s of one token from both models' log-probs (or logits) of the whole vocabulary. */
export function contrastiveScore(
  positive: ArrayLike<number>,
  negative: ArrayLike<number>,
  token: number,
  beta = 1,
): number {
  let peak = Number.NEGATIVE_INFINITY
  const score = (v: number) => (1 + beta) * positive[v] - beta * negative[v]
  for (let v = 0; v < positive.length; v++) peak = Math.max(peak, score(v))
  let mass = 0
  for (let v = 0; v < positive.length; v++) mass += Math.exp(score(v) - peak)
  return Math.exp(score(token) - peak) / mass
}

/** Answers whose distributions are held at once. */
const together = 8

/**
 * Scores tokens by two models with one vocabulary, both as they are.
 *
 * @param options.beta strength of the contrast. Default 1
 */
export function contrastiveEstimation(
  positive: FrozenPolicy,
  negative: FrozenPolicy,
  options: { readonly beta?: number } = {},
): TokenScorer {
  const some = async (answers: readonly Answered[]) => {
    const sequences = answers.map(({ sequence }) => sequence)
    const [pos, neg] = [
      await positive.forward(sequences, ['distribution']),
      await negative.forward(sequences, ['distribution']),
    ]
    return sequences.map(({ tokens, promptLength }, i) => {
      const scores = new Float32Array(tokens.length - promptLength)
      const [a, b] = [pos[i].distribution, neg[i].distribution]
      const width = (a?.length ?? 0) / Math.max(1, scores.length)
      for (let t = 0; t < scores.length && a !== undefined && b !== undefined; t++) {
        const [start, end] = [t * width, (t + 1) * width]
        const token = tokens[promptLength + t]
        scores[t] = contrastiveScore(a.subarray(start, end), b.subarray(start, end), token, options.beta)
      }
      return scores
    })
  }
  return {
    name: 'contrastiveEstimation',
    async score(answers) {
      const scores: Float32Array[] = []
      for (let at = 0; at < answers.length; at += together)
        scores.push(...(await some(answers.slice(at, at + together))))
      return scores
    },
  }
}
