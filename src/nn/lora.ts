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
  /** r of single layers, by the end of their names; see `fits`. The first that fits counts. Default: `rank` for all. */
  readonly rankPattern?: Readonly<Record<string, number>>
  /** α of single layers, in the same way. Default: `alpha` for all. */
  readonly alphaPattern?: Readonly<Record<string, number>>
  /** Scale by α/√r in place of α/r (rsLoRA, Kalajdzievski 2023, arXiv 2312.03732). Default false. */
  readonly rankStabilised?: boolean
}

/** Options with everything decided. */
export interface LoraSettings {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  readonly targets: readonly LoraTarget[]
  readonly rankPattern?: Readonly<Record<string, number>>
  readonly alphaPattern?: Readonly<Record<string, number>>
  readonly rankStabilised?: boolean
}

/** Checks the options and fills in what they leave open. */
export function loraSettings(options: LoraOptions): LoraSettings {
  const { rank, alpha = 2 * rank, dropout = 0, targets = loraTargets } = options
  const { rankPattern = {}, alphaPattern = {}, rankStabilised = false } = options
  for (const each of [rank, ...Object.values(rankPattern)])
    if (!Number.isInteger(each) || each < 1) throw new GuerdonError(`lora: rank ${each} is no positive whole number`)
  for (const each of [alpha, ...Object.values(alphaPattern)])
    if (!Number.isFinite(each) || each <= 0) throw new GuerdonError(`lora: alpha ${each} is no positive number`)
  const wild = Object.keys({ ...rankPattern, ...alphaPattern }).find((name) => !layerEnd.test(name))
  if (wild !== undefined)
    throw new GuerdonError(`lora: '${wild}' is no end of a layer's name`, {
      fix: "name layers as in 'q_proj' or 'layers.0.mlp.down_proj', one by one: no expressions",
    })
  if (!(dropout >= 0 && dropout < 1)) throw new GuerdonError(`lora: dropout ${dropout} is not in [0, 1)`)
  const unknown = targets.find((target) => !loraTargets.includes(target))
  if (unknown !== undefined || targets.length === 0)
    throw new GuerdonError(`lora: ${unknown === undefined ? 'no targets' : `no layer is called '${unknown}'`}`, {
      fix: `choose among ${loraTargets.join(', ')}`,
    })
  return {
    ...{ rank, alpha, dropout, targets: loraTargets.filter((target) => targets.includes(target)) },
    ...(Object.keys(rankPattern).length === 0 ? {} : { rankPattern }),
    ...(Object.keys(alphaPattern).length === 0 ? {} : { alphaPattern }),
    ...(rankStabilised ? { rankStabilised } : {}),
  }
}

/** A key of a pattern: the end of a layer's name, or after a ^ the whole. PEFT takes any regular expression. */
export const layerEnd = /^\^?[\w.]+$/

/** Whether a layer's name is this name or ends in it, from a dot on; after a ^ only the whole name counts. As in PEFT. */
function fits(layer: string, name: string): boolean {
  return name.startsWith('^') ? layer === name.slice(1) : layer === name || layer.endsWith(`.${name}`)
}

function numberFor(layer: string, pattern: Readonly<Record<string, number>> | undefined, otherwise: number): number {
  return Object.entries(pattern ?? {}).find(([name]) => fits(layer, name))?.[1] ?? otherwise
}

const layerOf = (weight: string) => weight.slice(0, -'.weight'.length)

/** r of the adapter on this weight. */
function rankOf(weight: string, { rank, rankPattern }: LoraSettings): number {
  return numberFor(layerOf(weight), rankPattern, rank)
}

/** What the adapter's product on this weight is multiplied by: α/r, or α/√r. */
export function loraScale(weight: string, settings: LoraSettings): number {
  const rank = rankOf(weight, settings)
  const alpha = numberFor(layerOf(weight), settings.alphaPattern, settings.alpha)
  return alpha / (settings.rankStabilised === true ? Math.sqrt(rank) : rank)
}

/** The adapters' weights for a decoder's layout: `….lora_A.weight` [r, in] and `….lora_B.weight` [out, r] a target. */
export function loraLayout(base: Layout, settings: LoraSettings): Layout {
  const blocks: Block[] = []
  for (const [name, { shape }] of base.ofPart) {
    const target = name.split('.').at(-2)
    if (!name.endsWith('.weight') || !settings.targets.some((each) => each === target)) continue
    const [out, width] = shape
    const rank = rankOf(name, settings)
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
  const layer = layerOf(weight)
  return { down: `${layer}.lora_A.weight`, up: `${layer}.lora_B.weight` }
}

/** Adapters inside a program: their weights by name, what each product is scaled by, and which inputs are dropped. */
export interface Adapters {
  readonly weights: Readonly<Record<string, g.Float>>
  readonly scale: (weight: string) => number
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
  return g.add(y, g.matmul(narrow, adapters.weights[up], { transposeB: true, scale: adapters.scale(weight) }))
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

/** base weights plus (α/r) B A of each adapter, in a new array: the model with its adapters worked in. */
export function merged(
  base: { readonly plan: Layout; readonly values: Float32Array },
  lora: { readonly plan: Layout; readonly values: Float32Array; readonly settings: LoraSettings },
): Float32Array {
  const values = base.values.slice()
  for (const [name, place] of base.plan.ofPart) {
    const { down, up } = loraNames(name)
    const [a, b] = [lora.plan.ofPart.get(down), lora.plan.ofPart.get(up)]
    if (a === undefined || b === undefined) continue
    addProduct(view(values, place), view(lora.values, a), view(lora.values, b), place, loraScale(name, lora.settings))
  }
  return values
}

function addProduct(
  weight: Float32Array,
  down: Float32Array,
  up: Float32Array,
  { shape: [rows, width] }: Place & { readonly shape: readonly number[] },
  scale: number,
): void {
  const rank = down.length / width
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
