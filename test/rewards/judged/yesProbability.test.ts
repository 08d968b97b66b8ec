import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Judge } from '../../../src/judge/judge.ts'
import { binaryPrinciple } from '../../../src/rewards/judged/binaryPrinciple.ts'
import { yesProbability } from '../../../src/rewards/judged/yesProbability.ts'
import { near } from './near.ts'
import { fieldsOf, sampleOf, served, top } from './served.ts'

/** Softmax of logits by token. */
function softmax(logits: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const most = Math.max(...Object.values(logits))
  const weights = Object.entries(logits).map(([token, logit]): [string, number] => [token, Math.exp(logit - most)])
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
  return Object.fromEntries(weights.map(([token, weight]) => [token, weight / total]))
}

/** A judge that knows the logit of every token, as a local model does. */
function exact(logits: Readonly<Record<string, number>>): Judge {
  const normaliser = Math.log(Object.values(logits).reduce((sum, logit) => sum + Math.exp(logit), 0))
  const usage = { inputTokens: 0, outputTokens: 0 }
  return {
    name: 'exact',
    ask: async () => ({ ok: false, at: 'judge', reason: 'it has no words', usage }),
    logprobs: async (_, choices) => ({
      ...{ ok: true, text: '', usage, cached: false },
      value: choices.map((choice) => (logits[choice] ?? Number.NEGATIVE_INFINITY) - normaliser),
    }),
  }
}

test('RewardDance, logits (2, 1, 0.5): the probability, renormalised, and as log-odds', async () => {
  await using judged = await served([top(softmax({ yes: 2, no: 1, other: 0.5 }))])
  for (const [form, expected] of [
    ['probability', 0.628532],
    ['renormalised', 0.731059],
    ['logOdds', 1],
  ] as const) {
    const [score] = await yesProbability(judged.judge, { form }).score([sampleOf('q', 'a')])
    assert.ok(score.kind === 'scored', JSON.stringify(score))
    // Spellings that the server does not list have at most the mass that it does not list.
    near(score.value, expected, 1e-4)
  }
})

test('better than the reference, in both orders: a judge that only likes second places says one half', async () => {
  await using biased = await served([top({ Yes: 0.9, No: 0.1 })])
  const options = { against: 'better, both orders' } as const
  const [score] = await yesProbability(biased.judge, options).score([sampleOf('q', 'mine', 'theirs')])
  assert.ok(score.kind === 'scored')
  near(score.value, 0.5, 1e-4)
  const orders = [0, 1].map((i) => fieldsOf(biased.asked(i))['Answer 2']).sort()
  assert.deepEqual(orders, ['mine', 'theirs'])
  // The better answer, wherever it stands: P(yes) is 0.8 for it and 0.3 for the other one.
  await using fair = await served((words) =>
    top(fieldsOf(words)['Answer 2'] === 'mine' ? { Yes: 0.8, No: 0.2 } : { Yes: 0.3, No: 0.7 }),
  )
  const [better] = await yesProbability(fair.judge, options).score([sampleOf('q', 'mine', 'theirs')])
  assert.ok(better.kind === 'scored')
  near(better.value, 0.75, 1e-4)
  near(better.parts?.swapped ?? Number.NaN, 0.3, 1e-4)
})

test('the reference itself is a tie that nobody is asked about; without one there is none to be better than', async () => {
  await using judged = await served([top({ Yes: 0.9, No: 0.1 })])
  const reward = yesProbability(judged.judge, { against: 'better' })
  const scores = await reward.score([sampleOf('q', ' same ', 'same'), sampleOf('q', 'a')])
  assert.partialDeepStrictEqual(scores[0], { kind: 'scored', value: 0.5 })
  assert.partialDeepStrictEqual(scores[1], { kind: 'unscored', at: 'reward' })
  assert.equal(judged.server.requests.length, 0)
})

test('RLBFF: log-odds of the principle, also where both words are all but impossible', async () => {
  for (const [logits, expected] of [
    [{ Yes: 2.3, No: -0.4, other: 1 }, 2.7],
    [{ Yes: -20, No: -22.5, other: 5 }, 2.5],
  ] as const) {
    const [score] = await binaryPrinciple(exact(logits), { principle: 'it is clear' }).score([sampleOf('q', 'a')])
    assert.ok(score.kind === 'scored', JSON.stringify(score))
    near(score.value, expected, 1e-9)
  }
  // A server that lists its likeliest tokens has the first case alone: the second's words are on no list of twenty.
  await using judged = await served([top(softmax({ Yes: 2.3, No: -0.4, other: 1 }))])
  const [score] = await binaryPrinciple(judged.judge, { principle: 'it is clear' }).score([sampleOf('q', 'a')])
  assert.ok(score.kind === 'scored', JSON.stringify(score))
  near(score.value, 2.7, 1e-4)
})

test("a principle may be the prompt's own; without any there is nothing to ask; outliers are cut", async () => {
  await using judged = await served([top({ Yes: 1 - 1e-12, No: 1e-12 })])
  const reward = binaryPrinciple(judged.judge, { limit: 5 })
  const [own, none] = await reward.score([
    sampleOf('q', 'a', undefined, { principle: 'it rhymes' }),
    sampleOf('q', 'a'),
  ])
  assert.partialDeepStrictEqual(own, { kind: 'scored', value: 5 })
  assert.partialDeepStrictEqual(none, { kind: 'unscored', at: 'reward' })
  assert.match(judged.asked(0), /Principle: it rhymes\nDoes the answer/)
})
