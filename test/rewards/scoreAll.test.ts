import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { scored, unscored } from '../../src/data/score.ts'
import { gate } from '../../src/rewards/gate.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import { scoreAll } from '../../src/rewards/scoreAll.ts'
import { weigh } from '../../src/rewards/weigh.ts'
import { sample, valuesOf } from './samples.ts'

const never = () => new Promise<never>(() => {})

/** A reward as a JavaScript user may write it: whatever it returns reaches scoreAll. */
function sloppy(name: string, answer: (count: number) => unknown): Reward {
  const reward: Reward = { name, listwise: true, score: async () => [] }
  return Object.assign(reward, { score: (samples: readonly unknown[]) => answer(samples.length) })
}

async function reasonsOf(reward: Reward): Promise<string[]> {
  const scores = await scoreAll(reward, [sample('a'), sample('b')])
  return scores.map((score) => (score.kind === 'unscored' ? `${score.at}: ${score.reason}` : 'scored'))
}

test('whatever a reward does wrong becomes Unscored with the reason', async () => {
  const cases: [Reward, string][] = [
    [
      sloppy('r', () => {
        throw new Error('boom')
      }),
      'reward: r threw: boom',
    ],
    [sloppy('r', () => Promise.reject('odd')), 'reward: r threw: odd'],
    [sloppy('r', () => [scored(1)]), 'reward: r returned 1 scores for 2 samples'],
    [sloppy('r', () => [scored(1), scored(1), scored(1)]), 'reward: r returned 3 scores for 2 samples'],
    [sloppy('r', () => undefined), 'reward: r returned undefined, not a list'],
    [
      sloppy('r', () => [
        { kind: 'scored', value: Number.NaN },
        { kind: 'scored', value: Number.NaN },
      ]),
      'reward: r returned the value NaN, which is not a finite number',
    ],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'scored', value: '1' })),
      "reward: r returned the value '1', which is not a finite number",
    ],
    [sloppy('r', (n) => Array(n).fill(0.5)), 'reward: r returned 0.5, which is not a Score'],
    [sloppy('r', (n) => new Array(n)), 'reward: r returned undefined, which is not a Score'],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'unscored', at: 'home' })),
      'reward: r returned a Object object, which is not a Score',
    ],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'scored', value: 1, parts: { a: Infinity } })),
      "reward: r returned the part 'a' as Infinity, which is not a finite number",
    ],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'scored', value: 1, tokens: [1] })),
      'reward: r returned tokens that are not a Float32Array',
    ],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'scored', value: 1, steps: new Float32Array([Number.NaN]) })),
      'reward: r returned steps that are not all finite numbers',
    ],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'scored', value: 1, feedback: 3 })),
      'reward: r returned feedback that is 3, not text',
    ],
    [
      sloppy('r', (n) => Array(n).fill({ kind: 'scored', value: 1, confidence: 2 })),
      'reward: r returned the confidence 2, which is not in [0, 1]',
    ],
    [defineReward('r', () => null), 'reward: the reward abstained'],
  ]
  for (const [reward, reason] of cases) assert.deepEqual(await reasonsOf(reward), [reason, reason])
})

test('a sample that hangs is Unscored at its deadline, its siblings are not', async () => {
  let aborted = 0
  const reward = defineReward('slow', ({ completion }, signal) => {
    signal?.addEventListener('abort', () => aborted++)
    return completion.text === 'hang' ? never() : 1
  })
  const scores = await scoreAll(reward, [sample('a'), sample('hang'), sample('b')], { deadlineMs: 20 })
  assert.deepEqual(scores[1], { kind: 'unscored', at: 'deadline', reason: 'slow: no answer within 20 ms' })
  assert.deepEqual(valuesOf(scores), [1, null, 1])
  assert.equal(aborted, 1)
})

test('a hung sample inside nested combinators with a listwise part still loses itself alone', async () => {
  const hangs = defineReward('hangs', ({ completion }) => (completion.text === 'hang' ? never() : 1))
  const rank: Reward = { name: 'rank', listwise: true, score: async (samples) => samples.map((_, i) => scored(i)) }
  const reward = weigh({ inner: [1, weigh({ rank: [1, rank], gated: [1, gate(hangs, hangs)] })] })
  const scores = await scoreAll(reward, [sample('a'), sample('hang'), sample('b')], { deadlineMs: 20 })
  assert.deepEqual(valuesOf(scores), [1, null, 3])
  assert.partialDeepStrictEqual(scores[1], {
    at: 'deadline',
    reason: 'inner: gated: hangs: hangs: no answer within 20 ms',
  })
})

test('aborting from outside answers at once, also for what had not started', async () => {
  const controller = new AbortController()
  let calls = 0
  const reward = defineReward('slow', () => {
    calls++
    controller.abort(new Error('stopped by the user'))
    return never()
  })
  const options = { signal: controller.signal, concurrency: 1 }
  const scores = await scoreAll(reward, [sample('a'), sample('b')], options)
  const expected = unscored('deadline', 'slow: stopped by the user')
  assert.deepEqual(scores, [expected, expected])
  assert.equal(calls, 1)
  assert.deepEqual(await scoreAll(reward, [], options), [])
})

test('no more calls are in flight than allowed, by the caller or by the reward', async () => {
  for (const [own, given, most] of [
    [undefined, 3, 3],
    [2, 3, 2],
    [8, 1, 1],
  ] as const) {
    let now = 0
    let peak = 0
    const reward: Reward = {
      name: 'counted',
      ...(own === undefined ? {} : { concurrency: own }),
      async score(samples) {
        peak = Math.max(peak, ++now)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        return samples.map(() => scored(1))
      },
    }
    await scoreAll(
      reward,
      Array.from({ length: 12 }, () => sample('a')),
      { concurrency: given },
    )
    assert.equal(peak, most)
  }
})

test("for any mix of prompts and behaviours the answer has the samples' order, and only the bad ones are lost", async () => {
  const behaviours = ['good', 'throw', 'nan', 'hang', 'null', 'later'] as const
  const judge = defineReward('mixed', async ({ completion }) => {
    const [kind, value] = completion.text.split(' ')
    if (kind === 'throw') throw new Error('boom')
    if (kind === 'hang') return never()
    if (kind === 'null') return null
    if (kind === 'later') await Promise.resolve()
    return kind === 'nan' ? Number.NaN : Number(value)
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.tuple(fc.constantFrom(...behaviours), fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 3 })),
        { maxLength: 12 },
      ),
      fc.integer({ min: 1, max: 5 }),
      async (plan, concurrency) => {
        const samples = plan.map(([kind, value, prompt]) => sample(`${kind} ${value}`, 1, `p${prompt}`))
        const scores = await scoreAll(judge, samples, { concurrency, deadlineMs: 5 })
        const expected = plan.map(([kind, value]) => (kind === 'good' || kind === 'later' ? value : null))
        assert.deepEqual(valuesOf(scores), expected)
      },
    ),
    { seed: 5, numRuns: 40 },
  )
})
