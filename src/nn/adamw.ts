/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2):
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², θ ← θ(1 - ηλ) - η m̂ / (√v̂ + ε), with m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).
 */
import { type Layout, view } from './parameters.ts'

export interface AdamWOptions {
  readonly learningRate: number
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  readonly weightDecay?: number
  /** The gradient is scaled down to this global norm where it is longer. */
  readonly clipNorm?: number
}

/** What the optimiser remembers: both moments over the flat array, and how many steps it has made. */
export interface AdamWState {
  readonly first: Float32Array
  readonly second: Float32Array
  steps: number
}

export function adamWState(size: number): AdamWState {
  return { first: new Float32Array(size), second: new Float32Array(size), steps: 0 }
}

/** The global Euclidean norm. */
export function norm(values: Float32Array): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i] * values[i]
  return Math.sqrt(total)
}

/**
 * One step on `values` in place. Returns the gradient's norm before clipping; a norm that is not finite leaves values
 * and state as they were.
 */
export function adamW(
  plan: Layout,
  values: Float32Array,
  gradient: Float32Array,
  state: AdamWState,
  options: AdamWOptions,
): number {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm } = options
  const length = norm(gradient)
  if (!Number.isFinite(length)) return length
  // PyTorch's rule, so that clipped runs agree: scale by max / (norm + 1e-6), never up.
  const scale = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (length + 1e-6))
  state.steps++
  const rate = learningRate / (1 - beta1 ** state.steps)
  const spread = 1 / Math.sqrt(1 - beta2 ** state.steps)
  for (const { name, decay } of plan.blocks) {
    const place = plan.ofBlock.get(name)
    const [w, g, m, v] = [values, gradient, state.first, state.second].map((array) => view(array, place))
    const keep = decay ? 1 - learningRate * weightDecay : 1
    for (let i = 0; i < w.length; i++) {
      const slope = g[i] * scale
      const first = beta1 * m[i] + (1 - beta1) * slope
      const second = beta2 * v[i] + (1 - beta2) * slope * slope
      m[i] = first
      v[i] = second
      w[i] = w[i] * keep - (rate * first) / (Math.sqrt(second) * spread + epsilon)
    }
  }
  return length
}
