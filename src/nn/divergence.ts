/** How far a decoder's distributions are from a teacher's: KL(p || q) = Σ_v p_v (log p_v - log q_v), in nats a row. */
import * as g from '../graph/index.ts'

/**
 * From a teacher's log-probs of the whole vocabulary: scores and teacher [rows, vocabulary] to [rows]. Its gradient,
 * p (log p - log q - KL), is one pass over the vocabulary instead of the chain rule's many.
 */
export function denseDivergence(scores: g.Float, teacher: g.Float): g.Float {
  const [rows] = scores.shape
  const all = g.logSoftmax(scores)
  const [chances, excess] = [g.exp(all), g.sub(all, teacher)]
  const divergence = g.sum(g.mul(chances, excess), -1)
  return g.withGradient('denseDivergence', divergence, [scores], (gradient) => {
    const [slope, mean] = [gradient, divergence].map((line) => g.reshape(line, [rows, 1]))
    return [g.mul(slope, g.mul(chances, g.sub(excess, mean)))]
  })
}

/** The least mass that is left beside the tokens named: its logarithm stays finite. */
export const LEAST_REST = 1e-7

/**
 * From the log-probs of k tokens a row and of all others together: over those k + 1 classes, which is at most the
 * divergence over the whole vocabulary. ids and teacher [rows, k], rest [rows].
 */
export function coarseDivergence(scores: g.Float, ids: g.Int, teacher: g.Float, rest: g.Float): g.Float {
  const named = g.gatherAlong(g.logSoftmax(scores), ids)
  const chances = g.exp(named)
  const other = g.maximum(g.sub(1, g.sum(chances, -1)), LEAST_REST)
  return g.add(g.sum(g.mul(chances, g.sub(named, teacher)), -1), g.mul(other, g.sub(g.log(other), rest)))
}
