import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Sample } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import { scored, unscored } from '../../src/data/score.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import { type CollectOptions, collect } from '../../src/train/collect.ts'
import { tinyPolicy, tinyPrompts, tokenizer } from './tiny.ts'

const policy = tinyPolicy()
after(() => policy.close())
const prompts = tinyPrompts(4)

function collected(reward: Reward, more: Partial<CollectOptions> = {}) {
  return collect(prompts, { policy, reward, groupSize: 6, sampling: { maxTokens: 12, seed: 3 }, ...more })
}

/** The same policy, calling `seen` with the number of answers it has delivered so far. */
function watched(seen: (delivered: number) => void): Policy {
  return {
    ...policy,
    async *sample(requests, signal) {
      let delivered = 0
      for await (const completion of policy.sample(requests, signal)) {
        seen(++delivered)
        yield completion
      }
    },
  }
}

const length = ({ completion }: Sample) => completion.text.length

test('answers are scored while others are still being written', async () => {
  let delivered = 0
  const atCall: number[] = []
  const reward = defineReward('watched', (sample) => {
    atCall.push(delivered)
    return length(sample)
  })
  await collected(reward, { policy: watched((count) => (delivered = count)) })
  assert.equal(atCall.length, 24)
  assert.equal(atCall[0], 1, 'the first answer is scored before the second is there')
  // A reward that takes no time is done with each answer before the next one comes.
  assert.deepEqual(
    atCall,
    [...atCall.keys()].map((call) => call + 1),
  )
})

test('slow rewards overlap with each other and with sampling, never more than allowed', async () => {
  for (const [inFlight, concurrency, most] of [
    [5, undefined, 5],
    [undefined, 3, 3],
    [0, undefined, 1],
  ] as const) {
    const all = Promise.withResolvers<void>()
    let now = 0
    let peak = 0
    const reward: Reward = {
      name: 'slow',
      ...(concurrency === undefined ? {} : { concurrency }),
      async score(samples) {
        peak = Math.max(peak, ++now)
        // No call ends before the last answer is written: were sampling to wait for rewards, this would hang.
        await all.promise
        now--
        return samples.map((sample) => scored(length(sample)))
      },
    }
    const groups = await collected(reward, {
      ...(inFlight === undefined ? {} : { inFlight }),
      policy: watched((count) => count === 24 && all.resolve()),
    })
    assert.equal(peak, most)
    assert.deepEqual(
      groups.map(({ scores }) => scores),
      groups.map(({ rollouts }) => rollouts.map(({ sample }) => scored(length(sample)))),
    )
  }
})

test('a deadline runs from the start of its call, and a hung call loses its own answer alone', async () => {
  let aborted = 0
  const reward = defineReward('slow', async (sample, signal) => {
    signal?.addEventListener('abort', () => aborted++)
    if (sample.completion.text.startsWith('a')) return new Promise<never>(() => {})
    await setTimeout(10)
    return length(sample)
  })
  // One at a time: the 24 calls take far longer than the deadline of any of them.
  const groups = await collected(reward, { inFlight: 1, deadlineMs: 50 })
  let hung = 0
  for (const { rollouts, scores } of groups)
    for (const [i, { sample }] of rollouts.entries()) {
      const hangs = sample.completion.text.startsWith('a')
      if (hangs) hung++
      assert.deepEqual(scores[i], hangs ? unscored('deadline', 'slow: no answer within 50 ms') : scored(length(sample)))
    }
  assert.ok(hung > 0, 'this seed must write some that hang')
  assert.equal(aborted, hung)
})

test('a listwise reward gets each group whole and once, also where prompts share an id', async () => {
  const calls: string[][] = []
  const reward: Reward = {
    name: 'rank',
    listwise: true,
    async score(samples) {
      calls.push(samples.map(({ prompt, completion }) => `${prompt.id} ${completion.text}`))
      return samples.map((sample) => scored(length(sample)))
    },
  }
  const twins = prompts.map((prompt) => ({ ...prompt, id: prompt.id.replace('p3', 'p0') }))
  const groups = await collect(twins, { policy, reward, groupSize: 5, sampling: { maxTokens: 12, seed: 3 } })
  const whole = groups.map(({ rollouts }) =>
    rollouts.map(({ sample }) => `${sample.prompt.id} ${sample.completion.text}`),
  )
  assert.deepEqual(calls.toSorted(), whole.toSorted())
  for (const { rollouts, scores } of groups)
    assert.deepEqual(
      scores,
      rollouts.map(({ sample }) => scored(length(sample))),
    )
})

test('groups come in the order of the prompts, rollouts in that of their seeds, whatever the order of the answers', async () => {
  const now = await collected(defineReward('length', length))
  const dice = random('delays')
  const later = await collected(
    defineReward('length', async (sample) => {
      await setTimeout(dice.int(0, 15))
      return length(sample)
    }),
  )
  assert.deepEqual(later, now)
  assert.deepEqual(
    now.map(({ prompt }) => prompt),
    prompts,
  )
  for (const [g, { prompt, rollouts, scores }] of now.entries()) {
    assert.equal(rollouts.length, 6)
    const alone = await Array.fromAsync(policy.sample([{ prompt, count: 6, maxTokens: 12, seed: `3/${g}` }]))
    for (const { index, rollout } of alone) {
      assert.deepEqual(rollouts[index].sequence, rollout.sequence)
      assert.equal(rollouts[index].sample.prompt, prompt)
      assert.deepEqual(
        scores[index],
        scored(tokenizer.decode(rollout.sequence.tokens.slice(rollout.sequence.promptLength)).length),
      )
    }
  }
})

test('once sampling fails, the rewards under way are aborted and the failure comes out', async () => {
  const stop = new AbortController()
  const patient = { deadlineMs: Number.POSITIVE_INFINITY }
  let [asked, aborted] = [0, 0]
  const reward = defineReward('hangs', (_, signal) => {
    asked++
    signal?.addEventListener('abort', () => aborted++)
    return new Promise<never>(() => {})
  })
  const broken: Policy = {
    ...policy,
    async *sample(requests, signal) {
      let left = 5
      for await (const completion of policy.sample(requests, signal)) {
        if (left-- === 0) throw new Error('the engine is gone')
        yield completion
      }
    },
  }
  await assert.rejects(collected(reward, { policy: broken, ...patient }), /the engine is gone/)
  assert.deepEqual([asked, aborted], [5, 5])

  const stopping = watched((count) => count === 3 && stop.abort(new Error('enough')))
  await assert.rejects(collected(reward, { policy: stopping, signal: stop.signal, ...patient }), /enough/)
  assert.ok(asked > 5)
  assert.equal(aborted, asked)
})

test('an answer that the policy never gives is missed by name', async () => {
  const lossy: Policy = {
    ...policy,
    async *sample(requests) {
      for await (const completion of policy.sample(requests))
        if (completion.request !== 2 || completion.index !== 4) yield completion
    },
  }
  await assert.rejects(
    collected(defineReward('length', length), { policy: lossy }),
    /the policy gave 5 of 6 answers to prompt 'p2'/,
  )
})
