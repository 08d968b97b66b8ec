import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completionLength } from '../../src/data/rollout.ts'
import { type Demonstration, demonstrations } from '../../src/tasks/task.ts'
import { evaluate } from '../../src/train/evaluate.ts'
import { demonstrationSequence, supervised } from '../../src/train/supervised.ts'
import { sameNumbers } from '../sameNumbers.ts'
import { beginsWith, tinyPolicy, tinyPrompts, tinyTask, tokenizer } from './tiny.ts'

const answers = ['', 'c', 'abc', 'hhhhhhhh', 'bad']
const lessons = tinyPrompts(5).map((prompt, i): Demonstration => ({ prompt, answer: answers[i] }))

test('the loss is the mean of -log p over all answer tokens, before the step', async (t) => {
  const policy = tinyPolicy()
  t.after(() => policy.close())
  for (let step = 0; step < 3; step++) {
    const sequences = lessons.map((lesson) => demonstrationSequence(policy, lesson))
    const read = await policy.forward(sequences, ['logprobs'])
    const all = read.flatMap(({ logprobs = [] }) => [...logprobs])
    // Each answer and its end token.
    assert.equal(all.length, answers.join('').length + answers.length)
    const [loss] = await supervised({ policy, demonstrations: lessons, steps: 1, batch: lessons.length })
    assert.ok(Math.abs(loss + all.reduce((sum, value) => sum + value, 0) / all.length) < 1e-5)
  }
})

test('a demonstration is the prompt, the answer and the end token', () => {
  const policy = tinyPolicy()
  const sequence = demonstrationSequence(policy, lessons[2])
  assert.deepEqual([...sequence.tokens], [...tokenizer.encode('ababc'), tokenizer.endId])
  assert.equal(completionLength(sequence), 4)
})

test('a policy learns the answer it is shown', async (t) => {
  const policy = tinyPolicy()
  t.after(() => policy.close())
  const task = tinyTask()
  const losses = await supervised({ policy, demonstrations: demonstrations(task, 1), steps: 40, batch: 12 })
  assert.equal(losses.length, 40)
  assert.ok(losses[0] > 1.5 && losses[39] < 0.05, `${losses[0]} to ${losses[39]}`)
  const drawn = await evaluate({
    policy,
    reward: beginsWith('c'),
    prompts: tinyPrompts(6),
    samples: 20,
    maxTokens: 4,
    seed: 1,
  })
  assert.ok(drawn.accuracy > 0.95, `${drawn.accuracy}`)
  assert.ok(drawn.length < 2.2, 'it ends where the demonstrations do')
})

test('the learning rate follows the schedule, an abort ends after the step at hand', async (t) => {
  const policy = tinyPolicy()
  t.after(() => policy.close())
  const before = policy.weights().slice()
  const source = demonstrations(tinyTask(), 1)
  const still = await supervised({ policy, demonstrations: source, steps: 1, batch: 4, schedule: () => 0 })
  assert.equal(still.length, 1)
  sameNumbers(policy.weights(), before)
  const stop = new AbortController()
  const steps: number[] = []
  const losses = await supervised({
    policy,
    demonstrations: demonstrations(tinyTask(), 1),
    steps: 9,
    batch: 4,
    signal: stop.signal,
    onStep({ step, metrics }) {
      steps.push(step)
      assert.ok(metrics.gradientNorm > 0)
      if (step === 3) stop.abort()
    },
  })
  assert.deepEqual([losses.length, steps], [3, [1, 2, 3]])
})

test('demonstrations that end early or do not fit are errors; the source is closed', async (t) => {
  const policy = tinyPolicy()
  t.after(() => policy.close())
  let closed = 0
  async function* five() {
    try {
      yield* lessons
    } finally {
      closed++
    }
  }
  await assert.rejects(
    supervised({ policy, demonstrations: five(), steps: 3, batch: 2 }),
    /the demonstrations ended after 5, but 3 steps of 2 were asked for/,
  )
  await supervised({ policy, demonstrations: five(), steps: 1, batch: 2 })
  assert.equal(closed, 2)
  const long = { prompt: tinyPrompts(3)[2], answer: 'a'.repeat(14) }
  await assert.rejects(
    supervised({ policy, demonstrations: [long], steps: 1, batch: 1 }),
    /the demonstration for prompt 'p2' has 17 tokens and the model's context holds 16/,
  )
})
