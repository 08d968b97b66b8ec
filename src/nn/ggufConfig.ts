/**
 * A decoder's shape in GGUF's metadata, under keys that begin with the architecture's name (`llama.block_count`, ...).
 * Source: ggml, docs/gguf.md; llama.cpp, gguf-py/gguf/constants.py.
 */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { GgufValue } from '../data/ggufHeader.ts'
import type { GgufFields } from '../data/ggufWriter.ts'
import { checkHeads, type DecoderConfig } from './config.ts'
import { type RotaryScaling, yarnMagnitude } from './rotary.ts'

const families = ['llama', 'qwen2', 'qwen3'] as const
const count = z.number().int().positive()
/** One number, or one for each layer, all the same. */
const same = z
  .union([count, z.array(count).min(1)])
  .refine((given) => !Array.isArray(given) || given.every((each) => each === given[0]), {
    message: 'layers of different shapes are not supported',
  })
  .transform((given) => (Array.isArray(given) ? given[0] : given))
/** Kept as binary32: 1e-5 is 0.000009999999747. */
const float = z
  .number()
  .positive()
  .transform((value) => Number(value.toPrecision(7)))

const schema = z.object({
  block_count: count,
  context_length: count,
  embedding_length: count,
  feed_forward_length: same,
  'attention.head_count': same,
  'attention.head_count_kv': same.optional(),
  'attention.key_length': count.optional(),
  'attention.value_length': count.optional(),
  'attention.layer_norm_rms_epsilon': float,
  'rope.freq_base': float.default(10_000),
  'rope.dimension_count': count.optional(),
  'rope.scaling.type': z.enum(['none', 'linear', 'yarn']).default('none'),
  'rope.scaling.factor': float.optional(),
  'rope.scaling.original_context_length': count.optional(),
  'rope.scaling.attn_factor': float.default(1),
  'rope.scaling.yarn_beta_fast': float.default(32),
  'rope.scaling.yarn_beta_slow': float.default(1),
})

/** What the tensors themselves say: which there are, and the embedding's rows. */
export interface GgufTensors {
  has(name: string): boolean
  readonly vocabulary: number
  /** What `rope_freqs.weight` holds. */
  readonly divisors?: readonly number[]
}

/** The family that `general.architecture` names. Throws a GuerdonError for one that is not supported. */
export function ggufFamily(metadata: ReadonlyMap<string, GgufValue>, where: string): DecoderConfig['family'] {
  const named = metadata.get('general.architecture')
  const family = families.find((each) => each === named)
  if (family !== undefined) return family
  throw new GuerdonError(`the architecture ${JSON.stringify(String(named))} is not supported`, {
    where,
    fix: `Guerdon reads ${families.join(', ')} models`,
  })
}

/** Reads the shape. Throws a GuerdonError that names the key that is missing or cannot be. */
export function ggufConfig(
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: GgufTensors,
  where: string,
): DecoderConfig {
  const family = ggufFamily(metadata, where)
  const own = [...metadata].flatMap(([key, value]) =>
    key.startsWith(`${family}.`) ? [[key.slice(family.length + 1), value] as const] : [],
  )
  const read = schema.safeParse(Object.fromEntries(own))
  if (!read.success) {
    const [issue] = read.error.issues
    throw new GuerdonError(`'${family}.${String(issue.path[0])}': ${issue.message}`, { where })
  }
  const file = read.data
  const heads = file['attention.head_count']
  const headSize = file['attention.key_length'] ?? file.embedding_length / heads
  for (const key of ['attention.value_length', 'rope.dimension_count'] as const)
    if ((file[key] ?? headSize) !== headSize)
      throw new GuerdonError(`'${family}.${key}' is ${file[key]}, expected the size of a key, ${headSize}`, { where })
  const ropeScaling = scalingOf(file, tensors.divisors)
  const config: DecoderConfig = {
    family,
    vocabulary: tensors.vocabulary,
    width: file.embedding_length,
    layers: file.block_count,
    heads,
    keyValueHeads: file['attention.head_count_kv'] ?? heads,
    headSize,
    hidden: file.feed_forward_length,
    context: file.context_length,
    ropeTheta: file['rope.freq_base'],
    ...(ropeScaling === undefined ? {} : { ropeScaling }),
    normEpsilon: file['attention.layer_norm_rms_epsilon'],
    tied: !tensors.has('output.weight'),
    attentionBias: tensors.has('blk.0.attn_q.bias'),
    ...(tensors.has('blk.0.attn_output.bias') ? { outputBias: true } : {}),
    queryKeyNorm: tensors.has('blk.0.attn_q_norm.weight'),
    valueHead: false,
  }
  checkHeads(config, where)
  return config
}

function scalingOf(file: z.infer<typeof schema>, divisors: readonly number[] | undefined): RotaryScaling | undefined {
  const factor = file['rope.scaling.factor'] ?? 1
  if (divisors?.some((divisor) => divisor !== 1)) return { type: 'divided', divisors }
  if (file['rope.scaling.type'] === 'none' || factor === 1) return undefined
  if (file['rope.scaling.type'] === 'linear') return { type: 'linear', factor }
  return {
    type: 'yarn',
    factor,
    original: file['rope.scaling.original_context_length'] ?? file.context_length,
    betaFast: file['rope.scaling.yarn_beta_fast'],
    betaSlow: file['rope.scaling.yarn_beta_slow'],
    magnitude: yarnMagnitude(factor) * file['rope.scaling.attn_factor'],
  }
}

/** The metadata of a shape. What `rope_freqs.weight` says is no part of it. */
export function ggufConfigFields(config: DecoderConfig): GgufFields {
  const u32 = (value: number) => ({ type: 'u32', value }) as const
  const f32 = (value: number) => ({ type: 'f32', value }) as const
  const { headSize, ropeScaling: scaling } = config
  const fields: GgufFields = {
    block_count: u32(config.layers),
    context_length: u32(config.context),
    embedding_length: u32(config.width),
    feed_forward_length: u32(config.hidden),
    'attention.head_count': u32(config.heads),
    'attention.head_count_kv': u32(config.keyValueHeads),
    'attention.key_length': u32(headSize),
    'attention.value_length': u32(headSize),
    'attention.layer_norm_rms_epsilon': f32(config.normEpsilon),
    'rope.freq_base': f32(config.ropeTheta),
    'rope.dimension_count': u32(headSize),
    vocab_size: u32(config.vocabulary),
    ...(scaling?.type === 'linear' || scaling?.type === 'yarn'
      ? { 'rope.scaling.type': { type: 'string', value: scaling.type }, 'rope.scaling.factor': f32(scaling.factor) }
      : {}),
    ...(scaling?.type === 'yarn'
      ? {
          'rope.scaling.original_context_length': u32(scaling.original),
          'rope.scaling.attn_factor': f32(scaling.magnitude / yarnMagnitude(scaling.factor)),
          'rope.scaling.yarn_beta_fast': f32(scaling.betaFast),
          'rope.scaling.yarn_beta_slow': f32(scaling.betaSlow),
        }
      : {}),
  }
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [`${config.family}.${key}`, field]))
}
