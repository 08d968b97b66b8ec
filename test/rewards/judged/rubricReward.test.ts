import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { GuerdonError } from '../../../src/data/error.ts'
import { parseRubric, readRubric } from '../../../src/rewards/judged/rubric.ts'
import { rubricFile } from '../../../src/rewards/judged/rubricFile.ts'
import { rubricReward } from '../../../src/rewards/judged/rubricReward.ts'
import { near } from './near.ts'
import { fieldsOf, sampleOf, served, top } from './served.ts'

const marks = (given: Readonly<Record<string, number | boolean>>) =>
  JSON.stringify(
    Object.fromEntries(Object.entries(given).map(([name, mark]) => [name, { reason: `for ${name}`, mark }])),
  )

const rubric = (more: string) =>
  parseRubric(
    `judge: { model: m, baseURL: "http://127.0.0.1:1/v1" }
criteria:
  - { name: correct, weight: 3, ask: Is it true?, anchors: { } }
  - { name: polite, ask: Is it friendly? }
${more}`,
    'rubric.yaml',
  )

test('the weighted mean of marks, each brought to [0, 1]', async () => {
  await using judged = await served([marks({ correct: 4, polite: 2 })])
  const reward = rubricReward(rubric('scale: [1, 5]\ninstructions: The shop sells bread.'), judged.judge)
  const [score] = await reward.score([sampleOf('When do you open?', 'At seven.', 'at 7')])
  assert.ok(score.kind === 'scored')
  near(score.value, (3 * 0.75 + 0.25) / 4)
  assert.deepEqual(score.parts, { correct: 0.75, polite: 0.25 })
  assert.equal(score.feedback, 'correct: for correct\npolite: for polite')
  assert.match(judged.asked(0), /The shop sells bread\./)
  assert.deepEqual(Object.keys(fieldsOf(judged.asked(0))), ['Question', 'Reference answer', 'Answer'])
})

test('yes and no; the known answer is kept from the judge where the rubric says so', async () => {
  await using judged = await served([marks({ correct: true, polite: false })])
  const [score] = await rubricReward(rubric('scale: yes-no\nreference: false'), judged.judge).score([
    sampleOf('q', 'a', 'the reference'),
  ])
  assert.partialDeepStrictEqual(score, { kind: 'scored', value: 0.75 })
  assert.ok(!judged.asked(0).includes('the reference'))
})

test('the probability of yes, one question a criterion', async () => {
  await using judged = await served((words) =>
    top(words.includes('true?') ? { yes: 0.6, no: 0.2 } : { Yes: 0.1, No: 0.3 }),
  )
  const [score] = await rubricReward(rubric('scale: probability'), judged.judge).score([sampleOf('q', 'a')])
  assert.ok(score.kind === 'scored')
  near(score.value, (3 * 0.75 + 0.25) / 4, 1e-3)
  assert.equal(judged.server.requests.length, 2)
})

test('repetitions are averaged, and their spread is the confidence', async () => {
  await using judged = await served((_, i) => marks({ correct: i === 0 ? 5 : 1, polite: 3 }))
  const [score] = await rubricReward(rubric('repetitions: 2'), judged.judge).score([sampleOf('q', 'a')])
  assert.ok(score.kind === 'scored')
  // The two values are 7/8 and 1/8.
  near(score.value, 0.5)
  near(score.confidence ?? Number.NaN, 1 - 2 * 0.375)
})

test('a mark off the scale, or for one criterion only, is no judgement', async () => {
  for (const said of [marks({ correct: 6, polite: 2 }), marks({ correct: 4 }), marks({ correct: 4.5, polite: 2 })]) {
    await using judged = await served([said])
    const [score] = await rubricReward(rubric(''), judged.judge).score([sampleOf('q', 'a')])
    assert.ok(score.kind === 'unscored' && score.at === 'judge' && score.reason.includes('it said: {'), said)
  }
})

function written(context: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-rubric-'))
  context.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'rubric.yaml'), text)
  return join(folder, 'rubric.yaml')
}

test('a file: its key from the environment, its cache beside it, empty talk not judged', async (t) => {
  await using judged = await served([marks({ good: 5 })])
  const file = written(
    t,
    `name: ours
judge: { model: m, baseURL: "${judged.server.baseURL}", apiKeyEnv: GUERDON_TEST_KEY, concurrency: 3 }
cache: answers
criteria: [{ name: good, ask: Is it good? }]`,
  )
  delete process.env.GUERDON_TEST_KEY
  assert.throws(() => rubricFile(file), /apiKeyEnv: the environment variable GUERDON_TEST_KEY is not set/)
  process.env.GUERDON_TEST_KEY = 'secret'
  t.after(() => delete process.env.GUERDON_TEST_KEY)
  for (let round = 0; round < 2; round++) {
    await using reward = rubricFile(file)
    assert.deepEqual([reward.name, reward.concurrency], ['ours', 3])
    const scores = await reward.score([sampleOf('q', 'an answer'), sampleOf('q', 'Solution:')])
    assert.deepEqual(
      scores.map((score) => score.kind === 'scored' && score.value),
      [1, 0],
    )
  }
  assert.equal(judged.server.requests.length, 1, 'the second round is answered from the cache')
  assert.equal(judged.server.requests[0].headers.authorization, 'Bearer secret')
})

test('a judge that does not answer is left at the deadline of the file, and tried again', async (t) => {
  // The SDK is loaded at the first question: not within the deadline of this test.
  await Promise.all([import('ai'), import('@ai-sdk/openai-compatible')])
  await using judged = await served(['never', marks({ good: 5 })])
  const { baseURL } = judged.server
  await using reward = rubricFile(
    written(t, `judge: { model: m, baseURL: "${baseURL}", deadline: 2 }\ncriteria: [{ name: good, ask: Is it good? }]`),
  )
  const [score] = await reward.score([sampleOf('q', 'an answer')])
  assert.equal(score.kind === 'scored' && score.value, 1)
  assert.equal(judged.server.requests.length, 2)
  while (judged.server.aborted() === 0) await new Promise((resume) => setTimeout(resume, 5))
})

test('the deadlines of a file are above 0; where it has none they are a minute, and five for a model in this process', (t) => {
  const judgeOf = (judge: string) =>
    readRubric(written(t, `judge: { ${judge} }\ncriteria: [{ name: good, ask: Is it good? }]`)).judge.deadline
  const served = 'model: m, baseURL: "http://127.0.0.1:1/v1"'
  assert.deepEqual([judgeOf(served), judgeOf('gguf: a.gguf'), judgeOf(`${served}, deadline: 0.5`)], [60, 300, 0.5])
  assert.throws(() => judgeOf(`${served}, deadline: 0`), /judge.*deadline/s)
})

test('a model that is not there is named before anything is loaded', (t) => {
  const file = written(t, 'judge: { gguf: no/such.gguf }\ncriteria: [{ name: good, ask: Is it good? }]')
  assert.throws(
    () => rubricFile(file),
    (thrown) =>
      thrown instanceof GuerdonError && /judge\.gguf: there is no model at .*no\/such\.gguf/.test(thrown.message),
  )
})
