/** OREAL's companion: what it learns, and the loop that uses it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oreal } from '../../src/credit/index.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { collect } from '../../src/train/collect.ts'
import { policyGradient } from '../../src/train/policyGradient.ts'
import { tokenRewardModel } from '../../src/train/tokenRewardModel.ts'
import { tinyPolicy, tinyPrompts, tinyTask } from './tiny.ts'

test('it learns to tell right answers by their mean logit', async () => {
  const [policy, model] = [tinyPolicy(5), tinyPolicy(2, { valueHead: true })]
  const companion = tokenRewardModel(model, { adam: { learningRate: 3e-3, clipNorm: 1 } })
  const groups = await collect(tinyPrompts(4), {
    policy,
    reward: tinyTask().reward,
    groupSize: 6,
    sampling: { maxTokens: 4, seed: 1 },
  })
  const sequences = groups.flatMap(({ rollouts }) => rollouts.map(({ sequence }) => sequence))
  let numbers: Readonly<Record<string, number>> = {}
  for (let n = 0; n < 40; n++) {
    const read = await companion.forward(sequences, ['values'])
    const outputs = groups.map(({ rollouts }, g) => rollouts.map((_, i) => read[6 * g + i]))
    if (n === 0) {
      // By hand, from the logits it gives.
      const losses = groups.flatMap(({ scores }, g) =>
        scores.map((score, i) => {
          const values = [...(outputs[g][i].values ?? [])]
          const mean = values.reduce((a, b) => a + b, 0) / values.length
          return Math.log1p(Math.exp(score.kind === 'scored' && score.value === 1 ? -mean : mean))
        }),
      )
      const { loss } = await companion.learn({ groups, outputs, advantages: [] })
      assert.ok(Math.abs(loss - losses.reduce((a, b) => a + b) / losses.length) < 1e-5)
    } else numbers = await companion.learn({ groups, outputs, advantages: [] })
  }
  assert.ok(numbers.loss < 0.3, `the loss is still ${numbers.loss}`)
  assert.deepEqual(await companion.learn({ groups: [], outputs: [], advantages: [] }), {})
  await Promise.all([policy.close(), model.close()])
})

test('in the loop its logits weigh the policy’s tokens, and its numbers are in the history', async () => {
  const [policy, model] = [tinyPolicy(1), tinyPolicy(2, { valueHead: true })]
  const { history } = await policyGradient({
    policy,
    task: tinyTask(),
    credit: oreal(),
    objective: clipped({ kl: { coefficient: 0.01, estimator: 'k3' } }),
    companions: [tokenRewardModel(model)],
    prompts: 4,
    groupSize: 6,
    steps: 3,
    maxTokens: 4,
    seed: 1,
    folder: false,
  })
  for (const { metrics } of history)
    assert.ok(Number.isFinite(metrics['tokenRewardModel/loss']) && metrics['oreal/weight'] >= 0)
  await Promise.all([policy.close(), model.close()])
})
