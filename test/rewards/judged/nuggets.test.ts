import assert from 'node:assert/strict'
import { test } from 'node:test'
import { critiqueSimilarity } from '../../../src/rewards/judged/critiqueSimilarity.ts'
import { nuggets } from '../../../src/rewards/judged/nuggets.ts'
import { near } from './near.ts'
import { fieldsOf, sampleOf, served } from './served.ts'

/** A judge that supports the facts which stand in the passage word for word. */
const literal = (words: string) => {
  const { Passage: passage, Facts: facts } = fieldsOf(words)
  const labels = facts
    .split('\n')
    .map((fact) => (passage.includes(fact.replace(/^\d+\. /, '')) ? 'support' : 'not_support'))
  return JSON.stringify({ reasoning: 'r', labels })
}

test('the weighted share of nuggets, ten a call', async () => {
  await using judged = await served(literal)
  const facts = Array.from({ length: 23 }, (_, i) => `fact ${String.fromCharCode(97 + i)}`)
  const answer = facts.slice(0, 12).join(', ')
  const [score] = await nuggets(judged.judge).score([sampleOf('q', answer, facts)])
  assert.ok(score.kind === 'scored')
  near(score.value, 12 / 23)
  assert.deepEqual(score.parts, { support: 12, partial: 0, missing: 11 })
  assert.equal(judged.server.requests.length, 3)
})

test('weights, and what a partly supported nugget is worth', async () => {
  await using judged = await served([
    '{"reasoning": "r", "labels": ["support", "partial_support", "not_support", "support"]}',
  ])
  const reference = [{ text: 'a', weight: 1 }, 'b', { text: 'c', weight: 0.5 }, { text: 'd', weight: 0.5 }]
  const [score] = await nuggets(judged.judge).score([sampleOf('q', 'x', reference)])
  assert.ok(score.kind === 'scored')
  near(score.value, 2 / 3)
})

test('too few labels are no labels; a reference that is no list of nuggets cannot be judged', async () => {
  await using judged = await served(['{"reasoning": "r", "labels": ["support"]}'])
  const bad = [undefined, [], [3], [{ text: 'a', weight: 0 }], [{ weight: 1 }]]
  const scores = await nuggets(judged.judge).score([
    sampleOf('q', 'x', ['a', 'b']),
    ...bad.map((reference) => sampleOf('q', 'x', reference)),
  ])
  assert.partialDeepStrictEqual(scores[0], { kind: 'unscored', at: 'judge' })
  for (const score of scores.slice(1)) assert.partialDeepStrictEqual(score, { kind: 'unscored', at: 'reward' })
})

test('critique similarity: form, choice and arguments', async () => {
  const counts = { reasoning: 'r', repetitive: false, n_ref: 2, n_gen: 3, matched: 2 }
  await using judged = await served((_, i) => JSON.stringify({ ...counts, repetitive: i > 0 }))
  const reference = { label: 'A', critique: 'B has the year wrong' }
  const critic = (choice: string) => `<critics>the year</critics>\n<choice>[[${choice}]]</choice>`
  const reward = critiqueSimilarity(judged.judge)
  const of = async (text: string, known: typeof reference | { label: string }) => {
    const [score] = await reward.score([sampleOf('q', text, known)])
    return score.kind === 'scored' ? score.value : score.at
  }
  assert.equal(await of(critic('A'), reference), 1.5)
  assert.equal(await of(critic('A'), reference), 1, 'a critique that repeats one point has matched nothing')
  assert.equal(await of(critic('B'), reference), 0)
  assert.equal(await of('[[A]]', reference), -1)
  assert.equal(await of(critic('A'), { label: 'A' }), 1)
  assert.equal(await of(critic('A'), { label: 'C' }), 'reward')
  assert.equal(judged.server.requests.length, 2, 'only right choices with a human critique are judged')
})
