import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { choiceLogprobs } from '../../src/judge/topLogprobs.ts'

const top = (probabilities: Readonly<Record<string, number>>) =>
  Object.entries(probabilities).map(([token, p]) => ({ token, logprob: Math.log(p) }))

test('tokens that begin one choice count for it, those that begin two for none', () => {
  const found = choiceLogprobs(top({ in: 0.3, incorrect: 0.2, ' inc': 0.1, cor: 0.25, c: 0.05 }), [
    'incorrect',
    'correct',
  ])
  assert.ok(found.kind === 'logprobs')
  assert.ok(Math.abs(Math.exp(found.logprobs[0]) - 0.6) < 1e-12)
  assert.ok(Math.abs(Math.exp(found.logprobs[1]) - 0.3) < 1e-12)
  const shared = choiceLogprobs(top({ '[': 0.9, '[[A': 0.06, '[[B': 0.04 }), ['[[A]]', '[[B]]'])
  assert.ok(shared.kind === 'logprobs')
  assert.ok(Math.abs(Math.exp(shared.logprobs[0]) - 0.06) < 1e-12)
})

test('choices the first token cannot tell apart, or never starts, have no log-probs', () => {
  const prefix = choiceLogprobs(top({ '1': 0.9 }), ['1', '10'])
  assert.ok(prefix.kind === 'none' && /'1' begins another/.test(prefix.reason))
  const twice = choiceLogprobs(top({ '1': 0.9 }), ['1', '1'])
  assert.equal(twice.kind, 'none')
  const absent = choiceLogprobs(top({ Well: 0.2, The: 0.7 }), ['yes', 'no'])
  assert.ok(absent.kind === 'none' && /'The' is the likeliest/.test(absent.reason))
})

test('a choice that is not listed gets a bound that holds for any rest of the distribution', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 3, maxLength: 30 }),
      fc.integer({ min: 1, max: 20 }),
      (weights, listed) => {
        const total = weights.reduce((sum, w) => sum + w, 0)
        // Token 0 is 'yes' and is listed; token 1 is 'no' and is not, unless among the likeliest.
        const full = weights.map((w, i) => ({
          token: i === 0 ? 'yes' : i === 1 ? 'no' : `x${i}`,
          logprob: Math.log(w / total),
        }))
        const cut = full.toSorted((a, b) => b.logprob - a.logprob).slice(0, listed)
        const found = choiceLogprobs(cut, ['yes', 'no'])
        if (found.kind === 'none') return cut.every(({ token }) => token.startsWith('x'))
        return found.logprobs.every((value, i) => Number.isFinite(value) && value >= full[i].logprob - 1e-9)
      },
    ),
    { seed: 3 },
  )
})
