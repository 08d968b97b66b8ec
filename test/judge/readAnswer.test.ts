import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { defineJudge } from '../../src/judge/defineJudge.ts'
import { readAnswer, type Said } from '../../src/judge/readAnswer.ts'

const messages = [{ role: 'user', content: 'Judge.' }] as const
const said = (text: string, finish: Said['finish'] = 'stop'): Said => ({
  kind: 'said',
  text,
  finish,
  usage: { inputTokens: 3, outputTokens: 4 },
})
const read = <T>(text: string, schema: z.ZodType<T>) => readAnswer(said(text), { messages, schema })

test('values of every JSON type are read, as the whole text or in a fence', () => {
  const cases: readonly (readonly [z.ZodType, string, unknown])[] = [
    [z.number(), ' 7\n', 7],
    [z.number(), 'So:\n```json\n7\n```', 7],
    [z.boolean(), 'true', true],
    [z.null(), 'null', null],
    [z.array(z.number()), 'Scores: [1, 2, 3].', [1, 2, 3]],
    [z.string(), '"yes"', 'yes'],
    [z.object({ a: z.object({ b: z.array(z.string()) }) }), '{"a": {"b": ["{", "}"]}}', { a: { b: ['{', '}'] } }],
    [z.object({ score: z.coerce.number() }), '{"score": "8"}', { score: 8 }],
    [z.object({ score: z.number().default(1) }), 'Here: {}', { score: 1 }],
  ]
  for (const [schema, text, value] of cases) {
    const answer = read(text, schema)
    assert.deepEqual(answer.ok && answer.value, value, text)
  }
})

test('bare words are read where the schema takes them, and only the whole text', () => {
  const verdict = z.enum(['yes', 'no'])
  const bare = read('yes\n', verdict)
  assert.equal(bare.ok && bare.value, 'yes')
  for (const text of ['yes and no', 'Yes', 'I say yes']) assert.equal(read(text, verdict).ok, false, text)
  const prose = read('A fair answer.', z.string())
  assert.equal(prose.ok && prose.value, 'A fair answer.')
  const refusal = read("I'm sorry, but I can't help with that.", z.string())
  assert.ok(!refusal.ok && /refused/.test(refusal.reason))
})

test('JSON beside the verdict does not hide it; a second verdict does', () => {
  const schema = z.object({ score: z.number() })
  const beside = read('The answer [1] has {"x": 1} in it: {"score": 4} [2]', schema)
  assert.deepEqual(beside.ok && beside.value, { score: 4 })
  const fences = read('```json\n{"score": 4}\n```\nor\n```json\n{"score": 5}\n```', schema)
  assert.ok(!fences.ok && /two verdicts/.test(fences.reason))
  const lines = read('{"score": 4}\n{"score": 5}', schema)
  assert.ok(!lines.ok && /two verdicts/.test(lines.reason))
})

test('a schema that throws, or would have to wait, is a reason and no crash', () => {
  const throwing = z.number().transform(() => {
    throw new Error('broken schema')
  })
  const thrown = read('7', throwing)
  assert.ok(!thrown.ok && /the schema threw: broken schema/.test(thrown.reason))
  const waiting = read(
    '7',
    z.number().refine(async () => true),
  )
  assert.ok(!waiting.ok && /the schema threw/.test(waiting.reason))
})

test('whatever a judge says, reading it ends in a value of the schema or in a reason with the raw text', () => {
  const schema = z.object({ score: z.int().min(1).max(5) })
  const piece = fc.constantFrom(
    '{"score": 3}',
    '{"score": 9}',
    '{',
    '}',
    '```',
    '"',
    '\\',
    'score',
    '<think>',
    '</think>',
    '[',
    '\n',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 30 }).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(text, fc.constantFrom('stop' as const, 'length' as const), (words, finish) => {
      const answer = readAnswer(said(words, finish), { messages, schema })
      assert.equal(answer.text, words)
      assert.deepEqual(answer.usage, { inputTokens: 3, outputTokens: 4 })
      if (answer.ok) assert.ok(answer.value.score >= 1 && answer.value.score <= 5)
      else assert.ok(answer.at === 'judge' && answer.reason.length > 0)
    }),
    { seed: 9, numRuns: 300 },
  )
})

test('a judge of one’s own that throws is an answer at the judge; aborted, at the deadline', async () => {
  const judge = defineJudge('broken', async () => {
    throw new Error('no model today')
  })
  const answer = await judge.ask({ messages })
  assert.ok(!answer.ok && answer.at === 'judge')
  assert.equal(answer.reason, 'broken threw: no model today')
  const late = await judge.ask({ messages }, AbortSignal.abort())
  assert.equal(late.ok || late.at, 'deadline')
})
