/**
 * JSON Schema as the dialect that node-llama-cpp turns into a grammar: const, enum, oneOf, objects whose keys all come,
 * lists, plain types. What that dialect lacks it reads as null or leaves out without a word, so it is translated here
 * or refused: a small range of whole numbers becomes an enumeration, anyOf becomes oneOf; bounds of other numbers and
 * patterns are left to the check of the answer.
 */
import type { GbnfJsonSchema } from 'node-llama-cpp'
import type { z } from 'zod'

type JsonSchema = z.core.JSONSchema._JSONSchema

/** A longer range of whole numbers is bounded only by the check of the answer. */
const longestRange = 1000

/** The schema in the dialect; undefined where it says something the dialect cannot (references, allOf, `{}`, ...). */
export function grammarSchema(schema: JsonSchema): GbnfJsonSchema | undefined {
  if (typeof schema === 'boolean') return undefined
  const { type, enum: values, anyOf, oneOf, allOf, not, $ref } = schema
  if (schema.const !== undefined) return isPlain(schema.const) ? { const: schema.const } : undefined
  if (values !== undefined) {
    const plain = values.filter(isPlain)
    return plain.length === values.length ? { enum: plain } : undefined
  }
  if (allOf !== undefined || not !== undefined || $ref !== undefined) return undefined
  const options = anyOf ?? oneOf
  if (options !== undefined) {
    const translated = options.map(grammarSchema)
    return translated.every((option) => option !== undefined) ? { oneOf: translated } : undefined
  }
  if (Array.isArray(type)) return grammarSchema({ oneOf: type.map((one) => ({ ...schema, type: one })) })
  if (type === 'object') return objectGrammar(schema)
  if (type === 'array') return arrayGrammar(schema)
  if (type === 'integer') return integerGrammar(schema)
  if (type === 'string') {
    const { minLength, maxLength } = schema
    return {
      type,
      ...(minLength === undefined ? {} : { minLength }),
      ...(maxLength === undefined ? {} : { maxLength }),
    }
  }
  return type === 'number' || type === 'boolean' || type === 'null' ? { type } : undefined
}

type ObjectSchema = Exclude<JsonSchema, boolean>

function objectGrammar({ properties = {}, additionalProperties }: ObjectSchema): GbnfJsonSchema | undefined {
  const translated: Record<string, GbnfJsonSchema> = {}
  for (const [key, property] of Object.entries(properties)) {
    const inner = grammarSchema(property)
    if (inner === undefined) return undefined
    translated[key] = inner
  }
  if (Object.keys(translated).length > 0) return { type: 'object', properties: translated, additionalProperties: false }
  if (additionalProperties === undefined || typeof additionalProperties === 'boolean') return undefined
  const entries = grammarSchema(additionalProperties)
  return entries === undefined ? undefined : { type: 'object', additionalProperties: entries }
}

function arrayGrammar({ items, prefixItems, minItems, maxItems }: ObjectSchema): GbnfJsonSchema | undefined {
  if (prefixItems !== undefined || items === undefined || Array.isArray(items)) return undefined
  const inner = grammarSchema(items)
  if (inner === undefined) return undefined
  return {
    type: 'array',
    items: inner,
    ...(minItems === undefined ? {} : { minItems }),
    ...(maxItems === undefined ? {} : { maxItems }),
  }
}

function integerGrammar({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: ObjectSchema): GbnfJsonSchema {
  const { NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number
  const above = typeof exclusiveMinimum === 'number' ? Math.floor(exclusiveMinimum) + 1 : NEGATIVE_INFINITY
  const below = typeof exclusiveMaximum === 'number' ? Math.ceil(exclusiveMaximum) - 1 : POSITIVE_INFINITY
  const low = Math.max(Math.ceil(minimum ?? NEGATIVE_INFINITY), above)
  const high = Math.min(Math.floor(maximum ?? POSITIVE_INFINITY), below)
  const count = high - low + 1
  return count >= 1 && count <= longestRange
    ? { enum: Array.from({ length: count }, (_, i) => low + i) }
    : { type: 'integer' }
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
