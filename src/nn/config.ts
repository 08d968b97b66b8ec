/** The shape of a LLaMA-style decoder, read from and written as a Hugging Face config.json. */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { RotaryScaling } from './rotary.ts'
import { ropeFile, ropeScalingOf, rotaryKeys } from './rotaryConfig.ts'

export interface DecoderConfig {
  /** Decides the names in config.json: the three differ in biases and norms only. */
  readonly family: 'llama' | 'qwen2' | 'qwen3'
  readonly vocabulary: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Heads that keys and values have; each serves heads / keyValueHeads query heads. */
  readonly keyValueHeads: number
  readonly headSize: number
  /** Width of the feed-forward layer. */
  readonly hidden: number
  /** Most tokens in a sequence. */
  readonly context: number
  readonly ropeTheta: number
  /** How rotary frequencies differ from the plain ones. */
  readonly ropeScaling?: RotaryScaling
  readonly normEpsilon: number
  /** The language head reads with the embedding's own weights. */
  readonly tied: boolean
  /** Biases on queries, keys and values (Qwen 2; LLaMA and Qwen 3 where they ask for it). */
  readonly attentionBias: boolean
  /** A bias on the attention's output too (LLaMA and Qwen 3 with attention_bias). */
  readonly outputBias?: boolean
  /** RMSNorm on each query and key head (Qwen 3). */
  readonly queryKeyNorm: boolean
  /** A scalar head beside the language head: one value per token. */
  readonly valueHead: boolean
  /** Keys of config.json that mean nothing here (bos_token_id, use_cache, ...): kept when it is written again. */
  readonly others?: Readonly<Record<string, unknown>>
}

/** Sizes of the nano models: for recipes, tests and first steps. Parameters without the vocabulary. */
const presets = {
  '0.2M': { width: 64, layers: 4, heads: 4, hidden: 176 },
  '1M': { width: 128, layers: 5, heads: 4, hidden: 344 },
  '3M': { width: 192, layers: 7, heads: 6, hidden: 512 },
} as const

export type NanoSize = keyof typeof presets
export const nanoSizes: readonly NanoSize[] = ['0.2M', '1M', '3M']

/** A nano model of 0.2, 1 or 3 million parameters for a vocabulary: tied embeddings, as many key heads as heads. */
export function nanoConfig(
  size: NanoSize,
  vocabulary: number,
  options: { readonly context?: number; readonly valueHead?: boolean } = {},
): DecoderConfig {
  const preset = presets[size]
  return {
    family: 'llama',
    vocabulary,
    ...preset,
    keyValueHeads: preset.heads,
    headSize: preset.width / preset.heads,
    context: options.context ?? 256,
    ropeTheta: 10_000,
    normEpsilon: 1e-5,
    tied: true,
    attentionBias: false,
    queryKeyNorm: false,
    valueHead: options.valueHead ?? false,
  }
}

const count = z.number().int().positive()
const fileSchema = z.object({
  model_type: z.enum(['llama', 'qwen2', 'qwen3']),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count.optional(),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default('silu'),
  ...rotaryKeys,
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  pretraining_tp: z.number().default(1),
  use_sliding_window: z.boolean().default(false),
  sliding_window: z.number().nullish(),
  layer_types: z.array(z.string()).nullish(),
  guerdon_value_head: z.boolean().default(false),
})

type ConfigFile = z.infer<typeof fileSchema>

/** Keys that are read or written by their meaning. */
const ownKeys: ReadonlySet<string> = new Set([
  ...Object.keys(fileSchema.shape),
  ...['architectures', 'eos_token_id', 'pad_token_id', 'torch_dtype', 'dtype'],
])

/** What transformers takes where the file says nothing. */
const unsaid = {
  llama: { context: 2048, keyValueHeads: undefined, headSize: undefined },
  qwen2: { context: 32_768, keyValueHeads: 32, headSize: undefined },
  qwen3: { context: 32_768, keyValueHeads: 32, headSize: 128 },
} as const

/** Reads a config.json. Throws a GuerdonError that names the key where the file is not a decoder Guerdon knows. */
export function parseConfig(text: string, where: string): DecoderConfig {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new GuerdonError('it is not JSON', { where, cause, fix: 'download or save the model again' })
  }
  const read = fileSchema.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new GuerdonError(`'${issue.path.join('.')}': ${issue.message}`, {
      where,
      fix: 'Guerdon reads llama, qwen2 and qwen3 models',
    })
  }
  const file = read.data
  refuseOthers(file, where)
  const { model_type: family, num_attention_heads: heads } = file
  const keyValueHeads =
    file.num_key_value_heads ?? (file.num_key_value_heads === undefined ? unsaid[family].keyValueHeads : heads) ?? heads
  const context = file.max_position_embeddings ?? unsaid[family].context
  const ropeScaling = ropeScalingOf(file, context, where)
  const others = Object.entries(Object(json)).filter(([key, value]) => value !== null && !ownKeys.has(key))
  const config: DecoderConfig = {
    family,
    vocabulary: file.vocab_size,
    width: file.hidden_size,
    layers: file.num_hidden_layers,
    heads,
    keyValueHeads,
    headSize: file.head_dim ?? unsaid[family].headSize ?? file.hidden_size / heads,
    hidden: file.intermediate_size,
    context,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10_000,
    ...(ropeScaling === undefined ? {} : { ropeScaling }),
    normEpsilon: file.rms_norm_eps,
    tied: file.tie_word_embeddings,
    attentionBias: family === 'qwen2' || file.attention_bias,
    ...(family !== 'qwen2' && file.attention_bias ? { outputBias: true } : {}),
    queryKeyNorm: family === 'qwen3',
    valueHead: file.guerdon_value_head,
    ...(others.length === 0 ? {} : { others: Object.fromEntries(others) }),
  }
  checkHeads(config, where)
  return config
}

/** Throws where heads, their sizes and the rotary divisors do not fit together. */
export function checkHeads({ heads, keyValueHeads, headSize, ropeScaling }: DecoderConfig, where: string): void {
  if (heads % keyValueHeads !== 0)
    throw new GuerdonError(`${heads} heads cannot share ${keyValueHeads} key/value heads evenly`, { where })
  if (headSize % 2 !== 0)
    throw new GuerdonError(`heads of ${headSize} numbers cannot turn in pairs`, {
      where,
      fix: "look at 'hidden_size', 'num_attention_heads' and 'head_dim'",
    })
  if (ropeScaling?.type === 'divided' && ropeScaling.divisors.length !== headSize / 2)
    throw new GuerdonError(
      `${ropeScaling.divisors.length} rotary divisors for heads of ${headSize}, expected ${headSize / 2}`,
      { where },
    )
}

/** Throws for what a file of a known family may ask for and the decoder does not do. */
function refuseOthers(file: ConfigFile, where: string): void {
  const refuse = (key: keyof ConfigFile, what: string) => {
    throw new GuerdonError(`'${key}': ${what}`, { where })
  }
  if (file.mlp_bias) refuse('mlp_bias', 'biases in the feed-forward layer are not supported')
  if (file.hidden_act !== 'silu') refuse('hidden_act', `'${file.hidden_act}' is not supported, only 'silu'`)
  if (file.pretraining_tp !== 1) refuse('pretraining_tp', 'only 1 is supported')
  const window = file.use_sliding_window && file.sliding_window != null
  if (window || file.layer_types?.some((type) => type !== 'full_attention'))
    refuse(window ? 'use_sliding_window' : 'layer_types', 'attention in a sliding window is not supported')
}

const architectures = { llama: 'LlamaForCausalLM', qwen2: 'Qwen2ForCausalLM', qwen3: 'Qwen3ForCausalLM' } as const

/** How a folder's weights are written. */
export type FolderType = 'F32' | 'F16' | 'BF16'

const torchTypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const

/** The config.json that Python's transformers (and `parseConfig`) read. */
export function configFile(
  config: DecoderConfig,
  special: { readonly endId: number; readonly padId: number },
  type: FolderType = 'F32',
): string {
  const file = {
    bos_token_id: null,
    ...config.others,
    architectures: [architectures[config.family]],
    model_type: config.family,
    vocab_size: config.vocabulary,
    hidden_size: config.width,
    intermediate_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    max_position_embeddings: config.context,
    rms_norm_eps: config.normEpsilon,
    ...ropeFile(config.ropeTheta, config.ropeScaling),
    hidden_act: 'silu',
    tie_word_embeddings: config.tied,
    attention_bias: config.attentionBias && config.family !== 'qwen2',
    mlp_bias: false,
    eos_token_id: special.endId,
    pad_token_id: special.padId,
    torch_dtype: torchTypes[type],
    ...(config.valueHead ? { guerdon_value_head: true } : {}),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}
