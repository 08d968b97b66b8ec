/**
 * Low-rank adapters (LoRA, Hu et al. 2021): a linear layer's product becomes y = x Wᵀ + (α/r) drop(x) Aᵀ Bᵀ with W
 * frozen, A [r, in] drawn at random and B [out, r] zero, so that an untrained adapter changes nothing.
 */
import { GuerdonError } from '../data/error.ts'
import * as g from '../graph/index.ts'
import { type Block, block, type Layout, layout, type Place, view } from './parameters.ts'

/** The linear layers of a decoder that adapters can sit on. */
export const loraTargets = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export type LoraTarget = (typeof loraTargets)[number]

export interface LoraOptions {
  /** r, the rank of the change. */
  readonly rank: number
  /** α: the change is scaled by α/r. Default: 2r. */
  readonly alpha?: number
  /** Share of the adapters' inputs that is zeroed, at random, while learning. Default 0. */
  readonly dropout?: number
  /** Default: all of them. */
  readonly targets?: readonly LoraTarget[]
  /** Draws A. Default 0. */
  readonly seed?: number
}

/** Options with everything decided. */
export interface LoraSettings {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  readonly targets: readonly LoraTarget[]
}

/** Checks the options and fills in what they leave open. */
export function loraSettings(options: LoraOptions): LoraSettings {
  const { rank, alpha = 2 * rank, dropout = 0, targets = loraTargets } = options
  if (!Number.isInteger(rank) || rank < 1) throw new GuerdonError(`lora: rank ${rank} is no positive whole number`)
  if (!Number.isFinite(alpha) || alpha <= 0) throw new GuerdonError(`lora: alpha ${alpha} is no positive number`)
  if (!(dropout >= 0 && dropout < 1)) throw new GuerdonError(`lora: dropout ${dropout} is not in [0, 1)`)
  const unknown = targets.find((target) => !loraTargets.includes(target))
  if (unknown !== undefined || targets.length === 0)
    throw new GuerdonError(`lora: ${unknown === undefined ? 'no targets' : `no layer is called '${unknown}'`}`, {
      fix: `choose among ${loraTargets.join(', ')}`,
    })
  return { rank, alpha, dropout, targets: loraTargets.filter((target) => targets.includes(target)) }
}

/** The adapters' weights for a decoder's layout: `….lora_A.weight` [r, in] and `….lora_B.weight` [out, r] a target. */
export function loraLayout(base: Layout, { rank, targets }: LoraSettings): Layout {
  const blocks: Block[] = []
  for (const [name, { shape }] of base.ofPart) {
    const target = name.split('.').at(-2)
    if (!name.endsWith('.weight') || !targets.some((each) => each === target)) continue
    const [out, width] = shape
    const { down, up } = loraNames(name)
    blocks.push(
      // PyTorch's and PEFT's choice for A: uniform with bound 1/√in; a normal of the same deviation.
      block(down, [{ name: down, shape: [rank, width], initial: { std: 1 / Math.sqrt(3 * width) } }]),
      block(up, [{ name: up, shape: [out, rank], initial: { value: 0 } }]),
    )
  }
  return layout(blocks)
}

/** The names of the two matrices that adapt this weight. */
export function loraNames(weight: string): { readonly down: string; readonly up: string } {
  const layer = weight.slice(0, -'.weight'.length)
  return { down: `${layer}.lora_A.weight`, up: `${layer}.lora_B.weight` }
}

/** Adapters inside a program: their weights by name, α/r, and which inputs are dropped. */
export interface Adapters {
  readonly weights: Readonly<Record<string, g.Float>>
  readonly scale: number
  /** Zeroes a share of a layer's input and scales up the rest; absent outside learning. */
  readonly drop?: (x: g.Float, layer: string) => g.Float
}

/** y, the product of x with the named weight, plus its adapter's product; y itself where it has none. */
export function adapted(y: g.Float, x: g.Float, weight: string, adapters: Adapters | undefined): g.Float {
  if (adapters === undefined) return y
  const { down, up } = loraNames(weight)
  if (!(down in adapters.weights)) return y
  const input = adapters.drop?.(x, weight) ?? x
  const narrow = g.matmul(input, adapters.weights[down], { transposeB: true })
  return g.add(y, g.matmul(narrow, adapters.weights[up], { transposeB: true, scale: adapters.scale }))
}

/**
 * Dropout whose noise is a function of (seed, layer, place): the same seed drops the same numbers in any process. The
 * noise is the fractional part of a sine, as shaders make it: even and uncorrelated enough to drop by.
 */
export function seededDropout(share: number, seed: g.Float): (x: g.Float, layer: string) => g.Float {
  return (x, layer) => {
    const [rows, width] = x.shape
    const column = (count: g.Dim, step: number) => g.mul(g.toFloat(g.iota(count)), step)
    const offset = [...layer].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 1009, 7)
    const phase = g.add(
      g.add(g.reshape(column(rows, 12.9898), [rows, 1]), g.reshape(column(width, 78.233), [1, width])),
      g.add(g.mul(seed, 37.719), offset),
    )
    const wild = g.mul(g.sin(phase), 43758.547)
    const noise = g.sub(wild, g.floor(wild))
    return g.where(g.less(noise, share), 0, g.mul(x, 1 / (1 - share)))
  }
}

/** base weights plus (α/r) B A, in a new array: the model with its adapters worked in. */
export function merged(
  base: { readonly plan: Layout; readonly values: Float32Array },
  lora: { readonly plan: Layout; readonly values: Float32Array; readonly settings: LoraSettings },
): Float32Array {
  const values = base.values.slice()
  const { rank, alpha } = lora.settings
  const scale = alpha / rank
  for (const [name, place] of base.plan.ofPart) {
    const { down, up } = loraNames(name)
    const [a, b] = [lora.plan.ofPart.get(down), lora.plan.ofPart.get(up)]
    if (a === undefined || b === undefined) continue
    addProduct(view(values, place), view(lora.values, a), view(lora.values, b), place, rank, scale)
  }
  return values
}

function addProduct(
  weight: Float32Array,
  down: Float32Array,
  up: Float32Array,
  { shape: [rows, width] }: Place & { readonly shape: readonly number[] },
  rank: number,
  scale: number,
): void {
  const line = new Float64Array(width)
  for (let row = 0; row < rows; row++) {
    line.fill(0)
    for (let r = 0; r < rank; r++) {
      const factor = scale * up[row * rank + r]
      if (factor === 0) continue
      for (let column = 0; column < width; column++) line[column] += factor * down[r * width + column]
    }
    for (let column = 0; column < width; column++) weight[row * width + column] += line[column]
  }
}
