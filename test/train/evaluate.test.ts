import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type Scored, scored, unscored } from '../../src/data/score.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { type EvaluateOptions, evaluate, passAtK, succeeded } from '../../src/train/evaluate.ts'
import { beginsWith, tinyPolicy, tinyPrompts } from './tiny.ts'

const policy = tinyPolicy()
after(() => policy.close())

const evaluated = (more: Partial<EvaluateOptions> = {}) =>
  evaluate({ policy, reward: beginsWith('c'), prompts: tinyPrompts(6), maxTokens: 6, seed: 1, ...more })

/** The share of all sets of k answers that hold a right one. */
function byCounting(answers: readonly boolean[], k: number): number {
  let [sets, holding] = [0, 0]
  for (let chosen = 0; chosen < 2 ** answers.length; chosen++) {
    const members = answers.filter((_, i) => (chosen >> i) & 1)
    if (members.length !== k) continue
    sets++
    if (members.includes(true)) holding++
  }
  return holding / sets
}

test('pass@k is the share of sets of k answers that hold a right one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (answers, k) => {
        fc.pre(k <= answers.length)
        const right = answers.filter(Boolean).length
        assert.ok(Math.abs(passAtK(answers.length, right, k) - byCounting(answers, k)) < 1e-12)
      },
    ),
    { seed: 3, numRuns: 200 },
  )
  assert.equal(passAtK(1000, 0, 500), 0)
  // 1 - C(900, 10) / C(1000, 10), by exact fractions.
  assert.ok(Math.abs(passAtK(1000, 100, 10) - 0.6531) < 1e-4)
})

test('an evaluation is its answers counted, those without a score left out', async () => {
  const reward = defineReward('partly', ({ completion: { text }, prompt }) => {
    if (prompt.id === 'p2') return null
    return text.length === 2 ? null : text.length > 2 ? 1 : 0.5
  })
  const found = await evaluated({ reward, samples: 5, passAt: [1, 3, 5] })
  const known = found.groups.map(({ scores }) =>
    scores.flatMap((score) => (score.kind === 'scored' ? [score.value] : [])),
  )
  const all = known.flat()
  assert.ok(all.length > 10 && all.length < 25, `${all.length} scores`)
  const share = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  assert.equal(found.accuracy, share(all.map((value) => (value === 1 ? 1 : 0))))
  assert.equal(found.reward, share(all))
  assert.deepEqual([found.census.samples, found.census.unscored], [30, 30 - all.length])
  const lengths = found.groups.flatMap(({ rollouts }) =>
    rollouts.map(({ sequence }) => sequence.tokens.length - sequence.promptLength),
  )
  assert.equal(found.length, share(lengths))
  for (const k of [1, 3, 5]) {
    const enough = known.filter((values) => values.length >= k)
    assert.ok(enough.length > 0, `no prompt has ${k} scores`)
    const expected = share(
      enough.map((values) =>
        byCounting(
          values.map((value) => value === 1),
          k,
        ),
      ),
    )
    assert.ok(Math.abs(found.passAt[k] - expected) < 1e-12)
  }
})

test('where nothing could be scored nothing is known', async () => {
  const found = await evaluated({ reward: defineReward('abstains', () => null), samples: 2 })
  assert.deepEqual([found.accuracy, found.reward, found.passAt[2]], [Number.NaN, Number.NaN, Number.NaN])
  assert.deepEqual(found.census, {
    samples: 12,
    unscored: 12,
    causes: { reward: { count: 12, reason: 'the reward abstained' } },
  })
})

test('one answer a prompt is greedy, several are drawn', async () => {
  const texts = async (more: Partial<EvaluateOptions>) =>
    (await evaluated(more)).groups.map(({ rollouts }) => rollouts.map(({ sample }) => sample.completion.text))
  const greedy = await texts({})
  assert.deepEqual(await texts({ seed: 2 }), greedy)
  assert.deepEqual(
    await texts({ seed: 2, temperature: 0, samples: 3 }),
    greedy.map(([text]) => [text, text, text]),
  )
  const drawn = await texts({ samples: 3 })
  assert.deepEqual(await texts({ samples: 3 }), drawn)
  assert.notDeepEqual(await texts({ samples: 3, seed: 2 }), drawn)
  assert.notDeepEqual(await texts({ temperature: 1 }), greedy)
})

test("success is the part 'answer', or else the greatest value of the reward", () => {
  const of = (value: number, parts?: Record<string, number>): Scored => ({
    kind: 'scored',
    value,
    ...(parts === undefined ? {} : { parts }),
  })
  assert.equal(succeeded(of(1), {}), true)
  assert.equal(succeeded(of(0.99), {}), false)
  assert.equal(succeeded(of(1), { range: [0, 2] }), false)
  assert.equal(succeeded(of(2), { range: [0, 2] }), true)
  assert.equal(succeeded(of(0), { range: [-1, 0] }), true)
  // A sum of weights may miss the top by rounding.
  assert.equal(succeeded(of(0.1 + 0.2 + 0.7), { range: [0, 1] }), true)
  assert.equal(succeeded(of(0.5, { answer: 1, format: 0 }), { range: [0, 1] }), true)
  assert.equal(succeeded(of(1, { answer: 0 }), { range: [0, 1] }), false)
})

test('a rule of success can be given; it is asked about scores alone', async () => {
  const reward = defineReward('half', ({ completion }) =>
    completion.text === '' ? unscored('judge', 'busy') : scored(0.5),
  )
  const all = await evaluated({ reward, samples: 4, success: ({ value }) => value >= 0.5 })
  assert.equal(all.accuracy, 1)
  assert.ok(all.census.unscored > 0)
})

test('a prompt that does not fit, and a k that cannot be measured, are errors', async () => {
  const [prompt] = tinyPrompts(1)
  const long = { ...prompt, id: 'long', messages: [{ role: 'user' as const, content: 'a'.repeat(16) }] }
  await assert.rejects(evaluated({ prompts: [long] }), /prompt 'long' has 16 tokens and the model's context holds 16/)
  await assert.rejects(evaluated({ samples: 2, passAt: [1, 3] }), /pass@3 needs at least 3 answers a prompt, not 2/)
})
