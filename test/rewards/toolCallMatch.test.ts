import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/data/message.ts'
import { toolCallMatch } from '../../src/rewards/toolCallMatch.ts'
import { scoreOf } from './samples.ts'

const a = { name: 'add', arguments: { x: 1, y: { unit: 'cm', n: 2 } } }
const b = { name: 'stop', arguments: {} }
const tagged = (...calls: Json[]) => calls.map((call) => `<tool_call>${JSON.stringify(call)}</tool_call>`).join('\n')

test('names equal and arguments equal as JSON', async () => {
  const reordered = '<tool_call>{"arguments": {"y": {"n": 2.0, "unit": "cm"}, "x": 1}, "name": "add"}</tool_call>'
  assert.deepEqual(await scoreOf(toolCallMatch(), reordered, a), {
    kind: 'scored',
    value: 1,
    parts: { calls: 1, names: 1 },
  })
  assert.deepEqual(await scoreOf(toolCallMatch(), tagged({ name: 'add', arguments: { x: '1', y: 0 } }), a), {
    kind: 'scored',
    value: 0,
    parts: { calls: 0, names: 1 },
    feedback: 'add.x: expected 1, found "1"',
  })
})

test('any order, or the same order', async () => {
  assert.partialDeepStrictEqual(await scoreOf(toolCallMatch(), tagged(b, a), [a, b]), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(toolCallMatch({ order: 'same' }), tagged(b, a), [a, b]), {
    value: 0,
    feedback: 'add is not called as call 1',
  })
  assert.partialDeepStrictEqual(await scoreOf(toolCallMatch({ order: 'same' }), tagged(a, b), [a, b]), { value: 1 })
})

test('missing, extra, doubled and unreadable calls', async () => {
  const share = toolCallMatch({ credit: 'share' })
  const cases: [string, Json, number, string][] = [
    [tagged(a), [a, b], 1 / 2, 'stop is not called'],
    [tagged(a, b, b), [a, b], 2 / 3, '3 calls given, 2 wanted'],
    [tagged(a, a), [a, b], 1 / 2, 'stop is not called'],
    [`${tagged(a)}<tool_call>stop()</tool_call>`, [a, b], 1 / 2, 'not JSON'],
    ['It is done.', [a], 0, 'no tool call found, add wanted'],
    [tagged(a), [], 0, 'add was called where no call was wanted'],
  ]
  for (const [text, reference, value, feedback] of cases) {
    const score = await scoreOf(share, text, reference)
    assert.partialDeepStrictEqual(score, { kind: 'scored', value }, text)
    assert.ok(score.kind === 'scored' && score.feedback?.includes(feedback), JSON.stringify(score))
    assert.partialDeepStrictEqual(await scoreOf(toolCallMatch(), text, reference), { value: 0 })
  }
  assert.partialDeepStrictEqual(await scoreOf(toolCallMatch(), 'It is done.', []), { value: 1 })
})

test('a reference that is no call is Unscored', async () => {
  for (const reference of [null, 'add', { x: 1 }, [a, 3], [{ name: 'add', arguments: 'x=1' }]]) {
    assert.equal((await scoreOf(toolCallMatch(), tagged(a), reference)).kind, 'unscored')
  }
})
