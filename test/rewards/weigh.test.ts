import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scored, unscored } from '../../src/data/score.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import { weigh } from '../../src/rewards/weigh.ts'
import { sample, scoreOf, valuesOf } from './samples.ts'

const length = defineReward('length', ({ completion }) => completion.text.length, { range: [0, 10] })
const sure = defineReward('sure', () => scored(0.5, { feedback: 'meh', confidence: 0.9, parts: { style: 0.25 } }), {
  range: [0, 1],
})
const refuses = defineReward('refuses', () => unscored('judge', 'busy'))

test('the value is the weighted sum; parts stay unweighted and nested names are joined', async () => {
  const reward = weigh({ size: [2, length], taste: [-1, sure] })
  assert.deepEqual(await scoreOf(reward, 'abc'), {
    kind: 'scored',
    value: 5.5,
    parts: { size: 3, taste: 0.5, 'taste.style': 0.25 },
    feedback: 'taste: meh',
    confidence: 0.9,
  })
  assert.deepEqual(reward.range, [-1, 20])
  assert.equal(reward.name, 'weigh(size, taste)')
  const nested = await scoreOf(weigh({ all: [1, reward] }), 'abc')
  assert.partialDeepStrictEqual(nested, { parts: { all: 5.5, 'all.size': 3, 'all.taste.style': 0.25 } })
  assert.partialDeepStrictEqual(nested, { feedback: 'all: taste: meh' })
})

test('an Unscored part makes the whole Unscored under its name, unless its weight is 0', async () => {
  assert.deepEqual(await scoreOf(weigh({ size: [1, length], judge: [1, refuses] }), 'a'), {
    kind: 'unscored',
    at: 'judge',
    reason: 'judge: busy',
  })
  const watched = weigh({ size: [1, length], judge: [0, refuses], taste: [0, sure] })
  assert.partialDeepStrictEqual(await scoreOf(watched, 'a'), { value: 1, parts: { size: 1, taste: 0.5 } })
})

test('dense rewards are summed with the same weights', async () => {
  const dense = (name: string, tokens: number[]) =>
    defineReward(name, () => scored(1, { tokens: new Float32Array(tokens) }))
  const both = weigh({ a: [2, dense('a', [1, 2])], b: [-1, dense('b', [4, 0.5])], c: [1, length] })
  assert.partialDeepStrictEqual(await scoreOf(both, 'x'), { value: 2, tokens: new Float32Array([-2, 3.5]) })
  const uneven = weigh({ a: [1, dense('a', [1])], b: [1, dense('b', [1, 2])] })
  assert.deepEqual(await scoreOf(uneven, 'x'), {
    kind: 'unscored',
    at: 'reward',
    reason: "the parts' dense rewards differ in length: a, b",
  })
})

test('order and length are kept, and a listwise part sees each prompt whole', async () => {
  const seen: string[][] = []
  const rank: Reward = {
    name: 'rank',
    listwise: true,
    async score(samples) {
      seen.push(samples.map(({ completion }) => completion.text))
      return samples.map((_, i) => scored(i))
    },
  }
  const reward = weigh({ size: [0, length], rank: [1, rank] })
  assert.equal(reward.listwise, true)
  const samples = [sample('a', 1, 'p'), sample('b', 1, 'q'), sample('c', 1, 'p'), sample('d', 1, 'q')]
  assert.deepEqual(valuesOf(await reward.score(samples)), [0, 0, 1, 1])
  assert.deepEqual(seen, [
    ['a', 'c'],
    ['b', 'd'],
  ])
})
