import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scored, unscored } from '../../src/data/score.ts'
import { gate } from '../../src/rewards/gate.ts'
import { regexFormat } from '../../src/rewards/regexFormat.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import { sample, scoreOf, valuesOf } from './samples.ts'

function counting(listwise: boolean): { reward: Reward; asked: string[] } {
  const asked: string[] = []
  const score: Reward['score'] = async (samples) => {
    asked.push(...samples.map(({ completion }) => completion.text))
    return samples.map(() => scored(0.7, { feedback: 'fine', tokens: new Float32Array([1]), parts: { depth: 3 } }))
  }
  return { asked, reward: { name: 'judge', range: [-1, 1], ...(listwise ? { listwise } : {}), score } }
}

test('where the condition fails the value is 0 and the reward is not asked', async () => {
  const { reward, asked } = counting(false)
  const gated = gate(regexFormat(/^ok/), reward)
  assert.deepEqual(await gated.score([sample('ok 1'), sample('no'), sample('ok 2')]), [
    {
      kind: 'scored',
      value: 0.7,
      tokens: new Float32Array([1]),
      parts: { regexFormat: 1, judge: 0.7, 'judge.depth': 3 },
      feedback: 'judge: fine',
    },
    {
      kind: 'scored',
      value: 0,
      parts: { regexFormat: 0 },
      feedback: 'regexFormat: the answer does not match /^ok/',
    },
    {
      kind: 'scored',
      value: 0.7,
      tokens: new Float32Array([1]),
      parts: { regexFormat: 1, judge: 0.7, 'judge.depth': 3 },
      feedback: 'judge: fine',
    },
  ])
  assert.deepEqual(asked, ['ok 1', 'ok 2'])
  assert.deepEqual(gated.range, [-1, 1])
})

test('a listwise reward sees all samples of a prompt with one that passes, and none of the others', async () => {
  const { reward, asked } = counting(true)
  const samples = [sample('ok', 1, 'p'), sample('no', 1, 'p'), sample('bad', 1, 'q')]
  assert.deepEqual(valuesOf(await gate(regexFormat(/^ok/), reward).score(samples)), [0.7, 0, 0])
  assert.deepEqual(asked, ['ok', 'no'])
})

test('the threshold must be exceeded', async () => {
  const half = defineReward('half', () => 0.5)
  const one = defineReward('one', () => 1)
  assert.partialDeepStrictEqual(await scoreOf(gate(half, one, { threshold: 0.5 }), ''), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(gate(half, one, { threshold: 0.4 }), ''), { value: 1 })
})

test('Unscored comes through from either side under the name of the part', async () => {
  const refuses = defineReward('refuses', () => unscored('network', 'offline'))
  const one = defineReward('one', () => 1)
  const expected = { kind: 'unscored', at: 'network', reason: 'refuses: offline' }
  assert.deepEqual(await scoreOf(gate(refuses, one), ''), expected)
  assert.deepEqual(await scoreOf(gate(one, refuses), ''), expected)
})
