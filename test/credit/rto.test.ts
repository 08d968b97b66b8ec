import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gae } from '../../src/credit/gae.ts'
import { rto, spreadOut } from '../../src/credit/rto.ts'
import { withKl } from '../../src/credit/withKl.ts'
import { userPrompt } from '../../src/data/message.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored, unscored } from '../../src/data/score.ts'

// The vectors of the RTO repository's own functions, over the three valid tokens.
const dpo = [-0.5, -1, -0.2]
const ref = [-1, -0.8, -1.7]
const old = [-0.7, -0.9, -0.9]
const values = Float32Array.of(0.4, 0.5, 0.6)

function group(value: number, stepEnds?: Int32Array): Group {
  const prompt = userPrompt('p', 'x')
  return {
    prompt,
    rollouts: [
      {
        sample: { prompt, completion: { text: 'abc', finish: 'stop' } },
        sequence: { tokens: new Int32Array(4), promptLength: 1 },
        logprobs: Float32Array.from(old),
        ...(stepEnds === undefined ? {} : { stepEnds }),
      },
    ],
    scores: [scored(value)],
  }
}

const readout = {
  processRewards: Float32Array.from(dpo, (value, t) => value - ref[t]),
  reference: Float32Array.from(ref),
  values,
}

function near(actual: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length)
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) < 2e-6, `${i}: ${actual[i]}, not ${value}`)
  })
}

test('published values: advantages of vectors 1 to 3, the token rewards, the KL and the score together', () => {
  const advantages = (options: Parameters<typeof rto>[1]) =>
    rto(withKl(gae(), { beta: 0.01 }), options).assign([group(1.5)], [[readout]])[0][0]
  near(advantages({ scale: 0.05 }), [1.081167, 1.00965, 0.967])
  near(advantages({ scale: 0.05, clip: 0.05 }), [1.058605, 0.9859, 0.942])
  near(advantages({ scale: 0 }), [0.99798, 0.9484, 0.892])
})

test('published values: where the token rewards are paid out, vector 4', () => {
  const part = Float32Array.of(0.025, -0.01, 0.075)
  const rest = [-0.003, 0.001, 1.492]
  const total = (spread: 'token' | 'end' | 'shaping') =>
    Array.from(spreadOut(part, spread), (value, t) => value + rest[t])
  near(total('token'), [0.022, -0.009, 1.567])
  near(total('shaping'), [0.022, -0.009, 1.477])
  near(total('end'), [-0.003, 0.001, 1.582])
  near(spreadOut(part, 'step', [1]), [0, 0.015, 0.075])
  near(spreadOut(part, 'step', [0, 2]), [0.025, 0, 0.065])
  assert.equal(spreadOut(new Float32Array(0), 'end').length, 0)
})

test('the rewards are reported; what could not be scored stays so; what is missing is named', () => {
  const reported: Record<string, number> = {}
  const credit = rto(gae(), { scale: 1 })
  const [one] = [group(1)]
  const two = { ...one, rollouts: [...one.rollouts, ...one.rollouts], scores: [scored(1), unscored('judge', 'silent')] }
  const [[, silent]] = credit.assign([two], [[readout, readout]], (name, value) => {
    reported[name] = value
  })
  assert.deepEqual(silent, new Float32Array(3))
  near([reported['rto/tokenReward']], [(0.5 + 0.2 + 1.5) / 3])
  assert.throws(
    () => credit.assign([one], [[{ values }]]),
    /rto needs a reward per token: 0 for 3 tokens\n.*implicitReward/,
  )
  assert.throws(() => rto(gae(), { spread: 'step' }).assign([one], [[readout]]), /needs answers with steps/)
})
