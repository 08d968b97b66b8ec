import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wbReward } from '../../../src/rewards/judged/wbReward.ts'
import { wbScore } from '../../../src/rewards/judged/wbScore.ts'
import { fieldsOf, sampleOf, served } from './served.ts'

const score = (given: number) => JSON.stringify({ strengths: 's', weaknesses: 'w', score: given })
const choice = (given: string) => JSON.stringify({ analysis_of_A: 'a', analysis_of_B: 'b', reason: 'r', choice: given })

test('WB-Score: 2 (s - 5), the checklist in the prompt, history apart from the query', async () => {
  await using judged = await served([score(8)])
  const sample = {
    prompt: {
      id: 'p',
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi.' },
        { role: 'user', content: 'Write a haiku.' },
      ],
      meta: { checklist: ['Has it three lines?', 'Is there a season word?'] },
    },
    completion: { text: 'old pond', finish: 'stop' },
  } as const
  const [found] = await wbScore(judged.judge).score([sample])
  assert.partialDeepStrictEqual(found, { kind: 'scored', value: 6, parts: { score: 8 } })
  assert.deepEqual(fieldsOf(judged.asked(0)), {
    History: 'USER: Hello\nASSISTANT: Hi.',
    Query: 'Write a haiku.',
    Answer: 'old pond',
    Checklist: '- Has it three lines?\n- Is there a season word?',
  })
})

test('an empty answer has score 1 and is not judged', async () => {
  await using judged = await served([score(10)])
  assert.partialDeepStrictEqual((await wbScore(judged.judge).score([sampleOf('q', ' ')]))[0], { value: -8 })
  assert.equal(judged.server.requests.length, 0)
})

test('WB-Reward: the outcome is that of the answer, on whichever side it stands', async () => {
  // This judge finds the answer 'good' slightly better than anything.
  await using judged = await served((words) => choice(fieldsOf(words)['Answer A'] === 'good' ? 'A+' : 'B+'))
  const samples = Array.from({ length: 12 }, (_, i) => sampleOf(`question ${i}`, 'good', 'bad'))
  for (const found of await wbReward(judged.judge).score(samples))
    assert.partialDeepStrictEqual(found, { kind: 'scored', value: 0.5 })
  const first = judged.server.requests.filter((_, i) => fieldsOf(judged.asked(i))['Answer A'] === 'good').length
  assert.ok(first > 1 && first < 11, `the coin put it first ${first} times of 12`)
})

test('a slight win by length is a tie, a clear one stays; the mean is over the baselines', async () => {
  const long = 'x'.repeat(600)
  const better = (by: string) => (words: string) => choice(fieldsOf(words)['Answer A'] === long ? `A${by}` : `B${by}`)
  await using slight = await served(better('+'))
  const sample = sampleOf('q', long, ['short', 'y'.repeat(200)])
  const [found] = await wbReward(slight.judge).score([sample])
  assert.partialDeepStrictEqual(found, { value: 0.25, parts: { 'against 1': 0, 'against 2': 0.5 } })
  const [off] = await wbReward(slight.judge, { margin: Number.POSITIVE_INFINITY }).score([sample])
  assert.partialDeepStrictEqual(off, { value: 0.5 })
  await using clear = await served(better('++'))
  assert.partialDeepStrictEqual((await wbReward(clear.judge).score([sample]))[0], { value: 1 })
})
