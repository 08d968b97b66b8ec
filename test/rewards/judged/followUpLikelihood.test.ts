import assert from 'node:assert/strict'
import { test } from 'node:test'
import { llamaCpp } from '../../../src/judge/llamaCpp.ts'
import { nano } from '../../../src/policy/local/local.ts'
import { followUpLikelihood, judgeFollowUps, policyFollowUps } from '../../../src/rewards/judged/followUpLikelihood.ts'
import { characterTokenizer } from '../../../src/text/characterTokenizer.ts'
import { skipWithoutSmolLM2, smolLM2 } from '../../judge/smolLM2.ts'
import { near } from './near.ts'
import { sampleOf } from './served.ts'

const set = (positive: readonly string[], negative: readonly string[]) => ({ positive, negative })

test("the brief's two follow-ups: 'good answer .' and 'bad answer .'", async () => {
  const mean: Readonly<Record<string, number>> = { 'good answer .': -0.489946, 'bad answer .': -0.921454 }
  const reward = followUpLikelihood(async (_, phrases) => phrases.map((phrase) => mean[phrase]), {
    sets: { it: set(['good answer .'], ['bad answer .']) },
  })
  const [score] = await reward.score([sampleOf('q', 'a')])
  assert.ok(score.kind === 'scored')
  near(score.value, 0.431507, 2e-6)
})

test('a policy as the scorer: the mean log-probability of the phrase behind the whole conversation', async () => {
  const tokenizer = characterTokenizer('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;?!+-=\n')
  const policy = nano('0.2M', tokenizer, { seed: 3, context: 128, threads: 1 })
  try {
    const sets = { it: set(['yes', 'right on'], ['no']), other: set(['good'], ['bad']) }
    const [score] = await followUpLikelihood(policyFollowUps(policy), { sets }).score([sampleOf('1+1?', 'two')])
    // The same by hand: one sequence a phrase.
    const said = tokenizer.encode('Ask me a question, and say what you think of my answer.1+1?two')
    const likelihood = async (phrase: string) => {
      const words = tokenizer.encode(phrase)
      const [{ logprobs = new Float32Array() }] = await policy.forward(
        [{ tokens: Int32Array.from([...said, ...words]), promptLength: said.length }],
        ['logprobs'],
      )
      return logprobs.reduce((total, each) => total + each, 0) / words.length
    }
    const [yes, on, no, good, bad] = await Promise.all(['yes', 'right on', 'no', 'good', 'bad'].map(likelihood))
    assert.ok(score.kind === 'scored')
    near(score.parts?.it ?? Number.NaN, (yes + on) / 2 - no, 1e-5)
    near(score.value, ((yes + on) / 2 - no + good - bad) / 2, 1e-5)
    // Too long for the context: the left goes, so what the answer ends in still counts.
    const long = (end: string) => sampleOf('1+1?', `${'x'.repeat(300)} ${end}`)
    const scores = await followUpLikelihood(policyFollowUps(policy), { sets }).score([long('two'), long('six')])
    const values = scores.map((each) => (each.kind === 'scored' ? each.value : Number.NaN))
    assert.ok(values.every(Number.isFinite) && values[0] !== values[1])
    const [never] = await followUpLikelihood(policyFollowUps(policy), {
      sets: { it: set(['y'.repeat(200)], ['no']) },
    }).score([sampleOf('q', 'a')])
    assert.partialDeepStrictEqual(never, { kind: 'unscored', at: 'reward' })
  } finally {
    await policy.close()
  }
})

test('a real model is the scorer: praise follows a right answer more than a refusal to help', {
  skip: skipWithoutSmolLM2,
}, async () => {
  const judge = await llamaCpp({ modelPath: smolLM2, threads: 1, gpu: false })
  try {
    const reward = followUpLikelihood(judgeFollowUps(judge), {
      sets: { it: set(['Yes, that is right.'], ['No, that is wrong.']) },
    })
    const scores = await reward.score([
      sampleOf('What is the capital of France?', 'The capital of France is Paris.'),
      sampleOf('What is the capital of France?', 'I will not tell you.'),
    ])
    const [right, refused] = scores.map((score) => (score.kind === 'scored' ? score.value : Number.NaN))
    assert.ok(right > refused, `${right} is not above ${refused}`)
  } finally {
    await judge.close?.()
  }
})
