/** The shape of a LLaMA-style decoder, read from and written as a Hugging Face config.json. */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'

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
  readonly normEpsilon: number
  /** The language head reads with the embedding's own weights. */
  readonly tied: boolean
  /** Biases on queries, keys and values (Qwen 2). */
  readonly attentionBias: boolean
  /** RMSNorm on each query and key head (Qwen 3). */
  readonly queryKeyNorm: boolean
  /** A scalar head beside the language head: one value per token. */
  readonly valueHead: boolean
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
  num_key_value_heads: count.optional(),
  head_dim: count.nullish(),
  max_position_embeddings: count,
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive().optional(),
  rope_parameters: z
    .object({ rope_theta: z.number().positive().optional(), rope_type: z.string().optional() })
    .nullish(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  tie_word_embeddings: z.boolean().optional(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  guerdon_value_head: z.boolean().optional(),
})

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
  const scaling = file.rope_parameters?.rope_type ?? file.rope_scaling?.rope_type ?? file.rope_scaling?.type
  if (scaling !== undefined && scaling !== 'default')
    throw new GuerdonError(`rotary scaling '${String(scaling)}' is not supported`, { where })
  if (file.mlp_bias === true)
    throw new GuerdonError("'mlp_bias': biases in the feed-forward layer are not supported", { where })
  if (file.attention_bias === true && file.model_type !== 'qwen2')
    throw new GuerdonError("'attention_bias': a bias on the attention's output is not supported", { where })
  const heads = file.num_attention_heads
  const keyValueHeads = file.num_key_value_heads ?? heads
  if (heads % keyValueHeads !== 0)
    throw new GuerdonError(`${heads} heads cannot share ${keyValueHeads} key/value heads evenly`, { where })
  return {
    family: file.model_type,
    vocabulary: file.vocab_size,
    width: file.hidden_size,
    layers: file.num_hidden_layers,
    heads,
    keyValueHeads,
    headSize: file.head_dim ?? file.hidden_size / heads,
    hidden: file.intermediate_size,
    context: file.max_position_embeddings,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10_000,
    normEpsilon: file.rms_norm_eps,
    tied: file.tie_word_embeddings ?? false,
    attentionBias: file.model_type === 'qwen2',
    queryKeyNorm: file.model_type === 'qwen3',
    valueHead: file.guerdon_value_head ?? false,
  }
}

const architectures = { llama: 'LlamaForCausalLM', qwen2: 'Qwen2ForCausalLM', qwen3: 'Qwen3ForCausalLM' } as const

/** The config.json that Python's transformers (and `parseConfig`) read. */
export function configFile(config: DecoderConfig, special: { readonly endId: number; readonly padId: number }): string {
  const file = {
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
    rope_theta: config.ropeTheta,
    hidden_act: 'silu',
    tie_word_embeddings: config.tied,
    attention_bias: config.attentionBias,
    mlp_bias: false,
    bos_token_id: null,
    eos_token_id: special.endId,
    pad_token_id: special.padId,
    torch_dtype: 'float32',
    ...(config.valueHead ? { guerdon_value_head: true } : {}),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}
