/** Whatever a judge does, every reward on judges answers, and what was not judged is Unscored with what the judge said. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sample } from '../../../src/data/message.ts'
import type { Judge } from '../../../src/judge/judge.ts'
import * as judged from '../../../src/rewards/index.ts'
import type { Reward } from '../../../src/rewards/reward.ts'
import { scoreAll } from '../../../src/rewards/scoreAll.ts'
import type { Reply } from '../../judge/scriptedServer.ts'
import { sampleOf, served } from './served.ts'

const critic = '<critics>A is right</critics><choice>[[A]]</choice>'
const rubric = judged.parseRubric(
  'judge: { model: m, baseURL: "http://127.0.0.1:1/v1" }\ncriteria: [{ name: good, ask: Is it good? }]',
  'rubric.yaml',
)

/** Rewards that want a judge's words, each with samples that it would score. */
const worded: Readonly<Record<string, (judge: Judge) => readonly [Reward, readonly Sample[]]>> = {
  judgeScale: (judge) => [judged.judgeScale(judge), [sampleOf('q', 'an answer')]],
  judgeRanking: (judge) => [judged.judgeRanking(judge), [sampleOf('q', 'one'), sampleOf('q', 'two')]],
  winRate: (judge) => [judged.winRate(judge), [sampleOf('q', 'one'), sampleOf('q', 'two')]],
  principleFollowing: (judge) => [
    judged.principleFollowing(judge, { principle: 'be short' }),
    [sampleOf('q', 'one'), sampleOf('q', 'two')],
  ],
  wbScore: (judge) => [judged.wbScore(judge), [sampleOf('q', 'an answer')]],
  wbReward: (judge) => [judged.wbReward(judge), [sampleOf('q', 'an answer', 'a baseline')]],
  nuggets: (judge) => [judged.nuggets(judge), [sampleOf('q', 'an answer', ['a fact', 'another'])]],
  critiqueSimilarity: (judge) => [
    judged.critiqueSimilarity(judge),
    [sampleOf('q', critic, { label: 'A', critique: 'A is right' })],
  ],
  referenceVerdict: (judge) => [
    judged.referenceVerdict(judge, { form: 'binary' }),
    [sampleOf('q', 'an answer', 'the reference')],
  ],
  rubricReward: (judge) => [judged.rubricReward(rubric, judge), [sampleOf('q', 'an answer')]],
  scoreModel: (judge) => [
    judged.openaiGrader(
      { type: 'score_model', input: [{ role: 'user', content: '{{ sample.output_text }}' }] },
      { judge },
    ),
    [sampleOf('q', 'an answer')],
  ],
  llmRubric: (judge) => [
    judged.promptfoo([{ type: 'llm-rubric', value: 'polite' }], { judge }),
    [sampleOf('q', 'an answer')],
  ],
}

const long = 'word '.repeat(10_000)
const bad: readonly (readonly [name: string, reply: Reply, at: 'judge' | 'network', said: RegExp])[] = [
  ['prose', 'The answer deserves an eight, I would say.', 'judge', /it said: The answer deserves an eight/],
  ['broken JSON', '{"reason": "r", "rating": ', 'judge', /it said: \{"reason"/],
  ['JSON of another shape', '{"verdict": "good"}', 'judge', /it said: \{"verdict"/],
  ['an empty string', '', 'judge', /empty/],
  ['a refusal', "I'm sorry, but I can't help with that.", 'judge', /refused/],
  ['ten thousand tokens', { say: long, finish: 'length' }, 'judge', /\(\d+ characters\)$/],
  ['a broken server', { status: 500 }, 'network', /HTTP 500/],
  ['a connection cut in the middle', 'close mid-answer', 'network', /broke off/],
]

for (const [name, make] of Object.entries(worded))
  test(`${name}: a judge that misbehaves scores nothing, and never 0`, async () => {
    for (const [what, reply, at, said] of bad) {
      await using server = await served([reply])
      const [reward, samples] = make(server.judge)
      const scores = await scoreAll(reward, samples)
      assert.equal(scores.length, samples.length)
      for (const score of scores) {
        assert.ok(score.kind === 'unscored', `${what}: ${JSON.stringify(score)}`)
        assert.equal(score.at, at, what)
        assert.match(score.reason, said, what)
        assert.ok(score.reason.length < 3000, what)
      }
    }
  })

test('two verdicts are none', async () => {
  await using server = await served(['{"reason": "a", "rating": 2} or rather {"reason": "b", "rating": 9}'])
  const [score] = await judged.judgeScale(server.judge).score([sampleOf('q', 'a')])
  assert.ok(score.kind === 'unscored' && /two verdicts/.test(score.reason))
})

test('a judge that never answers loses its own sample at the deadline', async () => {
  await using server = await served((words) => (words.includes('slow') ? 'never' : '{"reason": "r", "rating": 10}'))
  const samples = [sampleOf('q1', 'quick'), sampleOf('q2', 'slow'), sampleOf('q3', 'quick')]
  const scores = await scoreAll(judged.judgeScale(server.judge), samples, { deadlineMs: 500 })
  assert.deepEqual(
    scores.map((score) => (score.kind === 'scored' ? score.value : score.at)),
    [1, 'deadline', 1],
  )
})

test('a judge without log-probabilities is refused where they are read, or found out when it is asked', async () => {
  const mute: Judge = {
    name: 'mute',
    ask: async () => ({ ok: false, at: 'judge', reason: 'mute', usage: { inputTokens: 0, outputTokens: 0 } }),
  }
  for (const make of [judged.yesProbability, judged.binaryPrinciple, judged.judgeFollowUps])
    assert.throws(() => make(mute), /gives no log-probabilities/)
  assert.throws(() => judged.referenceVerdict(mute, { form: 'renormalised' }), /gives no log-probabilities/)
  await using server = await served(['yes'])
  const [score] = await judged.yesProbability(server.judge).score([sampleOf('q', 'a')])
  assert.partialDeepStrictEqual(score, { kind: 'unscored', at: 'judge' })
})
