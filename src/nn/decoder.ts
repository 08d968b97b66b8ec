/**
 * A LLaMA-style decoder (RMSNorm, rotary embedding, grouped-query attention, SwiGLU) as a program: the weights' layout
 * under their Hugging Face names, the graph over whole sequences, and the graph of one more token after a cache.
 */
import * as g from '../graph/index.ts'
import { type Attended, attentionAfterCache, type CachedKeys, causalAttention, causalMask } from './attention.ts'
import type { DecoderConfig } from './config.ts'
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

/** The blocks as program inputs. */
export type Weights = Readonly<Record<string, g.Float>>

export function weightInputs(plan: Layout): Weights {
  return Object.fromEntries(plan.blocks.map(({ name, shape }) => [name, g.input(name, 'float32', shape)]))
}

/** Where a decoder is in its sequences and how its layers look back. */
interface Walk {
  readonly config: DecoderConfig
  readonly weights: Weights
  /** [batch, length] */
  readonly positions: g.Int
  readonly attend: (layer: number, queries: g.Float, keys: g.Float, values: g.Float) => Attended
}

/** Keys and values of every layer, [batch, keyValueHeads, length, headSize] each, keys already turned. */
export interface KeysValues {
  readonly keys: readonly g.Float[]
  readonly values: readonly g.Float[]
}

/** tokens [batch, length] to final hidden states [batch * length, width] (after the last norm). */
export function decodeSequences(
  config: DecoderConfig,
  weights: Weights,
  tokens: g.Int,
): { readonly hidden: g.Float } & KeysValues {
  const [batch, length] = tokens.shape
  const mask = causalMask(length)
  const positions = g.broadcastInts(g.iota(length), [batch, length])
  return walk(tokens, {
    config,
    weights,
    positions,
    attend: (_, queries, keys, values) => causalAttention(queries, keys, values, mask),
  })
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
): { readonly hidden: g.Float } & KeysValues {
  const [batch] = tokens.shape
  const [capacity] = cache.keys[0].shape.slice(2)
  const used = g.less(g.reshape(g.iota(capacity), [1, capacity]), g.reshape(lengths, [batch, 1]))
  const mask = g.reshape(g.where(used, 0, g.filled(-1e9, [1, 1])), [batch, 1, 1, capacity])
  return walk(g.reshape(tokens, [batch, 1]), {
    config,
    weights,
    positions: g.reshape(lengths, [batch, 1]),
    attend: (layer, queries, keys, values) => {
      const past: CachedKeys = { keys: cache.keys[layer], values: cache.values[layer], mask }
      return attentionAfterCache(queries, keys, values, past)
    },
  })
}

function walk(tokens: g.Int, { config, weights, positions, attend }: Walk): { hidden: g.Float } & KeysValues {
  const { width, heads, keyValueHeads, headSize, hidden } = config
  const [batch, length] = tokens.shape
  const tables = rotaryTables(config)
  const project = (x: g.Float, name: string) => g.matmul(x, weights[name], { transposeB: true })
  const byHead = (x: g.Float, count: number) =>
    g.transpose(g.reshape(x, [batch, length, count, headSize]), [0, 2, 1, 3])
  const turn = (x: g.Float, norm: string) => {
    const normal = config.queryKeyNorm ? g.rmsNorm(x, weights[norm], config.normEpsilon) : x
    return g.rotary(normal, positions, tables.cosines, tables.sines)
  }
  const keys: g.Float[] = []
  const values: g.Float[] = []
  let x = g.reshape(g.gather(weights['model.embed_tokens.weight'], tokens), [-1, width])
  for (let i = 0; i < config.layers; i++) {
    const at = `model.layers.${i}`
    const normal = g.rmsNorm(x, weights[`${at}.input_layernorm.weight`], config.normEpsilon)
    const projected = project(normal, `${at}.qkv`)
    const biased = config.attentionBias ? g.add(projected, weights[`${at}.qkv_bias`]) : projected
    const [q, k, v] = g.split(
      biased,
      1,
      [heads, keyValueHeads, keyValueHeads].map((count) => count * headSize),
    )
    const turned = turn(byHead(k, keyValueHeads), `${at}.self_attn.k_norm.weight`)
    const value = byHead(v, keyValueHeads)
    const seen = attend(i, turn(byHead(q, heads), `${at}.self_attn.q_norm.weight`), turned, value)
    keys.push(turned)
    values.push(value)
    const together = g.reshape(g.transpose(seen, [0, 2, 1, 3]), [-1, heads * headSize])
    const attended = project(together, `${at}.self_attn.o_proj.weight`)
    x = g.add(x, config.outputBias ? g.add(attended, weights[`${at}.self_attn.o_proj.bias`]) : attended)
    const rested = g.rmsNorm(x, weights[`${at}.post_attention_layernorm.weight`], config.normEpsilon)
    const [gate, up] = g.split(project(rested, `${at}.gate_up`), 1, [hidden, hidden])
    x = g.add(x, project(g.mul(g.silu(gate), up), `${at}.mlp.down_proj.weight`))
  }
  return { hidden: g.rmsNorm(x, weights['model.norm.weight'], config.normEpsilon), keys, values }
}

/** cos and sin of position times each pair's frequency, [context, headSize / 2]. */
function rotaryTables(config: DecoderConfig): { cosines: g.Float; sines: g.Float } {
  const half = config.headSize / 2
  const { frequencies, magnitude } = rotaryFrequencies(config)
  const angle = (index: number) => Math.floor(index / half) * frequencies[index % half]
  const table = (of: (x: number) => number) =>
    g.constant(
      Float32Array.from({ length: config.context * half }, (_, index) => magnitude * of(angle(index))),
      [config.context, half],
    )
  return { cosines: table(Math.cos), sines: table(Math.sin) }
}
