import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../../src/data/error.ts'
import type { Json } from '../../../src/data/message.ts'
import { type PromptfooAssertion, promptfoo } from '../../../src/rewards/graders/promptfoo.ts'
import { near } from '../judged/near.ts'
import { sampleOf, served } from '../judged/served.ts'

const verdict = async (assertion: PromptfooAssertion, output: string, reference?: string) => {
  const [score] = await promptfoo([assertion]).score([sampleOf('q', output, reference)])
  return score.kind === 'scored' ? score.value : `${score.at}: ${score.reason}`
}

test('every kind of check, and its opposite', async () => {
  const schema = { type: 'object', required: ['a'], properties: { a: { type: 'number' } } }
  type Case = readonly [type: string, value: Json | undefined, passes: string, fails: string, threshold?: number]
  const cases: readonly Case[] = [
    ['equals', 'Paris', 'Paris', 'paris'],
    ['equals', { a: 1, b: [2] }, '{"b": [2], "a": 1}', '{"a": 1}'],
    ['contains', 'cat', 'a cat', 'a Cat'],
    ['icontains', 'cat', 'a Cat', 'a dog'],
    ['contains-any', ['cat', 'dog'], 'a dog', 'a bird'],
    ['contains-any', 'cat, dog', 'a dog', 'a bird'],
    ['contains-all', ['cat', 'dog'], 'cat and dog', 'cat'],
    ['icontains-any', ['CAT'], 'a cat', 'a bird'],
    ['icontains-all', ['CAT', 'dog'], 'Dog, cat', 'dog'],
    ['starts-with', 'Yes', 'Yes, sir', 'Well, yes'],
    ['regex', '^\\d{4}$', '2026', '20261'],
    ['is-json', undefined, '{"a": 1}', 'so {"a": 1}'],
    ['is-json', schema, '{"a": 1}', '{"a": "1"}'],
    ['contains-json', schema, 'so {"a": 1}', 'so {"b": 1}'],
    ['levenshtein', 'kitten', 'sitting', 'something else', 3],
    ['word-count', 3, 'one two three', 'one two'],
    ['word-count', { min: 2, max: 3 }, 'one two', 'one'],
  ]
  for (const [type, value, passes, fails, threshold] of cases) {
    const given = { type, ...(value === undefined ? {} : { value }), ...(threshold === undefined ? {} : { threshold }) }
    const turned = { ...given, type: `not-${type}` }
    const found = [given, turned].flatMap((assertion) => [passes, fails].map((output) => verdict(assertion, output)))
    assert.deepEqual(await Promise.all(found), [1, 0, 0, 1], `${type} ${JSON.stringify(value)}`)
  }
})

test('metrics score themselves where they reach the threshold, and 0 below', async () => {
  const near5 = { type: 'gleu', value: 'the cat is on the mat' }
  assert.equal(await verdict(near5, 'the cat sat on the mat'), 0.5)
  assert.equal(await verdict({ ...near5, threshold: 0.6 }, 'the cat sat on the mat'), 0)
  assert.equal(await verdict({ type: 'rouge-n', value: 'a b' }, 'a b'), 1)
  assert.equal(await verdict({ type: 'bleu', value: ['a b c d', 'e f g h'] }, 'e f g h'), 1)
})

test('weights, names of parts, templates of the row, a threshold for the whole', async () => {
  const assertions: readonly PromptfooAssertion[] = [
    { type: 'contains', value: '{{ reference }}', weight: 3, metric: 'right' },
    { type: 'word-count', value: { max: 3 } },
    { type: 'contains', value: 'please' },
    { type: 'contains', value: 'sir' },
  ]
  const sample = sampleOf('q', 'It is Paris, as everybody knows, please', 'Paris')
  const [score] = await promptfoo(assertions).score([sample])
  assert.ok(score.kind === 'scored')
  near(score.value, 4 / 6)
  assert.deepEqual(score.parts, { right: 1, 'word-count': 0, contains: 1, 'contains#4': 0 })
  assert.match(score.feedback ?? '', /^word-count: it has 7 words\ncontains#4: it has no 'sir'$/)
  for (const [threshold, value] of [
    [0.6, 1],
    [0.7, 0],
  ])
    assert.partialDeepStrictEqual((await promptfoo(assertions, { threshold }).score([sample]))[0], { value })
  assert.match(String(await verdict({ type: 'contains', value: '{{ refrence }}' }, 'x', 'y')), /^reward: .*refrence/)
})

test('a function of one’s own answers as promptfoo lets it', async () => {
  const of = (value: PromptfooAssertion['value'], threshold?: number) =>
    verdict({ type: 'javascript', value: value ?? null, ...(threshold === undefined ? {} : { threshold }) }, 'abc', 'd')
  assert.equal(await of((output) => output.length === 3), 1)
  assert.equal(await of((output) => output.length / 10), 0.3)
  assert.equal(await of((output) => output.length / 10, 0.2), 1)
  assert.equal(await of(async (_, { vars }) => ({ pass: vars.reference === 'd', score: 0.7, reason: 'r' })), 0.7)
  assert.match(
    String(
      await of(() => {
        throw new Error('broken')
      }),
    ),
    /^reward: .*broken/,
  )
})

test('llm-rubric asks the judge', async () => {
  await using judged = await served(['{"reason": "curt", "rating": 4}'])
  const reward = promptfoo([{ type: 'llm-rubric', value: 'It is polite to {{ reference }}.' }], { judge: judged.judge })
  const [score] = await reward.score([sampleOf('q', 'No.', 'the queen')])
  assert.partialDeepStrictEqual(score, { kind: 'scored', value: 0.4, feedback: 'llm-rubric: curt' })
  assert.match(judged.asked(0), /Criteria: It is polite to the queen\./)
  assert.ok(!judged.asked(0).includes('Reference answer'))
})

test('what cannot run here is refused when it is made', () => {
  for (const [assertion, said] of [
    [{ type: 'python', value: 'print(1)' }, /no assertion that runs here/],
    [{ type: 'contain', value: 'x' }, /did you mean 'contains'/],
    [{ type: 'constructor', value: 'x' }, /no assertion that runs here/],
    [{ type: 'llm-rubric', value: 'x' }, /no judge was given/],
    [{ type: 'equals', value: () => true }, /takes no function/],
    [{ type: 'equals', value: 'x', weight: 0 }, /add up to 0/],
  ] as const)
    assert.throws(
      () => promptfoo([assertion]),
      (thrown) => thrown instanceof GuerdonError && said.test(thrown.message),
    )
  assert.throws(() => promptfoo([]), GuerdonError)
})

test('an expression that is none is a reason, not a crash', async () => {
  assert.match(String(await verdict({ type: 'regex', value: '(' }, 'x')), /^reward: /)
})
