import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { type Score, scored, unscored } from '../../src/data/score.ts'
import { hybrid } from '../../src/rewards/hybrid.ts'
import { defineReward } from '../../src/rewards/reward.ts'

const sample = (text: string, verifiable = true) => ({
  prompt: userPrompt('p', 'q', 'r', { verifiable }),
  completion: { text, finish: 'stop' as const },
})
/** Answers are 'value@confidence', '?' cannot be checked. */
const rule = defineReward('rule', ({ completion: { text } }): Score => {
  if (text === '?') return unscored('reward', 'nothing to check')
  const [value, confidence] = text.split('@').map(Number)
  return scored(value, confidence === undefined ? {} : { confidence })
})
const asked: string[] = []
const model = defineReward('model', ({ completion: { text } }) => {
  asked.push(text)
  return text === '1@0.1' ? null : 4
})
const values = async (
  options: Partial<Parameters<typeof hybrid>[0]>,
  samples = [sample('1'), sample('0', false), sample('?')],
) =>
  (await hybrid({ rule, model, ...options }).score(samples)).map((score) =>
    score.kind === 'scored' ? score.value : score.reason,
  )

test('the rule where the item is verifiable and it can score, the model elsewhere, and only there', async () => {
  asked.length = 0
  assert.deepEqual(await values({ verifiable: 'verifiable' }), [1, 4, 4])
  assert.deepEqual(asked, ['0', '?'])
  assert.deepEqual(await values({}), [1, 0, 4])
  const squashed = await values({ verifiable: 'verifiable', squash: 'sigmoid' })
  assert.deepEqual(squashed, [1, 1 / (1 + Math.exp(-4)), 1 / (1 + Math.exp(-4))])
  assert.deepEqual(await values({ squash: 'clip' }), [1, 0, 1])
})

test('an unsure rule gives way, or blends by its confidence', async () => {
  const unsure = [sample('1@0.4'), sample('1@0.9')]
  assert.deepEqual(await values({ confidence: 0.5 }, unsure), [4, 1])
  const [low, high] = await values({ mode: 'blend' }, unsure)
  assert.ok(Math.abs(Number(low) - (0.4 + 0.6 * 4)) < 1e-12 && Math.abs(Number(high) - (0.9 + 0.1 * 4)) < 1e-12)
})

test('what must decide and cannot makes the answer Unscored; parts say who decided', async () => {
  assert.deepEqual(await values({ confidence: 0.5 }, [sample('1@0.1')]), ['model: the reward abstained'])
  const [byRule, byModel] = await hybrid({ rule, model }).score([sample('1'), sample('?')])
  assert.deepEqual(byRule, scored(1, { parts: { rule: 1, byRule: 1 } }))
  assert.deepEqual(byModel, scored(4, { parts: { model: 4, byRule: 0 } }))
})
