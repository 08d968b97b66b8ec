import assert from 'node:assert/strict'
import { test } from 'node:test'
import { winRate } from '../../../src/rewards/judged/winRate.ts'
import { fieldsOf, sampleOf, served } from './served.ts'

const verdict = (better: string) => JSON.stringify({ reason: 'r', better })

/** A judge that prefers the longer answer. */
const byLength = (words: string) => {
  const { 'Answer 1': first, 'Answer 2': second } = fieldsOf(words)
  return verdict(first.length > second.length ? '1' : first.length < second.length ? '2' : 'equal')
}

test('the share of the others that an answer beats, each pair in both orders', async () => {
  await using judged = await served(byLength)
  const samples = ['a', 'bbbb', 'cc', 'dd'].map((text) => sampleOf('q', text))
  const scores = await winRate(judged.judge).score(samples)
  const values = scores.map((score) => (score.kind === 'scored' ? score.value : score.reason))
  assert.deepEqual(values, [0, 1, 0.5, 0.5])
  assert.equal(judged.server.requests.length, 4 * 3)
  const [first] = scores
  assert.partialDeepStrictEqual(first, { parts: { compared: 3, disagreed: 0 } })
})

test('a judge that always takes the first place: every pair is a tie, and is reported as a disagreement', async () => {
  await using judged = await served([verdict('1')])
  const scores = await winRate(judged.judge).score(['a', 'b', 'c'].map((text) => sampleOf('q', text)))
  for (const score of scores)
    assert.partialDeepStrictEqual(score, { kind: 'scored', value: 0.5, parts: { compared: 2, disagreed: 2 } })
})

test('against references: one by one, without a group', async () => {
  await using judged = await served(byLength)
  const reward = winRate(judged.judge, { against: 'reference' })
  assert.equal(reward.listwise, undefined)
  const samples = [sampleOf('q', 'long enough', ['short', 'long enough', 'the longest of all']), sampleOf('q', 'x')]
  const scores = await reward.score(samples)
  assert.partialDeepStrictEqual(scores[0], { kind: 'scored', value: 0.5, parts: { compared: 3 } })
  assert.partialDeepStrictEqual(scores[1], { kind: 'unscored', at: 'reward' })
  assert.equal(judged.server.requests.length, 4, 'an answer that is the reference is not asked about')
})

test('a pair without a verdict is left out; an answer without any, or without company, has no score', async () => {
  await using some = await served((words) => (words.includes('poison') ? 'I would rather not say.' : byLength(words)))
  const scores = await winRate(some.judge).score([
    ...['a', 'bb', 'poison'].map((text) => sampleOf('q', text)),
    sampleOf('r', 'alone'),
  ])
  assert.partialDeepStrictEqual(scores[0], { kind: 'scored', value: 0, parts: { compared: 1 } })
  assert.partialDeepStrictEqual(scores[1], { kind: 'scored', value: 1, parts: { compared: 1 } })
  assert.ok(scores[2].kind === 'unscored' && scores[2].at === 'judge' && /rather not say/.test(scores[2].reason))
  assert.partialDeepStrictEqual(scores[3], { kind: 'unscored', at: 'reward' })
})
