/** The JSON Schema of an answer. */
import { z } from 'zod'

/** A zod schema as JSON Schema of what is to be written, before any transformation. What has no JSON Schema is `{}`. */
export function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.JSONSchema {
  const known = made.get(schema)
  if (known !== undefined) return known
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  made.set(schema, json)
  return json
}

const made = new WeakMap<z.ZodType, z.core.JSONSchema.JSONSchema>()
