/**
 * A LLaMA-style decoder (RMSNorm, rotary embedding, grouped-query attention, SwiGLU) as a program: the weights' layout
 * under their Hugging Face names, the graph over whole sequences, and the graph of one more token after a cache.
 */
import * as g from '../graph/index.ts'
import {
  type Attended,
  attentionAfterCache,
  type CachedKeys,
  causalAttention,
  causalMasks,
  mostBlocks,
} from './attention.ts'
import type { DecoderConfig } from './config.ts'
import { type Adapters, adapted } from './lora.ts'
import { type Block, block, type Layout, layout, type Part } from './parameters.ts'
import { rotaryFrequencies } from './rotary.ts'

/** The model's weights in the order of its flat array. */
export function decoderLayout(config: DecoderConfig): Layout {
  const { width, headSize, heads, keyValueHeads, hidden, layers } = config
  const fan = (inputs: number) => ({ std: 1 / Math.sqrt(inputs) })
  // Each layer adds two branches to the residual stream; this keeps its size at 1 however many layers there are.
  const branch = (inputs: number) => ({ std: 1 / Math.sqrt(2 * layers * inputs) })
  const norm = (name: string, size: number): Block => block(name, [{ name, shape: [size], initial: { value: 1 } }])
  const blocks: Block[] = [
    block('model.embed_tokens.weight', [
      { name: 'model.embed_tokens.weight', shape: [config.vocabulary, width], initial: { std: 0.05 } },
    ]),
  ]
  for (let i = 0; i < layers; i++) {
    const at = `model.layers.${i}`
    const rows = { q: heads * headSize, k: keyValueHeads * headSize, v: keyValueHeads * headSize }
    const projections = Object.entries(rows)
    blocks.push(
      norm(`${at}.input_layernorm.weight`, width),
      block(
        `${at}.qkv`,
        projections.map(
          ([name, size]): Part => ({
            name: `${at}.self_attn.${name}_proj.weight`,
            shape: [size, width],
            initial: fan(width),
          }),
        ),
      ),
    )
    if (config.attentionBias)
      blocks.push(
        block(
          `${at}.qkv_bias`,
          projections.map(
            ([name, size]): Part => ({
              name: `${at}.self_attn.${name}_proj.bias`,
              shape: [size],
              initial: { value: 0 },
            }),
          ),
        ),
      )
    if (config.queryKeyNorm)
      blocks.push(norm(`${at}.self_attn.q_norm.weight`, headSize), norm(`${at}.self_attn.k_norm.weight`, headSize))
    blocks.push(
      matrix(`${at}.self_attn.o_proj.weight`, width, heads * headSize, branch(heads * headSize)),
      ...(config.outputBias ? [bias(`${at}.self_attn.o_proj.bias`, width)] : []),
      norm(`${at}.post_attention_layernorm.weight`, width),
      block(
        `${at}.gate_up`,
        ['gate', 'up'].map(
          (name): Part => ({ name: `${at}.mlp.${name}_proj.weight`, shape: [hidden, width], initial: fan(width) }),
        ),
      ),
      matrix(`${at}.mlp.down_proj.weight`, width, hidden, branch(hidden)),
    )
  }
  blocks.push(norm('model.norm.weight', width))
  if (!config.tied) blocks.push(matrix('lm_head.weight', config.vocabulary, width, fan(width)))
  if (config.valueHead)
    blocks.push(
      matrix('value_head.weight', 1, width, { std: 0.01 }),
      block('value_head.bias', [{ name: 'value_head.bias', shape: [1], initial: { value: 0 } }]),
    )
  return layout(blocks)
}

function matrix(name: string, rows: number, columns: number, initial: Part['initial']): Block {
  return block(name, [{ name, shape: [rows, columns], initial }])
}

function bias(name: string, size: number): Block {
  return block(name, [{ name, shape: [size], initial: { value: 0 } }])
}

/** A model's weights as program inputs, by name. */
export type Weights = Readonly<Record<string, g.Float>>

/**
 * One input per block, or one per part. Whole blocks suit programs of few rows (one product instead of three); parts
 * suit programs over whole sequences, where cutting a product's columns apart costs a pass over memory.
 */
export function weightInputs(plan: Layout, by: 'block' | 'part'): Weights {
  const named = by === 'block' ? plan.blocks : plan.blocks.flatMap(({ parts }) => parts)
  return Object.fromEntries(named.map(({ name, shape }) => [name, g.input(name, 'float32', shape)]))
}

/** x [rows, in] times the transpose of the named weight [out, in]. */
export type Product = (x: g.Float, name: string) => g.Float

const plainProduct =
  (weights: Weights): Product =>
  (x, name) =>
    g.matmul(x, weights[name], { transposeB: true })

/** Where a decoder is in its sequences and how its layers look back. */
interface Walk {
  readonly config: DecoderConfig
  readonly weights: Weights
  readonly adapters: Adapters | undefined
  readonly product: Product
  /** Whether products take whole blocks and are then cut apart, or parts. */
  readonly whole: boolean
  /** Queries come out multiplied by this. Default 1. */
  readonly queryScale?: number
  /** [batch, length] */
  readonly positions: g.Int
  readonly attend: (layer: number, queries: g.Float, keys: g.Float, values: g.Float) => Attended
}

/** Keys and values of every layer, [batch, keyValueHeads, length, headSize] each, keys already turned. */
export interface KeysValues {
  readonly keys: readonly g.Float[]
  readonly values: readonly g.Float[]
}

/** How whole sequences are read. */
export interface SequenceOptions {
  /** Attention goes in this many blocks of the length, which must be a multiple of them. Default 1. */
  readonly blocks?: number
  readonly adapters?: Adapters | undefined
}

/** tokens [batch, length] to final hidden states [batch * length, width] (after the last norm). */
export function decodeSequences(
  config: DecoderConfig,
  weights: Weights,
  tokens: g.Int,
  { blocks = 1, adapters }: SequenceOptions = {},
): { readonly hidden: g.Float } & KeysValues {
  const [batch, length] = tokens.shape
  const masks = causalMasks(length, blocks)
  const positions = g.broadcastInts(g.iota(length), [batch, length])
  return walk(tokens, {
    config,
    weights,
    adapters,
    product: plainProduct(weights),
    whole: false,
    positions,
    attend: (_, queries, keys, values) => causalAttention(queries, keys, values, masks),
  })
}

/** How one more token is read. */
export interface NextOptions {
  readonly adapters?: Adapters | undefined
  /** Products with the blocks. Default: with their weights as they are. */
  readonly product?: Product
}

/**
 * One more token per row after a cache. tokens and lengths: [batch]; the caches' slots from a row's length on are
 * ignored. Gives hidden states [batch, width] and the new keys and values, [batch, keyValueHeads, 1, headSize] a layer.
 */
export function decodeNext(
  config: DecoderConfig,
  weights: Weights,
  tokens: g.Int,
  lengths: g.Int,
  cache: KeysValues,
  { adapters, product = plainProduct(weights) }: NextOptions = {},
): { readonly hidden: g.Float } & KeysValues {
  const [batch] = tokens.shape
  const [capacity] = cache.keys[0].shape.slice(2)
  const used = g.less(g.reshape(g.iota(capacity), [1, capacity]), g.reshape(lengths, [batch, 1]))
  const mask = g.reshape(g.where(used, 0, g.filled(-1e9, [1, 1])), [batch, 1, 1, capacity])
  return walk(g.reshape(tokens, [batch, 1]), {
    config,
    weights,
    adapters,
    product,
    whole: true,
    queryScale: 1 / Math.sqrt(config.headSize),
    positions: g.reshape(lengths, [batch, 1]),
    attend: (layer, queries, keys, values) => {
      const past: CachedKeys = { keys: cache.keys[layer], values: cache.values[layer], mask }
      return attentionAfterCache(queries, keys, values, past)
    },
  })
}

function walk(
  tokens: g.Int,
  { config, weights, adapters, product, whole, queryScale = 1, positions, attend }: Walk,
): { hidden: g.Float } & KeysValues {
  const { width, heads, keyValueHeads, headSize, hidden } = config
  const [batch, length] = tokens.shape
  const keyTables = rotaryTables(config, 1)
  // A turn is linear in its cosines and sines: a scale of theirs costs no pass.
  const queryTables = queryScale === 1 ? keyTables : rotaryTables(config, queryScale)
  const project = (x: g.Float, name: string) => adapted(product(x, name), x, name, adapters)
  /** Products with a block's parts: each its own, or one product cut apart. */
  const projectParts = (x: g.Float, name: string, parts: readonly string[], sizes: readonly number[]) => {
    const products = whole ? g.split(product(x, name), 1, sizes) : parts.map((part) => product(x, part))
    return products.map((each, i) => adapted(each, x, parts[i], adapters))
  }
  // Of one token, heads and positions change places without a move in memory.
  const byHead = (x: g.Float, count: number) =>
    length === 1
      ? g.reshape(x, [batch, count, 1, headSize])
      : g.transpose(g.reshape(x, [batch, length, count, headSize]), [0, 2, 1, 3])
  const byToken = (x: g.Float) => g.reshape(length === 1 ? x : g.transpose(x, [0, 2, 1, 3]), [-1, heads * headSize])
  const turn = (x: g.Float, norm: string, tables: RotaryTables) => {
    const normal = config.queryKeyNorm ? g.rmsNorm(x, weights[norm], config.normEpsilon) : x
    return g.rotary(normal, positions, tables.cosines, tables.sines)
  }
  const sizes = [heads, keyValueHeads, keyValueHeads].map((count) => count * headSize)
  const queriesKeysValues = (x: g.Float, at: string) => {
    const named = (kind: string) => ['q', 'k', 'v'].map((part) => `${at}.self_attn.${part}_proj.${kind}`)
    const projected = projectParts(x, `${at}.qkv`, named('weight'), sizes)
    if (!config.attentionBias) return projected
    const biases = whole ? g.split(weights[`${at}.qkv_bias`], 0, sizes) : named('bias').map((name) => weights[name])
    return projected.map((each, i) => g.add(each, biases[i]))
  }
  const keys: g.Float[] = []
  const values: g.Float[] = []
  let x = g.reshape(g.gather(weights['model.embed_tokens.weight'], tokens), [-1, width])
  for (let i = 0; i < config.layers; i++) {
    const at = `model.layers.${i}`
    const normal = g.rmsNorm(x, weights[`${at}.input_layernorm.weight`], config.normEpsilon)
    const [q, k, v] = queriesKeysValues(normal, at)
    const turned = turn(byHead(k, keyValueHeads), `${at}.self_attn.k_norm.weight`, keyTables)
    const value = byHead(v, keyValueHeads)
    const queries = turn(byHead(q, heads), `${at}.self_attn.q_norm.weight`, queryTables)
    const seen = attend(i, queries, turned, value)
    keys.push(turned)
    values.push(value)
    const attended = project(byToken(seen), `${at}.self_attn.o_proj.weight`)
    x = g.add(x, config.outputBias ? g.add(attended, weights[`${at}.self_attn.o_proj.bias`]) : attended)
    const rested = g.rmsNorm(x, weights[`${at}.post_attention_layernorm.weight`], config.normEpsilon)
    const names = ['gate', 'up'].map((part) => `${at}.mlp.${part}_proj.weight`)
    const [gate, up] = projectParts(rested, `${at}.gate_up`, names, [hidden, hidden])
    x = g.add(x, project(swiglu(gate, up), `${at}.mlp.down_proj.weight`))
  }
  return { hidden: g.rmsNorm(x, weights['model.norm.weight'], config.normEpsilon), keys, values }
}

/**
 * silu(gate) up. With a its value and s = sigmoid(gate), its gradients are d silu(gate) for up and d (a + s (up - a))
 * for gate: one pass over memory fewer than the chain rule's.
 */
function swiglu(gate: g.Float, up: g.Float): g.Float {
  const open = g.silu(gate)
  const value = g.mul(open, up)
  return g.withGradient('swiglu', value, [gate, up], (slope) => {
    const inner = g.add(value, g.mul(g.fastSigmoid(gate), g.sub(up, value)))
    return [g.mul(slope, inner), g.mul(slope, open)]
  })
}

interface RotaryTables {
  readonly cosines: g.Float
  readonly sines: g.Float
}

/** `scale` times cos and sin of position times each pair's frequency, [context, headSize / 2]. */
function rotaryTables(config: DecoderConfig, scale: number): RotaryTables {
  const half = config.headSize / 2
  const { frequencies, magnitude } = rotaryFrequencies(config)
  const angle = (index: number) => Math.floor(index / half) * frequencies[index % half]
  const rows = Math.ceil(config.context / mostBlocks) * mostBlocks
  const table = (of: (x: number) => number) =>
    g.constant(
      Float32Array.from({ length: rows * half }, (_, index) => scale * magnitude * of(angle(index))),
      [rows, half],
    )
  return { cosines: table(Math.cos), sines: table(Math.sin) }
}
