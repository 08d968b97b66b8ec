import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AskedColumns, dataColumns, samplesOf } from '../../src/cli/dataColumns.ts'

const row = {
  id: 7,
  question: 'how many?',
  'a.b': 'dotted',
  small: { solution: 'one', is_correct: true, tries: 3 },
  large: { solution: 'two', is_correct: false },
  truth: 2,
}
const found = (asked: AskedColumns) => dataColumns(asked, row, 'file.jsonl')

test('stars stand for one name each; a label’s star for the name that the answer has there', () => {
  const { completions, expected } = found({ completion: '*.solution', expect: '*.is_correct' })
  assert.deepEqual(completions, ['small.solution', 'large.solution'])
  assert.deepEqual(expected, ['small.is_correct', 'large.is_correct'])
  assert.deepEqual(found({ completion: 'large.solution, small.solution', expect: '*.is_correct' }).expected, [
    'large.is_correct',
    'small.is_correct',
  ])
})

test('what was not asked for has a usual name, where there is one', () => {
  const usual = { prompt: 'p', completion: 'c', other: 1 }
  assert.deepEqual(dataColumns({}, usual, 'file'), {
    prompt: 'prompt',
    completions: ['completion'],
    expected: [],
  })
})

test('a column that is not there is told the nearest one, and all there are', () => {
  assert.throws(
    () => found({ completion: 'small.solutoin' }),
    (error: Error) => {
      assert.match(
        error.message,
        /^file\.jsonl: there is no column 'small\.solutoin' \(--completion\); did you mean 'small\.solution'\?/,
      )
      assert.match(error.message, /its columns are id, question, a\.b, small, large, truth, small\.solution/)
      return true
    },
  )
  assert.throws(() => found({ completion: 'a.b', prompt: 'qestion' }), /\(--prompt\); did you mean 'question'/)
  assert.throws(() => found({ completion: '*.nothing' }), /no column '\*\.nothing'/)
  assert.throws(() => found({ completion: '*.solution', expect: 'x,y,z' }), /3 columns of labels for 2 columns/)
})

test('a row becomes one sample an answer; its other columns travel along', () => {
  const columns = found({ prompt: 'question', completion: '*.solution', reference: 'truth' })
  const samples = samplesOf(row, 12, columns)
  assert.ok(typeof samples !== 'string')
  assert.deepEqual(
    samples.map(({ completion }) => completion.text),
    ['one', 'two'],
  )
  const [{ prompt }] = samples
  assert.deepEqual(prompt, {
    id: '7',
    messages: [{ role: 'user', content: 'how many?' }],
    reference: 2,
    meta: { id: 7, 'a.b': 'dotted' },
  })
})

test('a reference may be the whole row', () => {
  const samples = samplesOf(row, 1, found({ completion: 'small.solution', reference: '.' }))
  assert.ok(typeof samples !== 'string')
  assert.deepEqual(samples[0].prompt.reference, row)
})

test('a row without an answer or with a prompt of another kind says why', () => {
  const columns = { prompt: 'question', completions: ['answer'], expected: [] }
  assert.equal(samplesOf({ question: 'q', answer: null }, 1, columns), "column 'answer' holds null, not a text")
  assert.equal(samplesOf({ question: 'q' }, 1, columns), "column 'answer' holds nothing, not a text")
  assert.match(
    String(samplesOf({ question: [{ role: 'robot', content: 'x' }], answer: 'a' }, 1, columns)),
    /neither a text nor messages/,
  )
})
