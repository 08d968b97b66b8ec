/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter 2019, Algorithm 2):
 * m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², θ ← θ(1 - ηλ) - η m̂ / (√v̂ + ε), with m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).
 */
import type { Layout } from './parameters.ts'

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

/** A stretch of flat arrays: from here, up to there. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** A norm is summed in stretches of this length, so that it is the same whoever sums them. */
const chunk = 16384

/** What share `part` of `parts` is of an array of this length; all but the last end where a chunk does. */
export function stretch(length: number, part: number, parts: number): Stretch {
  const chunks = Math.ceil(length / chunk)
  const [from, to] = [part, part + 1].map((i) => Math.min(length, Math.round((chunks * i) / parts) * chunk))
  return { from, to }
}

/** Sums of squares, chunk by chunk. */
export function squares(values: Float32Array, { from, to }: Stretch = { from: 0, to: values.length }): number[] {
  const sums: number[] = []
  for (let start = from; start < to; start += chunk) {
    sums.push(sumOfSquares(values, start, Math.min(to, start + chunk)))
  }
  return sums
}

function sumOfSquares(values: Float32Array, begin: number, end: number): number {
  let total = 0
  for (let i = begin; i < end; i++) total += values[i] * values[i]
  return total
}

/** What all numbers of one update have in common. */
export interface AdamWUpdate {
  /** The gradient's norm before clipping. */
  readonly norm: number
  /** What the gradient is multiplied by: PyTorch's rule, so that clipped runs agree: max / (norm + 1e-6), never more than 1. */
  readonly scale: number
  /** Which step this is, from 1. */
  readonly step: number
}

/** The next update, from the squares of its gradient in their order. */
export function nextUpdate(sums: readonly number[], { steps }: AdamWState, { clipNorm }: AdamWOptions): AdamWUpdate {
  const norm = Math.sqrt(sums.reduce((total, sum) => total + sum, 0))
  return { norm, scale: clipNorm === undefined ? 1 : Math.min(1, clipNorm / (norm + 1e-6)), step: steps + 1 }
}

/** Writes a stretch of one update into `values` and the moments. */
export function update(
  plan: Layout,
  values: Float32Array,
  gradient: Float32Array,
  moments: Pick<AdamWState, 'first' | 'second'>,
  options: AdamWOptions,
  { scale, step }: AdamWUpdate,
  { from, to }: Stretch = { from: 0, to: values.length },
): void {
  const { learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options
  const { first, second } = moments
  const rate = learningRate / (1 - beta1 ** step)
  const spread = 1 / Math.sqrt(1 - beta2 ** step)
  for (const { name, decay } of plan.blocks) {
    const { start = 0, length = 0 } = plan.ofBlock.get(name) ?? {}
    const keep = decay ? 1 - learningRate * weightDecay : 1
    const [begin, end] = [Math.max(from, start), Math.min(to, start + length)]
    updateRange(values, gradient, first, second, begin, end, scale, beta1, beta2, rate, spread, epsilon, keep)
  }
}

/** Of numbers and arrays alone: what is compiled for objects is thrown away with the last object of their shape. */
function updateRange(
  w: Float32Array,
  g: Float32Array,
  m: Float32Array,
  v: Float32Array,
  begin: number,
  end: number,
  scale: number,
  beta1: number,
  beta2: number,
  rate: number,
  spread: number,
  epsilon: number,
  keep: number,
): void {
  for (let i = begin; i < end; i++) {
    const slope = g[i] * scale
    const first = beta1 * m[i] + (1 - beta1) * slope
    const second = beta2 * v[i] + (1 - beta2) * slope * slope
    m[i] = first
    v[i] = second
    w[i] = w[i] * keep - (rate * first) / (Math.sqrt(second) * spread + epsilon)
  }
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
  const next = nextUpdate(squares(gradient), state, options)
  if (Number.isFinite(next.norm)) {
    update(plan, values, gradient, state, options, next)
    state.steps = next.step
  }
  return next.norm
}
