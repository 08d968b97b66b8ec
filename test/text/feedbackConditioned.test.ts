import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feedbackConditioned, firstFunction } from '../../src/text/feedbackConditioned.ts'

const prompt = '"""\nAdd one.\nassert f(1) == 2\n"""'
const answer = '\ndef f(x):\n    return x'
const feedback =
  'Traceback (most recent call last):\n  File "<string>", line 7, in <module>\n    assert f(1) == 2\nAssertionError'

test("the lengths of the authors' training strings", () => {
  const good = feedbackConditioned({ prompt, answer, good: true })
  assert.ok(good.text.startsWith('<|good|>"""'))
  assert.deepEqual([good.text.length, good.prefix], [64, 8])
  const bad = feedbackConditioned({ prompt, answer, good: false, feedback })
  assert.ok(bad.text.startsWith('<|bad|><|lang_feedback|>Traceback'))
  assert.deepEqual([bad.text.length, bad.prefix], [207, 151])
  const binary = feedbackConditioned({ prompt, answer, good: false })
  assert.deepEqual([binary.text.length, binary.prefix], [63, 7])
})

test('what follows the function is cut off, and a slash is no stop', () => {
  assert.equal(firstFunction('\ndef f(x):\n    return x+1\n\nprint(f(2))'), '\ndef f(x):\n    return x+1')
  assert.equal(firstFunction('\ndef f(x):\n    return x/2'), '\ndef f(x):\n    return x/2')
  assert.equal(firstFunction('def f():\n    if 1:\n        pass\n<|/end'), 'def f():\n    if 1:\n        pass')
})
