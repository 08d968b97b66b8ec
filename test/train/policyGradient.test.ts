import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { grpo } from '../../src/credit/grpo.ts'
import { reinforce } from '../../src/credit/reinforce.ts'
import { userPrompt } from '../../src/data/message.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import type { Objective, ObjectiveItem } from '../../src/objectives/objective.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import type { Task } from '../../src/tasks/task.ts'
import type { PolicyGradientOptions } from '../../src/train/options.ts'
import { policyGradient } from '../../src/train/policyGradient.ts'
import { supervised } from '../../src/train/supervised.ts'
import { sameNumbers } from '../sameNumbers.ts'
import { beginsWith, tinyPolicy, tinyPrompts, tinyTask } from './tiny.ts'

const policy = tinyPolicy()
const start = await mkdtemp(join(tmpdir(), 'guerdon-train-'))
await policy.save(start)
beforeEach(() => policy.load(start))
after(async () => {
  await policy.close()
  await rm(start, { recursive: true })
})

const run = (more: Partial<PolicyGradientOptions> = {}) =>
  policyGradient({
    policy,
    task: tinyTask(),
    credit: grpo(),
    objective: clipped(),
    prompts: 3,
    groupSize: 8,
    steps: 2,
    maxTokens: 3,
    seed: 1,
    folder: false,
    ...more,
  })

/** Differs between almost any two answers: every group teaches. */
const length = defineReward('length', ({ completion }) => completion.text.length)

test('a policy learns to begin with the letter that is rewarded', async () => {
  const evaluation = { prompts: tinyPrompts(6), samples: 20, every: 100 }
  const result = await run({ steps: 40, groupSize: 12, maxTokens: 2, evaluation })
  assert.ok((result.accuracyBefore ?? 1) < 0.3, `before: ${result.accuracyBefore}`)
  assert.ok((result.accuracyAfter ?? 0) > 0.9, `after: ${result.accuracyAfter}`)
  assert.equal(result.stopped, 'steps')
  assert.equal(result.step, 40)
})

test('held-out accuracy is measured before training, every so many steps and after the last', async () => {
  const { history, accuracyBefore, accuracyAfter } = await run({
    steps: 5,
    evaluation: { prompts: tinyPrompts(4), every: 2, samples: 4, passAt: [1, 4] },
  })
  const measured = history.filter(({ metrics }) => 'accuracy' in metrics)
  assert.deepEqual(
    measured.map(({ step }) => step),
    [0, 2, 4, 5],
  )
  assert.equal(accuracyBefore, measured[0].metrics.accuracy)
  assert.equal(accuracyAfter, measured[3].metrics.accuracy)
  for (const { metrics } of measured) {
    // Each prompt has as many answers, so that pass@1 is the share of all.
    assert.ok(Math.abs(metrics['accuracy/pass@1'] - metrics.accuracy) < 1e-12)
    assert.ok(metrics['accuracy/pass@4'] >= metrics.accuracy)
  }
  assert.deepEqual(
    history.filter(({ metrics }) => 'loss' in metrics).map(({ step }) => step),
    [1, 2, 3, 4, 5],
  )
})

test('a run ends once held-out accuracy reaches its goal, even before the first step', async () => {
  const before = policy.weights().slice()
  const reached = await run({ evaluation: { prompts: tinyPrompts(2), stopAt: 0 } })
  assert.deepEqual([reached.step, reached.stopped], [0, 'accuracy'])
  sameNumbers(policy.weights(), before)
  const easy = defineReward('always', () => 1, { range: [0, 1] })
  let asked = 0
  const later = defineReward('later', (sample) => {
    // Held-out answers fail at step 0 and pass from then on.
    if (sample.prompt.id.startsWith('p')) return asked++ >= 2
    return easy.score([sample]).then(([score]) => score)
  })
  const ended = await run({
    task: tinyTask(later),
    steps: 9,
    evaluation: { prompts: tinyPrompts(2), every: 3, stopAt: 0.9 },
  })
  assert.deepEqual([ended.step, ended.stopped], [3, 'accuracy'])
})

test('the bound on calls in flight and the deadline hold for held-out answers as well', async () => {
  let [now, peak] = [0, 0]
  const reward = defineReward('slow', async ({ prompt }) => {
    peak = Math.max(peak, ++now)
    await setTimeout(20)
    now--
    return prompt.id === 'p0' ? new Promise<never>(() => {}) : 1
  })
  const evaluation = { prompts: tinyPrompts(6), samples: 2 }
  const { history, step } = await run({ task: tinyTask(reward), steps: 0, inFlight: 2, deadlineMs: 100, evaluation })
  assert.deepEqual([step, peak], [0, 2])
  assert.deepEqual(history[0].metrics, { accuracy: 1, 'accuracy/pass@2': 1, unscoredHeldOut: 2 / 12 })
})

test('an aborted run finishes the step at hand', async () => {
  const stop = new AbortController()
  const result = await run({ steps: 9, signal: stop.signal, onStep: ({ step }) => step === 2 && stop.abort() })
  assert.deepEqual([result.step, result.stopped], [2, 'aborted'])
  const last = new AbortController()
  const done = await run({ signal: last.signal, onStep: ({ step }) => step === 2 && last.abort() })
  assert.deepEqual([done.step, done.stopped], [2, 'steps'], 'nothing was left to do')
})

test('prompts that do not fit the context are passed over and counted', async () => {
  const asked = new Set<string>()
  const task: Task = {
    name: 'long and short',
    reward: defineReward('counts', ({ prompt, completion }) => {
      asked.add(prompt.id)
      return completion.text.length
    }),
    *prompts() {
      for (let n = 0; ; n++) yield userPrompt(`${n}`, n % 4 === 3 ? 'a' : 'b'.repeat(16))
    },
  }
  const { history } = await run({ task })
  assert.deepEqual(asked, new Set(['3', '7', '11', '15', '19', '23']))
  assert.deepEqual(
    history.map(({ metrics }) => metrics.skippedPrompts),
    [9, 9],
  )
  const hopeless = { ...task, prompts: () => [userPrompt('long', 'b'.repeat(16)), userPrompt('odd', 'z')] }
  await assert.rejects(
    run({ task: hopeless }),
    /1001 prompts of the task long and short were passed over in one step, and 0 fit; the last: prompt 'long' has 16 tokens/,
  )
})

test('answers that are empty are scored and learned from', async () => {
  await supervised({
    policy,
    demonstrations: Iterator.from(tinyTask().prompts('empty')).map((prompt) => ({ prompt, answer: '' })),
    steps: 30,
    batch: 12,
  })
  let empty = 0
  const reward = defineReward('empty', ({ completion }) => {
    if (completion.text === '') empty++
    return completion.text === '' ? 1 : 0
  })
  const { history } = await run({ task: tinyTask(reward), credit: reinforce(), maxTokens: 1 })
  assert.ok(empty > 40, `${empty} of 48`)
  for (const { metrics } of history) {
    assert.equal(metrics.completionLength, 1)
    for (const [name, value] of Object.entries(metrics)) assert.ok(Number.isFinite(value), `${name} is ${value}`)
  }
  assert.ok(policy.weights().every(Number.isFinite))
})

test('with learning rate 0 every pass sees the policy that sampled, and leaves it as it is', async () => {
  const before = policy.weights().slice()
  const { history } = await run({ task: tinyTask(length), epochs: 2, minibatches: 3, adam: { learningRate: 0 } })
  sameNumbers(policy.weights(), before)
  for (const { metrics } of history) {
    assert.ok(Math.abs(metrics.ratio - 1) < 1e-5)
    assert.ok(Math.abs(metrics.behaviourKl) < 1e-6)
    assert.equal(metrics.clipFraction, 0)
    assert.ok(metrics.gradientNorm > 0)
  }
})

test('each update after the first sees the log-probs of the policy as it then is', async (t) => {
  const inner = clipped()
  const adam = { learningRate: 3e-3, clipNorm: 1 }
  const updates: { batch: readonly ObjectiveItem[]; gradients: readonly Float32Array[] }[] = []
  const objective: Objective = {
    ...inner,
    evaluate(batch) {
      const evaluation = inner.evaluate(batch)
      updates.push({ batch, gradients: evaluation.gradients })
      return evaluation
    },
  }
  await run({ task: tinyTask(length), objective, steps: 1, epochs: 2, minibatches: 2, adam })
  assert.deepEqual(
    updates.map(({ batch }) => batch.length),
    [16, 8, 16, 8],
  )
  for (const { rollout, readout } of updates[0].batch) assert.equal(readout.logprobs, rollout.logprobs)
  // The same updates by hand, on another policy.
  const twin = tinyPolicy()
  t.after(() => twin.close())
  for (const [update, { batch, gradients }] of updates.entries()) {
    const sequences = batch.map(({ rollout }) => rollout.sequence)
    const read = await twin.forward(sequences, ['logprobs'])
    let moved = 0
    for (const [i, { rollout, readout }] of batch.entries())
      for (const [t, now] of read[i].logprobs?.entries() ?? []) {
        assert.ok(
          Math.abs(now - (readout.logprobs?.[t] ?? 0)) < 1e-4,
          `update ${update}: ${now}, ${readout.logprobs?.[t]}`,
        )
        moved = Math.max(moved, Math.abs(now - rollout.logprobs[t]))
      }
    assert.equal(moved > 0.01, update > 0, `before update ${update} log-probs had moved by ${moved}`)
    await twin.backward(
      sequences,
      gradients.map((logprobs) => ({ logprobs })),
    )
    await twin.step(adam)
  }
  sameNumbers(policy.weights(), twin.weights())
})

test('the learning rate follows the schedule', async () => {
  const { history } = await run({ steps: 3, adam: { learningRate: 1e-3 }, schedule: (step) => 1 / (step + 1) })
  assert.deepEqual(
    history.map(({ metrics }) => metrics.learningRate),
    [1e-3, 5e-4, 1e-3 / 3],
  )
})

test('options that cannot be are refused before anything is done', async () => {
  const cases: [Partial<PolicyGradientOptions>, RegExp][] = [
    [{ prompts: 0 }, /prompts: expected a whole number of at least 1, got 0/],
    [{ groupSize: 1.5, maxTokens: 0 }, /groupSize: .* got 1.5\nmaxTokens: .* got 0/],
    [{ unscoredLimit: 50 }, /unscoredLimit: expected a number from 0 to 1, got 50/],
    [{ evaluation: { prompts: [] } }, /evaluation.prompts: expected a list of at least 1/],
    [
      { evaluation: { prompts: tinyPrompts(1), samples: 2, passAt: [4] } },
      /pass@4 needs at least 4 answers a prompt, not 2/,
    ],
    [{ resume: true }, /a run without a folder cannot be resumed/],
  ]
  const never = defineReward('never', () => assert.fail('asked'))
  for (const [options, message] of cases) await assert.rejects(run({ task: tinyTask(never), ...options }), message)
  const companion = (name: string) => ({
    name,
    gives: [],
    forward: async () => [],
    learn: async () => ({}),
    save: async () => undefined,
    load: async () => undefined,
  })
  await assert.rejects(run({ companions: [companion('policy')] }), /cannot be told apart: policy/)
  await assert.rejects(run({ companions: [companion('a'), companion('a')] }), /cannot be told apart: a, a/)
})

test('a task without prompts says so and leaves nothing open', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-train-'))
  t.after(() => rm(folder, { recursive: true }))
  const empty = { ...tinyTask(beginsWith('c')), prompts: () => [] }
  await assert.rejects(run({ task: empty, folder: join(folder, 'run') }), /the task tiny has no prompts/)
  await assert.rejects(run({ task: empty, folder: join(folder, 'run'), resume: true }), /the task tiny has no prompts/)
})
