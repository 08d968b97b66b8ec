/** Whether the answer holds JSON that fits a schema. */
import { Ajv as Ajv7, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { GuerdonError, messageOf } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import { scored, unscored } from '../data/score.ts'
import { jsonIn, parseJson } from '../text/jsonInText.ts'
import { defineReward, type Reward } from './reward.ts'

/** A JSON Schema, draft 2020-12, or draft 7 or 6 where its `$schema` says so. */
export type Schema = boolean | { readonly [key: string]: Json }

export interface JsonSchemaOptions {
  /** The schema for every prompt. Without it each prompt's `reference` is its schema. */
  readonly schema?: Schema
  /** Where the JSON may stand: in a fence or in running text too (the default), or the whole answer must be it. */
  readonly place?: 'anywhere' | 'whole'
}

/**
 * 1 where the completion's JSON (see `jsonIn`) fits the schema, else 0 with what is wrong and where. Parts: `json` (1 where
 * there is JSON at all). A schema given here that is none is a GuerdonError; one in a reference makes its prompt Unscored.
 * `pattern` runs as a regular expression of JavaScript: score schemas you do not trust in `isolated`.
 */
export function jsonSchema(options: JsonSchemaOptions = {}): Reward {
  const { schema, place = 'anywhere' } = options
  const compile = schemaCompiler()
  if (schema !== undefined) compile(schema)
  return defineReward(
    'jsonSchema',
    ({ prompt, completion }) => {
      const given = schema ?? prompt.reference
      if (!isSchema(given)) return unscored('reward', `prompt '${prompt.id}' has no JSON Schema as its reference`)
      const validate = compile(given)
      const found = place === 'whole' ? parseJson(completion.text) : jsonIn(completion.text)
      if (found.kind === 'none') return scored(0, { parts: { json: 0 }, feedback: found.reason })
      if (validate(found.value)) return scored(1, { parts: { json: 1 } })
      return scored(0, { parts: { json: 1 }, feedback: complaints(validate.errors ?? []) })
    },
    { range: [0, 1] },
  )
}

function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}

/** Compiles schemas, each text once: a run sees the same few again and again. */
function schemaCompiler(): (schema: Schema) => ValidateFunction {
  const compiled = new Map<string, ValidateFunction>()
  const validators = new Map<boolean, Ajv7 | Ajv2020>()
  return (schema) => {
    const text = JSON.stringify(schema)
    const known = compiled.get(text)
    if (known !== undefined) return known
    const draft = typeof schema === 'object' ? schema.$schema : undefined
    const old = typeof draft === 'string' && /draft-0[67]/.test(draft)
    const validator = validators.get(old) ?? newValidator(old)
    validators.set(old, validator)
    const copy: AnySchema = JSON.parse(text)
    try {
      const validate = validator.compile(copy)
      if (compiled.size >= mostCompiled) compiled.clear()
      compiled.set(text, validate)
      return validate
    } catch (thrown) {
      throw new GuerdonError(`this is no JSON Schema: ${messageOf(thrown)}`, { where: text.slice(0, 80) })
    } finally {
      // The compiled function stays whole; the validator forgets it, so that two schemas may have the same $id.
      if (typeof copy === 'object') validator.removeSchema(copy)
    }
  }
}

/** Compiled schemas are code; past this many they are dropped. */
const mostCompiled = 1000

function newValidator(old: boolean): Ajv7 | Ajv2020 {
  // Keywords that are not known are annotations, as the standard has it.
  const settings = { strict: false, allErrors: true, logger: false } as const
  const validator = old ? new Ajv7(settings) : new Ajv2020(settings)
  addFormats.default(validator)
  return validator
}

function complaints(errors: readonly ErrorObject[]): string {
  const shown = errors.slice(0, 3).map(({ instancePath, message, params }) => {
    const extra = typeof params.additionalProperty === 'string' ? ` ('${params.additionalProperty}')` : ''
    return `${instancePath === '' ? 'the value' : instancePath} ${message ?? 'does not fit'}${extra}`
  })
  const more = errors.length - shown.length
  return `${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}
