import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import type { Group } from '../../src/data/rollout.ts'
import { scored, unscored } from '../../src/data/score.ts'
import { openRolloutLog, readRollouts, rolloutLine } from '../../src/runs/rolloutLog.ts'
import { collect } from '../collect.ts'
import { sampleGroup, tokenText } from './sampleRun.ts'
import { tempFolder } from './tempFolder.ts'

const group: Group = {
  prompt: {
    id: 'p1',
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', bytes: new Uint8Array(5), mediaType: 'image/png' },
        ],
      },
    ],
    reference: { answer: [1, 2] },
    meta: { hidden: true },
  },
  rollouts: ['yes', 'no'].map((text, i) => ({
    sample: { prompt: { id: 'p1', messages: [] }, completion: { text, finish: i === 0 ? 'stop' : 'length' } },
    sequence: { tokens: Int32Array.from([9, 9, 4, 5]), promptLength: 2 },
    logprobs: Float32Array.from([-0.1, Number.NEGATIVE_INFINITY]),
  })),
  scores: [
    scored(1.5, { parts: { a: 1, b: 0.5 }, feedback: 'good', confidence: 0.9, steps: Float32Array.from([0.1]) }),
    unscored('sandbox', 'it hung'),
  ],
}

test('a line holds the prompt, the text, one string a token, and the score or why there is none', async (t) => {
  const folder = tempFolder(t)
  const log = await openRolloutLog(folder, -1)
  await log.append(rolloutLine(7, 2, group, [Float32Array.from([0.7, -0.3]), new Float32Array(2)], (id) => `<${id}>`))
  await log.close()
  const said = { tokens: ['<4>', '<5>'], logprobs: [-0.1, null] }
  assert.deepEqual(await collect(readRollouts(folder)), [
    {
      step: 7,
      group: 2,
      prompt: {
        id: 'p1',
        messages: [
          { role: 'system', text: 'Be brief.' },
          { role: 'user', text: 'What is this?\n[image/png, 5 bytes]' },
        ],
        reference: { answer: [1, 2] },
      },
      completions: [
        {
          text: 'yes',
          finish: 'stop',
          ...said,
          advantages: [0.7, -0.3],
          score: { value: 1.5, parts: { a: 1, b: 0.5 }, steps: [0.1], feedback: 'good', confidence: 0.9 },
        },
        { text: 'no', finish: 'length', ...said, advantages: [0, 0], unscored: { at: 'sandbox', reason: 'it hung' } },
      ],
    },
  ])
})

test('floats are written short and come back as the same 32-bit floats', () => {
  const { group } = sampleGroup(1, 0, 1, 40)
  const line = z.object({ completions: z.array(z.object({ advantages: z.array(z.number()) })) })
  const written = (value: number): number =>
    line.parse(rolloutLine(1, 0, group, [Float32Array.of(value)], tokenText)).completions[0].advantages[0]
  assert.equal(written(0.1), 0.1)
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      // JSON has one zero only, so -0 may come back as 0.
      assert.ok(Math.fround(written(value)) === value)
      assert.ok(String(written(value)).length <= String(value).length)
    }),
    { seed: 11, numRuns: 300 },
  )
})
