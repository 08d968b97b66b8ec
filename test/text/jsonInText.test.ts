import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../src/data/message.ts'
import { jsonDifference, jsonEqual } from '../../src/text/jsonEqual.ts'
import { everyJsonIn, jsonIn } from '../../src/text/jsonInText.ts'

test('the whole text, then the last fence, then the last object inside', () => {
  assert.deepEqual(jsonIn(' {"a": 1}\n'), { kind: 'json', value: { a: 1 }, place: 'whole' })
  assert.deepEqual(jsonIn('First ```json\n[1]\n``` then ```\n{"a": 2}\n``` done {3}'), {
    kind: 'json',
    value: { a: 2 },
    place: 'fence',
  })
  assert.deepEqual(jsonIn('I pick {"a": "}"} or [1, {"b": 2}] now'), {
    kind: 'json',
    value: [1, { b: 2 }],
    place: 'inside',
  })
  assert.deepEqual(jsonIn('use {x} as in {"a": {"b": []}}.'), {
    kind: 'json',
    value: { a: { b: [] } },
    place: 'inside',
  })
})

test('what is not JSON says why', () => {
  assert.deepEqual(jsonIn('  '), { kind: 'none', reason: 'the text is empty' })
  const broken = jsonIn('```json\n{"a": 1,}\n```')
  assert.match(broken.kind === 'none' ? broken.reason : '', /^not JSON: /)
  for (const text of ['{"a": NaN}', "{'a': 1}", '{"a": 1', 'no', '[1, 2']) assert.equal(jsonIn(text).kind, 'none', text)
})

test('deep nesting is refused, and hostile texts end', () => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  assert.equal(jsonIn(deep(200)).kind, 'json')
  assert.deepEqual(jsonIn(deep(1e5)), { kind: 'none', reason: 'the JSON is nested deeper than 200' })
  assert.equal(jsonIn('{'.repeat(1e5)).kind, 'none')
  assert.equal(jsonIn('```'.repeat(3e4)).kind, 'none')
  assert.equal(jsonIn('"'.repeat(1e5)).kind, 'none')
})

test('any JSON is found whole, in a fence and in running text', () => {
  const values = fc.jsonValue({ maxDepth: 3 }).filter((value) => typeof value === 'object' && value !== null)
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(value)
      const expected: Json = JSON.parse(text)
      assert.deepEqual(jsonIn(text), { kind: 'json', value: expected, place: 'whole' })
      if (!text.includes('`'))
        assert.partialDeepStrictEqual(jsonIn(`Here:\n\`\`\`json\n${text}\n\`\`\``), { value: expected })
      const inside = jsonIn(`It is ${text}, I think.`)
      assert.ok(inside.kind === 'json' && jsonEqual(inside.value, expected))
    }),
    { seed: 10 },
  )
})

test('every outermost value standing in a text is found, in order', () => {
  assert.deepEqual(everyJsonIn('a {"x": {"y": [1]}} b [2, "}"] c {broken {"z": 3}'), [
    { x: { y: [1] } },
    [2, '}'],
    { z: 3 },
  ])
  assert.deepEqual(everyJsonIn('7 "no" { ['), [])
})

test('equality goes by value, without regard to the order of keys', () => {
  assert.ok(jsonEqual({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }))
  assert.ok(jsonEqual(JSON.parse('[1.0, -0]'), [1, 0]))
  assert.ok(!jsonEqual([1, 2], [2, 1]))
  assert.ok(!jsonEqual(1, '1'))
  assert.ok(!jsonEqual({}, { a: null }))
  assert.ok(!jsonEqual({}, []))
  assert.ok(!jsonEqual(JSON.parse('{"toString": 1}'), {}))
})

test('a difference names its place', () => {
  const differences: [Json, Json, string][] = [
    [{ to: { city: 'Paris' } }, { to: { city: 'Rome' } }, '.to.city: expected "Paris", found "Rome"'],
    [{ a: 1 }, {}, '.a: missing, expected 1'],
    [{}, { b: 2 }, '.b: not expected'],
    [{ a: [1, 2] }, { a: [1] }, '.a: expected 2 entries, found 1'],
    [[[1]], [[2]], '[0][0]: expected 1, found 2'],
    [1, true, 'the value: expected 1, found true'],
  ]
  for (const [expected, found, text] of differences) assert.equal(jsonDifference(expected, found), text)
})
