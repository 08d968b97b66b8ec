/**
 * Rotary settings in a config.json: `rope_theta` and `rope_scaling` in older files, both in `rope_parameters` in files
 * of transformers 5. Either is read; both are written.
 */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import { type RotaryScaling, yarnMagnitude } from './rotary.ts'

const positive = z.number().positive()
/** Every key is kept and read by type: each type has its own. */
const settings = z.looseObject({ rope_theta: positive.optional() })

/** The keys of a config.json that are about rotary embedding. */
export const rotaryKeys = {
  rope_theta: positive.optional(),
  rope_parameters: settings.nullish(),
  rope_scaling: settings.nullish(),
  partial_rotary_factor: z.literal(1, 'only whole heads are turned here, expected 1').optional(),
} as const

const yarnSchema = z.object({
  factor: positive,
  original_max_position_embeddings: positive.nullish(),
  beta_fast: positive.nullish(),
  beta_slow: positive.nullish(),
  attention_factor: positive.nullish(),
  mscale: positive.nullish(),
  mscale_all_dim: positive.nullish(),
  truncate: z.literal(true, 'a ramp that is not rounded is not supported').nullish(),
})

const schemas = {
  default: z.object({}).transform(() => undefined),
  linear: z.object({ factor: positive }).transform(({ factor }): RotaryScaling => ({ type: 'linear', factor })),
  dynamic: z.object({ factor: positive }).transform(({ factor }): RotaryScaling => ({ type: 'dynamic', factor })),
  llama3: z
    .object({
      factor: positive,
      low_freq_factor: positive,
      high_freq_factor: positive,
      original_max_position_embeddings: positive,
    })
    .transform((file): RotaryScaling => {
      const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = file
      return { type: 'llama3', factor, low, high, original }
    }),
  // One list of divisors for all lengths; models that change it with the length are not supported.
  longrope: z
    .object({ short_factor: z.array(positive), long_factor: z.array(positive), attention_factor: z.literal(1) })
    .refine(({ short_factor, long_factor }) => short_factor.join() === long_factor.join(), {
      message: 'short_factor and long_factor must be the same',
    })
    .transform((file): RotaryScaling => ({ type: 'divided', divisors: file.short_factor })),
} as const

/**
 * The scaling that a config.json asks for; undefined for plain frequencies. `context` is its
 * max_position_embeddings. Throws a GuerdonError that names the key for a scaling that is not known or not whole.
 */
export function ropeScalingOf(
  file: { readonly rope_parameters?: Settings; readonly rope_scaling?: Settings },
  context: number,
  where: string,
): RotaryScaling | undefined {
  const key = file.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const given = file[key] ?? {}
  const type = String(given.rope_type ?? given.type ?? 'default')
  const schema = type === 'yarn' ? yarnOf(context) : Object.hasOwn(schemas, type) ? schemas[type as Known] : undefined
  if (schema === undefined)
    throw new GuerdonError(`'${key}': rotary scaling '${type}' is not supported`, {
      where,
      fix: `supported are yarn, ${Object.keys(schemas).join(', ')}`,
    })
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw new GuerdonError(`'${[key, ...issue.path].join('.')}': ${issue.message}`, { where })
}

type Settings = Readonly<Record<string, unknown>> | null | undefined
type Known = keyof typeof schemas

function yarnOf(context: number) {
  return yarnSchema.transform((file): RotaryScaling => {
    const { factor } = file
    const scaled = (m: number) => 0.1 * m * Math.log(factor) + 1
    const ratio =
      file.mscale && file.mscale_all_dim ? scaled(file.mscale) / scaled(file.mscale_all_dim) : yarnMagnitude(factor)
    return {
      type: 'yarn',
      factor,
      original: file.original_max_position_embeddings ?? context,
      betaFast: file.beta_fast ?? 32,
      betaSlow: file.beta_slow ?? 1,
      magnitude: file.attention_factor ?? ratio,
    }
  })
}

/** The keys to write, for old readers and new. */
export function ropeFile(theta: number, scaling: RotaryScaling | undefined): Readonly<Record<string, unknown>> {
  const rest = scaling === undefined ? { rope_type: 'default' } : scalingFile(scaling)
  return {
    rope_theta: theta,
    rope_scaling: scaling === undefined ? null : rest,
    rope_parameters: { rope_theta: theta, ...rest },
  }
}

function scalingFile(scaling: RotaryScaling): Readonly<Record<string, unknown>> {
  switch (scaling.type) {
    case 'linear':
    case 'dynamic':
      return { rope_type: scaling.type, factor: scaling.factor }
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.low,
        high_freq_factor: scaling.high,
        original_max_position_embeddings: scaling.original,
      }
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        original_max_position_embeddings: scaling.original,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        attention_factor: scaling.magnitude,
      }
    case 'divided':
      return {
        rope_type: 'longrope',
        short_factor: scaling.divisors,
        long_factor: scaling.divisors,
        attention_factor: 1,
      }
  }
}
