import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { appeals } from '../../src/rewards/appeals.ts'
import { exactMatch } from '../../src/rewards/exactMatch.ts'
import { mathEqual } from '../../src/rewards/mathEqual.ts'
import { defineReward } from '../../src/rewards/reward.ts'

const half = (text: string, id = 'p') => ({
  prompt: userPrompt(id, 'q', '1/2'),
  completion: { text, finish: 'stop' as const },
})
const parts = async (reward: ReturnType<typeof appeals>, samples: ReturnType<typeof half>[]) =>
  (await reward.score(samples)).map((score) =>
    score.kind === 'scored' ? ([score.value, score.parts] as const) : undefined,
  )

test('rejections are heard again, and what the second upholds is noted or relabelled', async () => {
  const answers = [half('1/2'), half('0.5'), half('7')]
  const all = [
    [1, { rule: 1, appealed: 0, overturned: 0 }],
    [0, { rule: 0, appealed: 1, overturned: 1 }],
    [0, { rule: 0, appealed: 1, overturned: 0 }],
  ]
  assert.deepEqual(await parts(appeals(exactMatch(), mathEqual(), { share: 1 }), answers), all)
  const relabelled = await appeals(exactMatch(), mathEqual(), { share: 1, relabel: true }).score(answers)
  assert.deepEqual(
    relabelled.map((score) => score.kind === 'scored' && score.value),
    [1, 1, 0],
  )
  const none = await parts(appeals(exactMatch(), mathEqual(), { share: 0 }), answers)
  assert.ok(none.every((each) => each?.[1]?.appealed === 0))
})

test('about the share is drawn, the same whenever it is asked, whatever else is in the batch', async () => {
  const answers = Array.from({ length: 400 }, (_, i) => half(`${i + 2}`, `p${Math.floor(i / 8)}`))
  let asked = 0
  const second = defineReward('second', () => {
    asked++
    return 0
  })
  const reward = appeals(exactMatch(), second, { share: 0.25 })
  const whole = await parts(reward, answers)
  // 100 expected, deviation 8.7.
  assert.ok(asked > 65 && asked < 135, String(asked))
  assert.deepEqual(await parts(reward, answers.slice(8, 16)), whole.slice(8, 16))
})

test('a second verifier that cannot answer overturns nothing', async () => {
  const broken = defineReward('broken', () => null)
  const [score] = await parts(appeals(exactMatch(), broken, { share: 1, relabel: true }), [half('0.5')])
  assert.deepEqual(score, [0, { rule: 0, appealed: 0, overturned: 0 }])
})
