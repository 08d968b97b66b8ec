import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Score } from '../../../src/data/score.ts'
import { judgeRanking } from '../../../src/rewards/judged/judgeRanking.ts'
import { principleFollowing } from '../../../src/rewards/judged/principleFollowing.ts'
import { near } from './near.ts'
import { fieldsOf, sampleOf, served } from './served.ts'

const texts = ['a', 'bbbb', 'cc', 'ddd']
const samples = texts.map((text) => sampleOf('q', text))
const values = (scores: readonly Score[]) => scores.map((score) => (score.kind === 'scored' ? score.value : Number.NaN))

/** The masked answers of a prompt, name and text, in the order shown. */
const candidates = (words: string) =>
  Object.entries(fieldsOf(words)).filter(([heading]) => heading.startsWith('answer-'))
const byLength = (words: string) => candidates(words).sort(([, a], [, b]) => b.length - a.length)
const ordered = (names: readonly string[]) => JSON.stringify({ reason: 'by length', best_to_worst: names })

test('a judge that prefers length: places from 1 to 0, whatever order the answers were shown in', async () => {
  await using judged = await served((words) => ordered(byLength(words).map(([name]) => name)))
  for (const seed of [1, 2, 3]) {
    const scores = await judgeRanking(judged.judge, { seed }).score(samples)
    for (const [i, place] of [0, 1, 1 / 3, 2 / 3].entries()) near(values(scores)[i], place)
  }
  const shown = judged.server.requests.map((_, i) =>
    candidates(judged.asked(i))
      .map(([, text]) => text)
      .join(),
  )
  assert.ok(new Set(shown).size > 1)
})

test('a judge that likes the first place says little when every draw has an order of its own', async () => {
  await using judged = await served((words) => ordered(candidates(words).map(([name]) => name)))
  const once = values(await judgeRanking(judged.judge).score(samples))
  for (const [i, value] of [...once].sort().entries()) near(value, i / 3)
  const scores = await judgeRanking(judged.judge, { repetitions: 40 }).score(samples)
  for (const value of values(scores)) assert.ok(Math.abs(value - 0.5) < 0.2, String(value))
  for (const score of scores) assert.ok(score.kind === 'scored' && (score.confidence ?? 1) < 0.5)
})

test('equal texts share a place; groups are kept apart; a group with nothing to compare has no score', async () => {
  await using judged = await served((words) => ordered(byLength(words).map(([name]) => name)))
  const mixed = [sampleOf('q', 'aa'), sampleOf('r', 'x'), sampleOf('q', 'a'), sampleOf('q', 'aa'), sampleOf('r', 'x')]
  const scores = await judgeRanking(judged.judge).score(mixed)
  assert.deepEqual(values(scores), [1, Number.NaN, 0, 1, Number.NaN])
  assert.ok(scores[1].kind === 'unscored' && /no two different answers/.test(scores[1].reason))
  assert.equal(judged.server.requests.length, 1)
})

test('an order that names one answer twice is none', async () => {
  await using judged = await served((words) => ordered(candidates(words).map(() => 'answer-1')))
  for (const score of await judgeRanking(judged.judge).score(samples))
    assert.partialDeepStrictEqual(score, { kind: 'unscored', at: 'judge' })
})

test('principle following: scores 1..5 by name, ties broken by the order, the principle in the prompt', async () => {
  await using judged = await served((words) => {
    const shown = byLength(words)
    const scores = Object.fromEntries(shown.map(([name, text]) => [name, text.length >= 3 ? 5 : 2]))
    return JSON.stringify({ reason: 'r', scores, best_to_worst: shown.map(([name]) => name) })
  })
  const found = values(await principleFollowing(judged.judge, { principle: 'Prefer long answers.' }).score(samples))
  // 5, 5, 2, 2 with a quarter of a point up or down: 5 + 0.25 is cut at the top.
  ;[(1 - 0.25) / 4, 1, (1 + 0.25) / 4, (4 - 0.25) / 4].forEach((expected, i) => near(found[i], expected))
  assert.match(judged.asked(0), /Principle: Prefer long answers\./)
  const plain = await principleFollowing(judged.judge, { principle: 'p', tieBreak: 0 }).score(samples)
  assert.deepEqual(values(plain), [0.25, 1, 0.25, 1])
})

test('an evaluation that forgets a candidate is not partly believed', async () => {
  await using judged = await served(['{"reason": "r", "scores": {"answer-1": 5}, "best_to_worst": ["answer-1"]}'])
  for (const score of await principleFollowing(judged.judge, { principle: 'p' }).score(samples))
    assert.partialDeepStrictEqual(score, { kind: 'unscored', at: 'judge' })
})
