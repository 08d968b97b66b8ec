/**
 * A critic's loss: half the mean squared error to the returns, L = 1/(2N) sum (V_t - R_t)². With a clip (Schulman et al.'s
 * PPO code) the new value may move by at most `clip` from the one at sampling time, and the worse of both errors counts:
 *
 *     L = 1/(2N) sum max((V - R)², (V_old + clamp(V - V_old, -clip, clip) - R)²)
 */
import { GuerdonError } from '../data/error.ts'
import type { Objective } from './objective.ts'

/** One sequence's values: predicted now, wanted, and (for the clip) predicted when the sequence was sampled. */
export interface ValueItem {
  readonly values: Float32Array
  readonly returns: Float32Array
  readonly sampled?: Float32Array
}

/**
 * The critic's loss; `gradients` are with respect to the VALUES. Metrics: `explainedVariance`, 1 - var(R - V) / var(R)
 * (1 is perfect, 0 no better than a constant), and `clipFraction`.
 *
 * @param options.clip default: none
 */
export function valueLoss(options: { readonly clip?: number } = {}): Objective<ValueItem> {
  const { clip } = options
  return {
    name: 'valueLoss',
    needs: ['values'],
    evaluate(batch) {
      const tokens = Math.max(
        1,
        batch.reduce((sum, { values }) => sum + values.length, 0),
      )
      let loss = 0
      let clippedTokens = 0
      const gradients = batch.map(({ values, returns, sampled }) => {
        if (returns.length !== values.length || (clip !== undefined && sampled?.length !== values.length)) {
          throw new GuerdonError(
            `valueLoss: ${values.length} values, ${returns.length} returns, ${sampled?.length ?? 'no'} values of the sampler`,
            { fix: 'give all of them one number per token; `clip` needs `sampled`' },
          )
        }
        const gradient = new Float32Array(values.length)
        for (let t = 0; t < values.length; t++) {
          const error = values[t] - returns[t]
          const moved = clip === undefined || sampled === undefined ? 0 : beyond(values[t] - sampled[t], clip)
          const held = error - moved
          if (moved !== 0 && held ** 2 > error ** 2) {
            loss += held ** 2 / (2 * tokens)
            clippedTokens++
          } else {
            loss += error ** 2 / (2 * tokens)
            gradient[t] = error / tokens
          }
        }
        return gradient
      })
      return { loss, gradients, metrics: { explainedVariance: explained(batch), clipFraction: clippedTokens / tokens } }
    },
  }
}

/** How far a move goes past the clip, with its sign; 0 within. */
function beyond(move: number, clip: number): number {
  return move - Math.min(clip, Math.max(-clip, move))
}

function explained(batch: readonly ValueItem[]): number {
  const total = variance(batch, (returned) => returned)
  return total === 0 ? 0 : 1 - variance(batch, (returned, value) => returned - value) / total
}

function variance(batch: readonly ValueItem[], of: (returned: number, value: number) => number): number {
  let count = 0
  let sum = 0
  let squares = 0
  for (const { values, returns } of batch) {
    for (let t = 0; t < values.length; t++) {
      const x = of(returns[t], values[t])
      count++
      sum += x
      squares += x * x
    }
  }
  return count === 0 ? 0 : Math.max(0, squares / count - (sum / count) ** 2)
}
