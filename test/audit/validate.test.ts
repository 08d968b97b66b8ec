import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ValidationRow, validate } from '../../src/audit/validate.ts'
import { userPrompt } from '../../src/data/message.ts'
import { exactMatch } from '../../src/rewards/exactMatch.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'

async function* rowsOf(...rows: readonly ValidationRow[]) {
  yield* rows
}
const row = (number: number, question: string, answer: string, cheats: readonly string[] = []): ValidationRow => ({
  row: number,
  prompt: userPrompt(String(number), question, answer),
  answer,
  cheats,
})
const brokenBy = async (reward: Reward, rows: readonly ValidationRow[], options = {}) =>
  (await Array.fromAsync(validate(rowsOf(...rows), reward, options))).flatMap(({ breaches }) =>
    breaches.map(({ row, rule, answer }) => [row, rule, answer]),
  )

test('exact match breaks no rule', async () => {
  const [found] = await Array.fromAsync(validate(rowsOf(row(1, '2+2?', '4', ['my own cheat'])), exactMatch()))
  assert.deepEqual(found, { row: 1, asked: { right: 1, empty: 1, repeated: 1, cheating: 7 }, breaches: [] })
})

test('each way of being fooled is found, in its row and by its rule', async () => {
  const fooled = (accepts: (text: string, question: string) => boolean) =>
    defineReward(
      'fooled',
      ({ prompt, completion: { text } }) => {
        const [{ content }] = prompt.messages
        return text === prompt.reference || accepts(text, String(content)) ? 1 : 0
      },
      { range: [0, 1] },
    )
  const rows = [row(1, 'one?', '1'), row(2, 'two?', '2', ['planted'])]
  assert.deepEqual(
    await brokenBy(
      fooled((text) => text === ''),
      rows,
    ),
    [
      [1, 'empty', ''],
      [2, 'empty', ''],
    ],
  )
  assert.deepEqual(
    await brokenBy(
      fooled((text, question) => text === question && text === 'two?'),
      rows,
    ),
    [[2, 'repeated', 'two?']],
  )
  assert.deepEqual(
    await brokenBy(
      fooled((text) => text === 'planted'),
      rows,
    ),
    [[2, 'cheating', 'planted']],
  )
  assert.deepEqual(
    await brokenBy(
      fooled((text) => text === 'Solution'),
      rows,
    ),
    [
      [1, 'cheating', 'Solution'],
      [2, 'cheating', 'Solution'],
    ],
  )
  // What it calls right it does not know: the answer the data calls right scores as low as the others.
  const wrong = await brokenBy(
    defineReward('zero', () => 0, { range: [0, 1] }),
    [row(3, 'q', 'a')],
  )
  assert.deepEqual(
    wrong.map(([, rule]) => rule),
    ['right', 'empty', 'repeated', ...Array<string>(6).fill('cheating')],
  )
})

test('graded rewards: top and bottom are shares of the range; without a range only the order counts', async () => {
  const graded = (range?: readonly [number, number]) =>
    defineReward(
      'graded',
      ({ prompt, completion }) => (completion.text === prompt.reference ? 8 : completion.text === '' ? 0 : 1),
      range === undefined ? {} : { range },
    )
  const rows = [row(1, 'q', 'a')]
  assert.equal((await brokenBy(graded([0, 10]), rows)).length, 1 + 1 + 6)
  assert.deepEqual(await brokenBy(graded([0, 10]), rows, { top: 0.8, bottom: 0.1 }), [])
  assert.deepEqual(await brokenBy(graded(), rows), [])
})

test('what the reward cannot score is a breach with its reason, and the rows keep their order', async () => {
  const abstains = defineReward(
    'abstains',
    ({ completion }) => (completion.text === '' ? null : completion.text === 'a' ? 1 : 0),
    {
      range: [0, 1],
    },
  )
  const found = await Array.fromAsync(validate(rowsOf(...[3, 1, 2].map((n) => row(n, 'q', 'a'))), abstains))
  assert.deepEqual(
    found.map(({ row }) => row),
    [3, 1, 2],
  )
  for (const { breaches } of found) {
    assert.deepEqual(
      breaches.map(({ rule, value }) => [rule, value]),
      [['empty', undefined]],
    )
    assert.match(breaches[0].reason, /not scored \(reward\): the reward abstained/)
  }
})
