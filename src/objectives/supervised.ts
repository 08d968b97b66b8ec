/** Supervised tuning: weighted cross-entropy, L = -sum w_t log p_t / sum |w_t| over all tokens of the batch. */
import type { Readout } from '../data/readout.ts'
import type { Objective } from './objective.ts'
import { readoutOf } from './readoutOf.ts'

/** A sequence to learn. Weights: one per token; 0 leaves a token out, a negative one unlearns it. Default: all 1. */
export interface SupervisedItem {
  readonly readout: Readout
  readonly weights?: Float32Array
}

/** Cross-entropy per weighted token, in nats. Metrics: `perplexity`, e to the loss; `tokens`, those with a weight. */
export function supervised(): Objective<SupervisedItem> {
  return {
    name: 'supervised',
    needs: ['logprobs'],
    evaluate(batch) {
      const items = batch.map(({ readout, weights }) => {
        const logprobs = readoutOf(readout, 'logprobs', 'supervised', weights?.length)
        return { logprobs, weights: weights ?? new Float32Array(logprobs.length).fill(1) }
      })
      let total = 0
      let tokens = 0
      for (const { weights } of items) {
        for (const weight of weights) {
          total += Math.abs(weight)
          if (weight !== 0) tokens++
        }
      }
      const scale = total === 0 ? 0 : 1 / total
      let loss = 0
      const gradients = items.map(({ logprobs, weights }) => {
        const gradient = new Float32Array(logprobs.length)
        for (let t = 0; t < gradient.length; t++) {
          if (weights[t] === 0) continue
          gradient[t] = -weights[t] * scale
          loss -= weights[t] * scale * logprobs[t]
        }
        return gradient
      })
      return { loss, gradients, metrics: { perplexity: Math.exp(loss), tokens } }
    },
  }
}
