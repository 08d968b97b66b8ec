import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contrastivePrompts } from '../../src/credit/contrastivePrompts.ts'
import { userPrompt } from '../../src/data/message.ts'
import { alignDistilTeacher } from '../../src/objectives/alignDistil.ts'
import { dpo } from '../../src/objectives/dpo.ts'
import { tgdpo } from '../../src/objectives/tokenWeighted.ts'
import { tReg } from '../../src/objectives/tReg.ts'
import { distil, teacherOf } from '../../src/train/distil.ts'
import { preference } from '../../src/train/preference.ts'
import { tinyPairs } from './resumablePreference.ts'
import { tinyPolicy, tinyPrompts } from './tiny.ts'

const adam = { learningRate: 2e-3, clipNorm: 1 }

test('a student takes on the distributions of its teacher, on given answers and on its own', async () => {
  const [first, second] = [tinyPolicy(1), tinyPolicy(2)]
  const teacher = teacherOf(first, second, (a, b) =>
    alignDistilTeacher(a, b, first.config.vocabulary, { strength: 0.5 }),
  )
  const given = tinyPairs(40, 'given').map(({ prompt, chosen }) => ({ prompt, answer: chosen }))
  const endless = function* <T>(items: readonly T[]) {
    for (;;) yield* items
  }
  for (const answers of [endless(given), { prompts: endless(tinyPrompts(6)), maxTokens: 6 }]) {
    const policy = tinyPolicy(3)
    const asked = { policy, answers, teacher, batch: 10, seed: 1, adam }
    const history = await distil({ ...asked, steps: 40 })
    const [before, after] = [history[0].metrics, history[39].metrics]
    assert.ok(after.divergence < before.divergence / 3, `${before.divergence} to ${after.divergence}`)
    // One strength: every weight is beta over it, and the loss a mean of answers' means.
    assert.ok(Math.abs(before.strength - 0.5) < 1e-6)
    assert.ok(before.loss > 0 && before.largestTerm >= 0.2 * before.divergence)
    await policy.close()
  }
  await Promise.all([first.close(), second.close()])
})

test('answers that run out end the steps; an aborted run gives what it has', async () => {
  const policy = tinyPolicy(1)
  const frozen = policy.freeze()
  const teacher = teacherOf(frozen, frozen, (a, b) => alignDistilTeacher(a, b, policy.config.vocabulary))
  const few = tinyPairs(5, 'few').map(({ prompt, chosen }) => ({ prompt, answer: chosen }))
  const history = await distil({ policy, answers: few.values(), teacher, steps: 9, batch: 2, seed: 1, adam })
  assert.equal(history.length, 3)
  // A policy is its own teacher: no divergence, though the weights are at their greatest.
  assert.ok(Math.abs(history[0].metrics.divergence) < 1e-5)
  const stop = new AbortController()
  const part = await distil({
    policy,
    answers: few.values(),
    teacher,
    steps: 9,
    batch: 1,
    seed: 1,
    adam,
    signal: stop.signal,
    onStep: ({ step }) => step === 2 && stop.abort(),
  })
  assert.equal(part.length, 2)
  await policy.close()
})

test('token scores reach the objective, from a scorer or from a companion', async () => {
  const data = tinyPairs(16, 'scores')
  const asked = { data, batch: 8, epochs: 2, seed: 1, folder: false } as const
  const run = async (more: Partial<Parameters<typeof preference>[0]>) => {
    const policy = tinyPolicy(1)
    const scorer = contrastivePrompts(policy.freeze(), policy, {
      better: ({ id }) => userPrompt(id, 'c'),
      worse: ({ id }) => userPrompt(id, 'd'),
    })
    const { history } = await preference({ policy, ...asked, objective: dpo(), tokenScores: scorer, ...more })
    await policy.close()
    return history.map(({ metrics }) => metrics)
  }
  const scored = await run({ objective: tReg({ alpha: 0.5 }) })
  assert.ok(scored.every(({ tokenReward, regularisation }) => tokenReward > 0 && regularisation !== 0))
  const plain = await run({})
  assert.notEqual(scored[1].loss, plain[1].loss)
  const constant = (value: number) => ({
    name: 'constant',
    gives: ['processRewards' as const],
    forward: async (sequences: readonly { tokens: Int32Array; promptLength: number }[]) =>
      sequences.map(({ tokens, promptLength }) => ({
        processRewards: new Float32Array(tokens.length - promptLength).fill(value),
      })),
    learn: async () => ({}),
    save: async () => undefined,
    load: async () => undefined,
  })
  const given = await run({ objective: tgdpo({ alpha: 0.5 }), tokenScores: undefined, companions: [constant(0)] })
  assert.deepEqual(
    given.map(({ loss }) => loss.toFixed(9)),
    plain.map(({ loss }) => loss.toFixed(9)),
  )
})
