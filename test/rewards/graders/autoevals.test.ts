/** Scorers of the shape that autoevals 0.0.132 has: an async function of one object, its answers as recorded from there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AutoevalsArguments, autoevals } from '../../../src/rewards/graders/autoevals.ts'
import { scoreAll } from '../../../src/rewards/scoreAll.ts'
import { sampleOf } from '../judged/served.ts'

const seen: AutoevalsArguments[] = []

async function ClosedQA(args: AutoevalsArguments & { readonly criteria?: string }) {
  seen.push(args)
  return { name: 'ClosedQA', score: 1, metadata: { rationale: 'it is polite', choice: 'Y', promptTokens: 9 } }
}

async function Levenshtein(args: { output: string; expected?: string }) {
  if (args.expected === undefined) throw new Error('LevenshteinScorer requires an expected value')
  return { name: 'Levenshtein', score: 0.8333333333333334 }
}

test('the scorer gets input, output, expected and what it wants besides; words about the score are the feedback', async () => {
  const reward = autoevals(ClosedQA, { more: ({ prompt }) => ({ criteria: `polite, ${prompt.id}` }), at: 'judge' })
  assert.equal(reward.name, 'ClosedQA')
  const [score] = await reward.score([sampleOf('Who are you?', 'A friend, madam.', 'nobody')])
  assert.deepEqual(score, { kind: 'scored', value: 1, feedback: 'it is polite\nY' })
  assert.deepEqual(seen[0], {
    ...{ input: 'Who are you?', output: 'A friend, madam.', expected: 'nobody' },
    criteria: 'polite, Who are you?',
  })
})

test('a scorer that throws, says null or an error loses its own sample alone, and is said to fail where it does', async () => {
  const scores = await scoreAll(autoevals(Levenshtein), [sampleOf('q', 'colour', 'color'), sampleOf('q', 'colour')])
  assert.partialDeepStrictEqual(scores[0], { kind: 'scored', value: 0.8333333333333334 })
  assert.ok(scores[1].kind === 'unscored' && scores[1].at === 'reward' && /requires an expected/.test(scores[1].reason))
  const refuses = async () => ({ name: 'Factuality', score: null, metadata: { choice: 'none' } })
  const fails = async () => ({ name: 'Factuality', score: 0, error: new Error('429 rate limited') })
  for (const [scorer, said] of [
    [refuses, /no score/],
    [fails, /429/],
  ] as const) {
    const [score] = await autoevals(scorer, { at: 'judge' }).score([sampleOf('q', 'a')])
    assert.ok(score.kind === 'unscored' && score.at === 'judge' && said.test(score.reason))
  }
})
