import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unscored } from '../../src/data/score.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { bestOfN, sampleAnswers } from '../../src/search/bestOfN.ts'
import { majority } from '../../src/search/majority.ts'
import { tinyPolicy, tinyPrompts } from '../train/tiny.ts'

test('the best of n is the best by the reward, first of equals, and never one that was not scored', async () => {
  const policy = tinyPolicy(1)
  const prompts = tinyPrompts(3)
  const asked = { policy, n: 6, maxTokens: 5, seed: 'search' }
  const length = defineReward('length', ({ completion }) =>
    completion.text.length >= 4 ? unscored('reward', 'too long') : completion.text.length,
  )
  const found = await bestOfN(prompts, { ...asked, reward: length })
  const plain = await sampleAnswers(prompts, asked)
  found.forEach(({ prompt, rollouts, scores, best, cost }, i) => {
    assert.equal(prompt, prompts[i])
    assert.deepEqual(
      rollouts.map(({ sequence }) => sequence.tokens),
      plain[i].rollouts.map(({ sequence }) => sequence.tokens),
    )
    const values = scores.map((score) => (score.kind === 'scored' ? score.value : -1))
    assert.equal(best, Math.max(0, values.indexOf(Math.max(...values))))
    assert.equal(cost.sampled, rollouts.flatMap(({ logprobs }) => [...logprobs]).length)
    assert.equal(cost.read, rollouts[0].sequence.promptLength)
  })
  assert.ok(found.flatMap(({ scores }) => scores).some(({ kind }) => kind === 'unscored'))
  await policy.close()
})

const said = (...texts: string[]) => texts.map((text) => ({ text, finish: 'stop' as const }))
const digits = ({ text }: { readonly text: string }) => /\d+/.exec(text)?.[0]

test('the majority counts, the weighted majority adds up; who gives no answer abstains', () => {
  const completions = said('it is 4', 'no idea', '5', '5!', '4', '5')
  assert.deepEqual(majority(completions, digits), { answer: '5', first: 2, share: 3 / 5, abstained: 1 })
  const weighted = majority(completions, digits, [1, 9, 0.2, 0.2, 1, 0.2])
  assert.deepEqual([weighted.answer, weighted.first, weighted.abstained], ['4', 0, 1])
  assert.ok(Math.abs(weighted.share - 2 / 2.6) < 1e-12)
  // Equal sums: the one given first. Weights that are no numbers above 0 do not count.
  assert.equal(majority(said('7', '8'), digits).answer, '7')
  assert.deepEqual(majority(said('7', '8'), digits, [Number.NaN, -1]), {
    answer: undefined,
    first: undefined,
    share: 0,
    abstained: 2,
  })
  assert.equal(majority([], digits).share, 0)
})
