import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { type KlEstimator, klEstimate, klSlope } from '../../src/policy/kl.ts'

const estimators: KlEstimator[] = ['k1', 'k2', 'k3']

/** A policy by its logits and a reference, over five tokens, as log-probs. */
function drawn(seed: number): { logits: number[]; reference: number[] } {
  const source = random(seed)
  const five = () => Array.from({ length: 5 }, () => source.normal())
  return { logits: five(), reference: logSoftmax(five()) }
}

function logSoftmax(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0))
  return logits.map((x) => x - total)
}

const kl = (p: readonly number[], q: readonly number[]) => p.reduce((sum, x, i) => sum + Math.exp(x) * (x - q[i]), 0)

test('k1 and k3 average to the KL divergence, k2 and k3 are never negative', () => {
  for (let seed = 0; seed < 20; seed++) {
    const { logits, reference } = drawn(seed)
    const policy = logSoftmax(logits)
    const mean = (estimator: KlEstimator) =>
      policy.reduce((sum, x, i) => sum + Math.exp(x) * klEstimate(estimator, x, reference[i]), 0)
    assert.ok(Math.abs(mean('k1') - kl(policy, reference)) < 1e-12)
    assert.ok(Math.abs(mean('k3') - kl(policy, reference)) < 1e-12)
    for (const estimator of ['k2', 'k3'] as const) {
      assert.ok(policy.every((x, i) => klEstimate(estimator, x, reference[i]) >= 0))
    }
  }
})

test('the slope is the derivative of the estimate', () => {
  for (const estimator of estimators) {
    for (const logprob of [-4, -1.2, -0.5, -0.01]) {
      const h = 1e-5
      const difference = (klEstimate(estimator, logprob + h, -1) - klEstimate(estimator, logprob - h, -1)) / (2 * h)
      assert.ok(Math.abs(klSlope(estimator, logprob, -1) - difference) < 1e-7)
    }
  }
})

test("as a loss on the policy's own tokens: k1 has no gradient, k2 that of KL(policy || reference), k3 that of the reverse", () => {
  for (let seed = 0; seed < 20; seed++) {
    const { logits, reference } = drawn(seed)
    const policy = logSoftmax(logits)
    const h = 1e-5
    const derivative = (of: (p: number[]) => number, j: number) =>
      (of(logSoftmax(logits.with(j, logits[j] + h))) - of(logSoftmax(logits.with(j, logits[j] - h)))) / (2 * h)
    const expected: Record<KlEstimator, (j: number) => number> = {
      k1: () => 0,
      k2: (j) => derivative((p) => kl(p, reference), j),
      k3: (j) => derivative((p) => kl(reference, p), j),
    }
    for (const estimator of estimators) {
      logits.forEach((_, j) => {
        // E over tokens i of slope_i dlogp_i/dlogit_j, with dlogp_i/dlogit_j = [i = j] - p_j.
        const gradient = policy.reduce((sum, x, i) => {
          return sum + Math.exp(x) * klSlope(estimator, x, reference[i]) * ((i === j ? 1 : 0) - Math.exp(policy[j]))
        }, 0)
        assert.ok(Math.abs(gradient - expected[estimator](j)) < 1e-8)
      })
    }
  }
})
