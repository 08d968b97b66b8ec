/** Drawing from logits whose last rows are padding. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { drawToken } from '../../src/policy/local/draw.ts'

test('padding rows are never drawn, and count in the log-prob, which is the model’s own', () => {
  const logits = Float32Array.of(1, 2, 0, 5, 4)
  const mass = [1, 2, 0, 5, 4].reduce((sum, logit) => sum + Math.exp(logit), 0)
  const rng = random(1)
  const counts = [0, 0, 0, 0, 0]
  for (let i = 0; i < 4000; i++) {
    const { token, logprob } = drawToken(logits, { temperature: 1, topK: 0, topP: 1, known: 3 }, rng)
    counts[token]++
    assert.ok(Math.abs(logprob - (logits[token] - Math.log(mass))) < 1e-6)
  }
  assert.deepEqual(counts.slice(3), [0, 0])
  const share = Math.exp(2) / (Math.exp(1) + Math.exp(2) + 1)
  assert.ok(Math.abs(counts[1] / 4000 - share) < 0.03)
  for (const more of [{ temperature: 0 }, { topK: 1 }, { topP: 0.1 }])
    assert.equal(drawToken(logits, { temperature: 1, topK: 0, topP: 1, known: 3, ...more }, rng).token, 1)
})
