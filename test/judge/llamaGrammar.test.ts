import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { jsonSchemaOf } from '../../src/judge/jsonSchemaOf.ts'
import { grammarSchema } from '../../src/judge/llamaGrammar.ts'

const translated = (schema: z.ZodType) => grammarSchema(jsonSchemaOf(schema))

test('small ranges of whole numbers become enumerations', () => {
  assert.deepEqual(translated(z.int().min(1).max(5)), { enum: [1, 2, 3, 4, 5] })
  assert.deepEqual(translated(z.int().gt(0).lt(3)), { enum: [1, 2] })
  assert.deepEqual(translated(z.int()), { type: 'integer' })
  assert.deepEqual(translated(z.int().min(1)), { type: 'integer' })
  assert.deepEqual(grammarSchema({ type: 'integer', minimum: 0.5, maximum: 2.5 }), { enum: [1, 2] })
  assert.deepEqual(grammarSchema({ type: 'integer', minimum: 5, maximum: 1 }), { type: 'integer' })
})

test('what zod writes for the usual answers is translated', () => {
  assert.deepEqual(
    translated(
      z.object({
        verdict: z.enum(['A', 'B']),
        why: z.string().max(9).nullable(),
        sure: z.boolean(),
        scores: z.array(z.number()).min(1).max(3),
        kind: z.literal('x'),
      }),
    ),
    {
      type: 'object',
      additionalProperties: false,
      properties: {
        verdict: { enum: ['A', 'B'] },
        why: { oneOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }] },
        sure: { type: 'boolean' },
        scores: { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 3 },
        kind: { const: 'x' },
      },
    },
  )
  assert.deepEqual(grammarSchema({ type: ['boolean', 'null'] }), { oneOf: [{ type: 'boolean' }, { type: 'null' }] })
  assert.deepEqual(translated(z.record(z.string(), z.int().min(0).max(1))), {
    type: 'object',
    additionalProperties: { enum: [0, 1] },
  })
})

test('what the dialect would read as null is refused', () => {
  const tree: z.ZodType = z.object({ children: z.array(z.lazy(() => tree)) })
  for (const schema of [
    z.any(),
    z.array(z.unknown()),
    z.object({ any: z.any() }),
    z.object({}),
    z.tuple([z.string(), z.number()]),
    tree,
  ]) {
    assert.equal(translated(schema), undefined)
  }
  assert.equal(grammarSchema({ allOf: [{ type: 'string' }, { minLength: 3 }] }), undefined)
  assert.equal(grammarSchema(true), undefined)
})
