/** What a decoder's hidden states are read out as: log-probs, entropy, the likeliest tokens, a scalar value, influence. */
import * as g from '../graph/index.ts'
import type { DecoderConfig } from './config.ts'
import type { Weights } from './decoder.ts'

/** The weight that hidden states are read with: [vocabulary, width]. */
export function headName({ tied }: DecoderConfig): string {
  return tied ? 'model.embed_tokens.weight' : 'lm_head.weight'
}

/** hidden [rows, width] to logits [rows, vocabulary]. */
export function logits(config: DecoderConfig, weights: Weights, hidden: g.Float): g.Float {
  return g.matmul(hidden, weights[headName(config)], { transposeB: true })
}

/** hidden [rows, width] to one value a row: [rows]. */
export function scalarHead(weights: Weights, hidden: g.Float): g.Float {
  const column = g.matmul(hidden, weights['value_head.weight'], { transposeB: true })
  return g.reshape(g.add(column, weights['value_head.bias']), [hidden.shape[0]])
}

/**
 * log p of each row's target: [rows, vocabulary] and [rows] to [rows]. Its gradient, c (onehot - p), is one pass over
 * the vocabulary instead of the chain rule's four.
 */
export function targetLogprobs(scores: g.Float, targets: g.Int): g.Float {
  const [rows] = targets.shape
  const at = g.reshape(targets, [rows, 1])
  const all = g.logSoftmax(scores)
  const picked = g.reshape(g.gatherAlong(all, at), [rows])
  return g.withGradient('targetLogprobs', picked, [scores], (gradient) => {
    const column = g.reshape(gradient, [rows, 1])
    return [g.scatterAdd(g.mul(g.exp(all), g.neg(column)), at, column)]
  })
}

/** Entropy of each row's distribution, in nats: -Σ p ln p. */
export function entropy(scores: g.Float): g.Float {
  const all = g.logSoftmax(scores)
  return g.neg(g.sum(g.mul(g.exp(all), all), -1))
}

/** onehot(target) - softmax of each row, d log p(target) / d scores: [rows, vocabulary]. */
export function predictionErrors(scores: g.Float, targets: g.Int): g.Float {
  const column = [targets.shape[0], 1]
  return g.scatterAdd(g.neg(g.softmax(scores)), g.reshape(targets, column), g.filled(1, column))
}

/** How the weighted sum of the rows' log-probs changes with the head: sum_r weight_r error_r hidden_r^T, [vocabulary, width]. */
export function headDirection(errors: g.Float, hidden: g.Float, weights: g.Float): g.Float {
  // The factor goes to the narrower side.
  const weighted = g.mul(hidden, g.reshape(weights, [hidden.shape[0], 1]))
  return g.matmul(errors, weighted, { transposeA: true })
}

/** How each row's log-prob moves with a step of the head along a direction: error_r^T direction hidden_r, [rows]. */
export function alongHead(errors: g.Float, hidden: g.Float, direction: g.Float): g.Float {
  return g.sum(g.mul(errors, g.matmul(hidden, direction, { transposeB: true })), -1)
}
