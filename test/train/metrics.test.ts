import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import type { Group } from '../../src/data/rollout.ts'
import { type Score, scored, unscored } from '../../src/data/score.ts'
import { census, censusMetrics, requireScores } from '../../src/train/census.ts'
import { batchMetrics } from '../../src/train/metrics.ts'

function group(id: string, scores: readonly Score[], logprobs: readonly number[]): Group {
  const prompt = userPrompt(id, id)
  return {
    prompt,
    scores,
    rollouts: scores.map((_, i) => ({
      sample: { prompt, completion: { text: '', finish: i === 0 ? 'length' : 'stop' } },
      sequence: { tokens: new Int32Array(2 + logprobs.length), promptLength: 2 },
      logprobs: Float32Array.from(logprobs),
    })),
  }
}

const groups = [
  group('a', [scored(1, { parts: { answer: 1, format: 0 } }), scored(0, { parts: { answer: 0 } })], [-1, -2]),
  group('b', [scored(0.5), unscored('judge', 'busy'), unscored('judge', 'gone'), unscored('deadline', 'late')], [-0.5]),
]

test('rewards are those of scored answers, lengths and entropy those of all', () => {
  const taught = (values: readonly number[]) => Float32Array.from(values)
  const metrics = batchMetrics(groups, [
    [taught([0.5, 0.5]), taught([-0.5, -0.5])],
    [taught([0]), taught([0]), taught([0]), taught([0])],
  ])
  assert.deepEqual(metrics, {
    reward: 0.5,
    rewardSpread: Math.sqrt((0.25 + 0.25 + 0) / 3),
    'parts/answer': 0.5,
    'parts/format': 0,
    completionLength: 8 / 6,
    truncated: 2 / 6,
    entropy: (3 + 3 + 4 * 0.5) / 8,
    informativeGroups: 0.5,
  })
})

test('the census counts by cause and keeps the first reason of each', () => {
  const found = census(groups)
  assert.deepEqual(found, {
    samples: 6,
    unscored: 3,
    causes: { judge: { count: 2, reason: 'busy' }, deadline: { count: 1, reason: 'late' } },
  })
  assert.deepEqual(censusMetrics(found), { unscored: 0.5, 'unscored/judge': 2 / 6, 'unscored/deadline': 1 / 6 })
  assert.deepEqual(censusMetrics(census([])), { unscored: 0 })
})

test('a share at the limit passes, a larger one does not', () => {
  requireScores(census(groups), 0.5)
  requireScores(census([]), 0)
  assert.throws(
    () => requireScores(census(groups), 0.07),
    /^GuerdonError: 3 of 6 answers could not be scored, more than the limit of 7 %:\n {2}2 at judge: busy\n {2}1 at deadline: late\n/,
  )
})
