/** What every credit promises, whatever its equation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  bnpo,
  type Credit,
  gae,
  grpo,
  matchNorm,
  nthr,
  oreal,
  prime,
  pure,
  reinforce,
  rloo,
  tempo,
  thr,
  topEntropy,
  whiten,
  withinSuccess,
  withKl,
} from '../../src/credit/index.ts'
import { completionLength } from '../../src/data/rollout.ts'
import { group, noOutputs, randomBatch } from './groups.ts'

const credits: Credit[] = [
  reinforce(),
  reinforce({ baseline: 'batch' }),
  reinforce({ baseline: 'group' }),
  rloo(),
  grpo(),
  grpo({ normalise: 'none' }),
  gae(),
  bnpo(),
  tempo(),
  whiten(gae()),
  topEntropy(tempo()),
  matchNorm(tempo(), grpo()),
  withKl(gae(), { beta: 0.1 }),
  withKl(grpo(), { beta: 0.1, estimator: 'k3' }),
  pure(),
  pure({ form: 'strict', baseline: 'token' }),
  pure({ form: 'token-min' }),
  withKl(pure({ baseline: 'step' }), { beta: 0.1 }),
  prime(),
  prime({ advantage: 'reinforce', granularity: 'whole' }),
  prime({ advantage: 'grpo', baseline: 'paper' }),
  prime({ advantage: 'gae' }),
  oreal({ select: 'all' }),
  oreal({ weights: 0.5, select: 'all', baseline: 'grpo' }),
  thr(grpo(), { p: 0.3 }),
  thr(grpo(), { tau: { keep: 0.2 }, p: -0.3 }),
  nthr(grpo()),
  withinSuccess(tempo()),
]

for (const credit of credits) {
  test(`${credit.name}: one finite advantage per token, zeros for Unscored`, () => {
    for (let seed = 0; seed < 60; seed++) {
      const { groups, outputs } = randomBatch(seed)
      const advantages = credit.assign(groups, outputs)
      assert.equal(advantages.length, groups.length)
      groups.forEach(({ rollouts, scores }, g) => {
        assert.equal(advantages[g].length, rollouts.length)
        rollouts.forEach(({ sequence }, i) => {
          assert.equal(advantages[g][i].length, completionLength(sequence))
          assert.ok(advantages[g][i].every(Number.isFinite))
          if (scores[i].kind === 'unscored') assert.ok(advantages[g][i].every((advantage) => advantage === 0))
        })
      })
    }
  })

  test(`${credit.name}: Unscored rollouts change nothing for the others`, () => {
    for (let seed = 0; seed < 60; seed++) {
      const { groups, outputs } = randomBatch(seed)
      const kept = groups.map(({ scores }) => scores.flatMap((score, i) => (score.kind === 'scored' ? i : [])))
      const without = groups.map((one, g) => ({
        ...one,
        rollouts: kept[g].map((i) => one.rollouts[i]),
        scores: kept[g].map((i) => one.scores[i]),
      }))
      const all = credit.assign(groups, outputs)
      const some = credit.assign(
        without,
        outputs.map((row, g) => kept[g].map((i) => row[i])),
      )
      assert.deepEqual(
        all.map((row, g) => kept[g].map((i) => row[i])),
        some,
      )
    }
  })

  test(`${credit.name}: groups without a score, empty groups and empty batches are no error`, () => {
    const groups = [group([[1], [2, 3]], [null, null]), group([], [])]
    assert.deepEqual(credit.assign(groups, noOutputs(groups)), [[new Float32Array(1), new Float32Array(2)], []])
    assert.deepEqual(credit.assign([], []), [])
  })
}
