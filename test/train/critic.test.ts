import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gae } from '../../src/credit/gae.ts'
import { unscored } from '../../src/data/score.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { collect } from '../../src/train/collect.ts'
import { critic } from '../../src/train/critic.ts'
import { differ } from '../sameNumbers.ts'
import { tinyPolicy, tinyPrompts } from './tiny.ts'

test('a critic comes to expect what an answer is worth, and learns nothing from one that has no score', async (t) => {
  const [policy, model] = [tinyPolicy(1), tinyPolicy(2, { valueHead: true })]
  t.after(() => Promise.all([policy.close(), model.close()]))
  // With gamma = lambda = 1 the return of every token is the value of the answer, known from its prompt alone.
  const reward = defineReward('byPrompt', ({ prompt }) => (prompt.id === 'p0' ? 1 : -1))
  const groups = await collect(tinyPrompts(2), { policy, reward, groupSize: 6, sampling: { maxTokens: 5, seed: 1 } })
  const companion = critic(model, { gamma: 1, lambda: 1, adam: { learningRate: 3e-3, clipNorm: 1 }, epochs: 2 })
  const outputs = () =>
    Promise.all(
      groups.map(({ rollouts }) =>
        companion.forward(
          rollouts.map(({ sequence }) => sequence),
          ['values'],
        ),
      ),
    )
  const losses: number[] = []
  for (let step = 0; step < 25; step++) {
    const read = await outputs()
    const advantages = gae({ gamma: 1, lambda: 1 }).assign(groups, read)
    const { loss } = await companion.learn({ groups, outputs: read, advantages })
    losses.push(loss)
  }
  assert.ok(losses[0] > 0.3 && losses[24] < 0.02, `${losses[0]} to ${losses[24]}`)
  for (const [g, readouts] of (await outputs()).entries())
    for (const { values = [] } of readouts)
      for (const value of values) assert.ok(Math.abs(value - (g === 0 ? 1 : -1)) < 0.3, `${value}`)

  const lost = groups.map((group) => ({ ...group, scores: group.scores.map(() => unscored('judge', 'busy')) }))
  const before = model.weights().slice()
  assert.deepEqual(await companion.learn({ groups: lost, outputs: await outputs(), advantages: [] }), {})
  assert.equal(differ(model.weights(), before), false)
})
