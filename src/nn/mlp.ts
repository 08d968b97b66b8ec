/** A multilayer perceptron over rows of features: for critics, reward heads and small probes. */
import * as g from '../graph/index.ts'
import type { Weights } from './decoder.ts'
import { block, type Layout, layout } from './parameters.ts'

export interface MlpConfig {
  /** Width of the input, of each hidden layer, and of the output. */
  readonly widths: readonly number[]
}

/** Weights `layers.i.weight` [out, in] and `layers.i.bias` [out], as in PyTorch's Linear. */
export function mlpLayout(config: MlpConfig): Layout {
  return layout(
    config.widths.slice(1).flatMap((out, i) => {
      const inputs = config.widths[i]
      return [
        block(`layers.${i}.weight`, [
          { name: `layers.${i}.weight`, shape: [out, inputs], initial: { std: 1 / Math.sqrt(inputs) } },
        ]),
        block(`layers.${i}.bias`, [{ name: `layers.${i}.bias`, shape: [out], initial: { value: 0 } }]),
      ]
    }),
  )
}

/** x [rows, in] to [rows, out], with GELU between the layers. */
export function mlp(config: MlpConfig, weights: Weights, x: g.Float): g.Float {
  const last = config.widths.length - 2
  return config.widths.slice(1).reduce((rows, _, i) => {
    const next = g.add(g.matmul(rows, weights[`layers.${i}.weight`], { transposeB: true }), weights[`layers.${i}.bias`])
    return i === last ? next : g.gelu(next)
  }, x)
}
