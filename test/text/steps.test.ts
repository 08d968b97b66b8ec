import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { splitSteps, withSteps } from '../../src/text/steps.ts'

const pieces = (text: string, separator = '\n') =>
  splitSteps(text, separator).map(({ start, end }) => text.slice(start, end))

test('a text falls into pieces that end with the separator', () => {
  assert.deepEqual(pieces('a\nbc\nd'), ['a\n', 'bc\n', 'd'])
  assert.deepEqual(pieces('a\n'), ['a\n'])
  assert.deepEqual(pieces('\n\na'), ['\n', '\n', 'a'])
  assert.deepEqual(pieces('one\n\ntwo', '\n\n'), ['one\n\n', 'two'])
  assert.deepEqual(pieces('plain'), ['plain'])
  assert.deepEqual(pieces(''), [''])
})

test('the pieces are the text, whatever it is', () => {
  const source = random('steps')
  for (let n = 0; n < 200; n++) {
    const text = Array.from({ length: source.int(0, 12) }, () => source.pick(['a', ';', 'b'])).join('')
    assert.equal(pieces(text, ';').join(''), text)
    assert.ok(pieces(text, ';').every((piece) => piece.slice(0, -1).includes(';') === false))
  }
})

const tokenizer = characterTokenizer('ab;')
function rollout(text: string, ended = true) {
  const prompt = userPrompt('p', 'a')
  const written = [...tokenizer.encode(text), ...(ended ? [tokenizer.endId] : [])]
  return {
    sample: { prompt, completion: { text, finish: ended ? ('stop' as const) : ('length' as const) } },
    sequence: { tokens: Int32Array.of(...tokenizer.encode('a'), ...written), promptLength: 1 },
    logprobs: new Float32Array(written.length),
  }
}
const endsOf = (text: string, ended?: boolean) => [...(withSteps(rollout(text, ended), tokenizer, ';').stepEnds ?? [])]

test('steps end on the token that completes them, the last on the last token', () => {
  assert.deepEqual(endsOf('a;bb;a'), [1, 4, 6])
  assert.deepEqual(endsOf('a;bb;'), [1, 5])
  assert.deepEqual(endsOf('a;bb;', false), [1, 4])
  assert.deepEqual(endsOf(''), [0])
  assert.deepEqual(endsOf('', false), [])
  assert.deepEqual(withSteps(rollout('a;b'), tokenizer, ';').sample.completion.steps, [
    { start: 0, end: 2 },
    { start: 2, end: 3 },
  ])
})
