import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { mathEqual } from '../../src/rewards/mathEqual.ts'
import { sample, scoreOf, valuesOf } from './samples.ts'

test('equal answers score 1 and say what was read', async () => {
  assert.deepEqual(await scoreOf(mathEqual(), 'So it is $\\boxed{\\frac{1}{2}}$.', '0.5'), {
    kind: 'scored',
    value: 1,
    feedback: '"\\\\frac{1}{2}" (boxed) equals the reference "0.5"',
  })
})

test('the reference may be a number, an answer, a worked solution, or a list of one', async () => {
  for (const reference of [18, '18', '$18.00', '16 - 3 = 13\nA: 18', '13 + 5 = <<13+5=18>>18\n#### 18', ['18']]) {
    assert.partialDeepStrictEqual(await scoreOf(mathEqual(), 'So 9 * 2 = 18 dollars.', reference), { value: 1 })
  }
  assert.partialDeepStrictEqual(await scoreOf(mathEqual(), 'True.', true), { value: 1 })
})

test('a low score says what was read on both sides and why they differ', async () => {
  assert.deepEqual(await scoreOf(mathEqual(), 'The answer is 7.', '6'), {
    kind: 'scored',
    value: 0,
    feedback: '"7" (as it says) is not the reference "6": the numbers differ: 7 and 6',
  })
  assert.partialDeepStrictEqual(await scoreOf(mathEqual(), '', '6'), {
    value: 0,
    feedback: 'no answer was found; the reference is "6"',
  })
  const cut = { ...sample('so', '6'), completion: { text: 'word '.repeat(100), finish: 'length' as const } }
  assert.partialDeepStrictEqual((await mathEqual().score([cut]))[0], {
    value: 0,
    feedback: 'no answer was found (the answer ran into the length limit); the reference is "6"',
  })
})

test('a bad answer is never Unscored, however bad', async () => {
  for (const answer of ['{'.repeat(10_000), '9^{9^{9^9}}', 'a'.repeat(1_000_000), '\ud800', '1/0']) {
    assert.deepEqual(valuesOf([await scoreOf(mathEqual(), answer, '6')]), [0])
  }
})

test('a reference that cannot be read is Unscored and named', async () => {
  const cases: readonly (readonly [Parameters<typeof scoreOf>[2], RegExp])[] = [
    [undefined, /prompt 'p': the reference must be a text or a number/],
    [null, /must be a text or a number/],
    [{ answer: 5 }, /must be a text or a number/],
    [['1', '2'], /must be a text or a number/],
    ['', /the reference "" cannot be read as an answer/],
    [`\\boxed{${'9'.repeat(5000)}}`, /cannot be read as an answer/],
  ]
  for (const [reference, reason] of cases) {
    const score = await scoreOf(mathEqual(), '5', reference)
    assert.equal(score.kind, 'unscored')
    assert.match(score.kind === 'unscored' ? score.reason : '', reason)
  }
})

test('tolerance widens equality', async () => {
  assert.deepEqual(valuesOf([await scoreOf(mathEqual({ tolerance: 0.05 }), '96', 100)]), [1])
  assert.deepEqual(valuesOf([await scoreOf(mathEqual(), '96', 100)]), [0])
})

const solutions = new URL('../../../shared/data/gsm8k/example_model_solutions.jsonl', import.meta.url)

test('reproduces every published verdict on four models of GSM8K', async (t) => {
  if (!existsSync(solutions)) return t.skip('shared/data/gsm8k is not here')
  const models = ['6b_finetuning', '6b_verification', '175b_finetuning', '175b_verification']
  const rows = readFileSync(solutions, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const cases = rows.flatMap((row, i) =>
    models.map((model) => ({
      sample: sample(row[model].solution, row.ground_truth, String(i)),
      verdict: row[model].is_correct ? 1 : 0,
      name: `line ${i + 1}, ${model}`,
    })),
  )
  const values = valuesOf(await mathEqual().score(cases.map((each) => each.sample)))
  const disagreements = cases.filter(({ verdict }, i) => values[i] !== verdict).map(({ name }) => name)
  assert.equal(cases.length, 4 * 1319)
  assert.deepEqual(disagreements, [])
})
