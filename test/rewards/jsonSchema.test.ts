import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import type { Json } from '../../src/data/message.ts'
import { jsonSchema } from '../../src/rewards/jsonSchema.ts'
import { scoreOf } from './samples.ts'

const person = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1 },
    age: { type: 'integer', minimum: 0 },
    mail: { format: 'email' },
  },
  required: ['name', 'age'],
  additionalProperties: false,
}

test('JSON that fits scores 1, wherever it stands; what does not fit says where', async () => {
  const reward = jsonSchema({ schema: person })
  const fits = { kind: 'scored', value: 1, parts: { json: 1 } }
  assert.deepEqual(await scoreOf(reward, '{"name": "Ada", "age": 36}'), fits)
  assert.deepEqual(await scoreOf(reward, 'Sure:\n```json\n{"name": "Ada", "age": 36}\n```'), fits)
  assert.deepEqual(await scoreOf(reward, '{"name": "", "age": -1, "city": "x", "mail": "nobody"}'), {
    kind: 'scored',
    value: 0,
    parts: { json: 1 },
    feedback:
      "the value must NOT have additional properties ('city'); /name must NOT have fewer than 1 characters; /age must be >= 0; and 1 more",
  })
  assert.partialDeepStrictEqual(await scoreOf(reward, 'name: Ada'), { value: 0, parts: { json: 0 } })
})

test('the whole answer must be JSON where asked', async () => {
  const reward = jsonSchema({ schema: true, place: 'whole' })
  assert.partialDeepStrictEqual(await scoreOf(reward, ' [1] '), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(reward, 'it is [1]'), { value: 0, parts: { json: 0 } })
})

test('each prompt may bring its schema, in draft 2020-12 or 7, even with the id of another', async () => {
  const reward = jsonSchema()
  const tuple = { $id: 'https://example.org/s', prefixItems: [{ type: 'integer' }], items: false }
  assert.partialDeepStrictEqual(await scoreOf(reward, '[1]', tuple), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(reward, '[1, 2]', tuple), { value: 0 })
  const old = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://example.org/s',
    items: [{ type: 'integer' }],
    additionalItems: false,
  }
  assert.partialDeepStrictEqual(await scoreOf(reward, '[1]', old), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(reward, '["x"]', old), { value: 0 })
  const other = { $id: 'https://example.org/s', type: 'object' }
  assert.partialDeepStrictEqual(await scoreOf(reward, '[1]', other), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(reward, '[1, 2]', tuple), { value: 0 })
})

test('references inside a schema are followed', async () => {
  const tree = {
    $ref: '#/$defs/node',
    $defs: {
      node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, unevaluatedProperties: false },
    },
  }
  assert.partialDeepStrictEqual(await scoreOf(jsonSchema(), '{"next": {"next": {}}}', tree), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(jsonSchema(), '{"next": {"prev": {}}}', tree), { value: 0 })
})

test('a schema that is none: refused when given, Unscored when a prompt brings it', async () => {
  assert.throws(() => jsonSchema({ schema: { type: 'number!' } }), GuerdonError)
  assert.throws(() => jsonSchema({ schema: { $ref: '#/nowhere' } }), /this is no JSON Schema/)
  const references: Json[] = [null, 'x', [], { type: 'number!' }, { pattern: '(' }]
  for (const reference of references) {
    assert.equal((await scoreOf(jsonSchema(), '1', reference)).kind, 'unscored')
  }
})
