import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { numericMatch } from '../../src/rewards/numericMatch.ts'
import { sample, scoreOf } from './samples.ts'

test('the reference may be a number, a plain text or a worked solution', async () => {
  for (const reference of [18, '18', '$18.00', '36/2', '16 - 3 = 13\nA: 18', '13 + 5 = <<13+5=18>>18\n#### 18']) {
    assert.partialDeepStrictEqual(await scoreOf(numericMatch(), 'So 9 * 2 = 18 dollars.', reference), { value: 1 })
  }
})

test('a low score says why', async () => {
  assert.deepEqual(await scoreOf(numericMatch(), 'A: $26', 18), {
    kind: 'scored',
    value: 0,
    feedback: 'the answer is $26, the reference 18',
  })
  assert.partialDeepStrictEqual(await scoreOf(numericMatch(), 'eighteen', 18), {
    value: 0,
    feedback: 'no number found',
  })
  assert.partialDeepStrictEqual(await scoreOf(numericMatch({ marker: '=>' }), '18', 18), {
    value: 0,
    feedback: "no number after '=>'",
  })
  const cut = { ...sample('', 18), completion: { text: 'we', finish: 'length' as const } }
  const [score] = await numericMatch({ from: 'boxed' }).score([cut])
  assert.partialDeepStrictEqual(score, {
    value: 0,
    feedback: 'no number in \\boxed{} (the answer ran into the length limit)',
  })
})

test('tolerance widens equality', async () => {
  assert.partialDeepStrictEqual(await scoreOf(numericMatch(), '0.333', '1/3'), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(numericMatch({ tolerance: 0.001 }), '0.333', '1/3'), { value: 1 })
})

test('a prompt without a number in its reference is Unscored', async () => {
  for (const reference of [undefined, null, 'none', ['18']]) {
    assert.equal((await scoreOf(numericMatch(), '18', reference)).kind, 'unscored')
  }
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
  assert.equal(cases.length, 4 * 1319)
  const scores = await numericMatch().score(cases.map((one) => one.sample))
  const wrong = cases.filter(({ verdict }, i) => {
    const score = scores[i]
    return score.kind === 'unscored' || score.value !== verdict
  })
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  )
})
