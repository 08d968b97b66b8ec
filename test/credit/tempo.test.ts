import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { tempo } from '../../src/credit/tempo.ts'
import { assertClose, group, noOutputs, rows } from './groups.ts'

function run(completions: number[][], scores: (number | null)[], credit = tempo(), digits = 6) {
  const groups = [group(completions, scores)]
  const metrics: Record<string, number> = {}
  const advantages = credit.assign(groups, noOutputs(groups), (name, value) => {
    metrics[name] = value
  })
  return { rows: rows(advantages, digits)[0], metrics }
}

const tree = [
  [1, 2, 3, 9],
  [1, 2, 4, 9],
  [1, 5, 6, 9],
  [1, 5, 6, 9],
]

// Vectors 1 to 4: the authors' compute_tempo_outcome_advantage.
test('vector 1: a tree of four answers', () => {
  assertClose(run(tree, [1, 0, 0, 0], tempo({ normalise: 'none' })).rows, [
    [0.75, 1, 1.25, 0.75],
    [-0.25, 0, -0.75, -0.25],
    [-0.25, -0.5, -0.25, -0.25],
    [-0.25, -0.5, -0.25, -0.25],
  ])
  assertClose(run(tree, [1, 0, 0, 0]).rows, [
    [1.499997, 1.999996, 2.499995, 1.499997],
    [-0.499999, 0, -1.499997, -0.499999],
    [-0.499999, -0.999998, -0.499999, -0.499999],
    [-0.499999, -0.999998, -0.499999, -0.499999],
  ])
})

test('vector 2: nothing shared', () => {
  const up = [1.732048, 0.866024]
  const down = [-1.732048, -0.866024]
  assertClose(
    run(
      [
        [1, 9],
        [2, 9],
        [3, 9],
        [4, 9],
      ],
      [1, 1, 0, 0],
    ).rows,
    [up, up, down, down],
  )
})

test('vector 3: different lengths', () => {
  assertClose(
    run(
      [
        [1, 2, 9],
        [1, 2, 3, 9],
        [1, 4, 9],
      ],
      [1, 0, 1],
    ).rows,
    [
      [0.577349, 0.288675, 1.443373],
      [-1.154699, -1.443373, -2.020723, -1.154699],
      [0.577349, 1.154698, 0.577349],
    ],
  )
})

test('vector 4: equal rewards', () => {
  assert.deepEqual(
    run(
      [
        [1, 9],
        [2, 9],
      ],
      [1, 1],
    ).rows,
    [
      [0, 0],
      [0, 0],
    ],
  )
})

test('one rollout, or one that is scored, has zeros', () => {
  assert.deepEqual(run([[1, 9]], [1]).rows, [[0, 0]])
  assert.deepEqual(
    run(
      [
        [1, 9],
        [2, 9],
      ],
      [1, null],
    ).rows,
    [
      [0, 0],
      [0, 0],
    ],
  )
})

test('the report says how much is shared', () => {
  // Tokens with delta != 0: all four second tokens and the two third ones of the first two answers. Shared: 2, 2, 4, 4.
  assert.deepEqual(run(tree, [1, 0, 0, 0]).metrics, { 'tempo/branching': 6 / 16, 'tempo/sharedPrefix': 3 })
  assert.deepEqual(run([[1], [2]], [1, 1]).metrics, { 'tempo/branching': 0, 'tempo/sharedPrefix': 0 })
})

const answers = fc.array(
  fc.tuple(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 4 })),
  { minLength: 2, maxLength: 7 },
)

test('equals the definition: the mean over answers that share the prefix, by comparing all with all', () => {
  fc.assert(
    fc.property(answers, (drawn) => {
      const completions = drawn.map(([tokens]) => tokens)
      const scores = drawn.map(([, score]) => score)
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
      const value = (tokens: number[], t: number) => {
        const sharing = completions.flatMap((other, k) =>
          other.length >= t && tokens.slice(0, t).every((token, s) => other[s] === token) ? scores[k] : [],
        )
        return sharing.reduce((sum, score) => sum + score, 0) / sharing.length
      }
      const equal = scores.every((score) => score === scores[0])
      const expected = completions.map((tokens, i) =>
        tokens.map((_, t) => (equal ? 0 : scores[i] - mean + value(tokens, t + 1) - value(tokens, t))),
      )
      const actual = run(completions, scores, tempo({ normalise: 'none' }), 4).rows
      assert.deepEqual(
        actual,
        expected.map((row) => row.map((x) => Number(x.toFixed(4)) + 0)),
      )
    }),
    { seed: 8, numRuns: 300 },
  )
})

test('deltas telescope: over a unique answer they sum to its advantage', () => {
  fc.assert(
    fc.property(answers, (drawn) => {
      const completions = drawn.map(([tokens], i) => [...tokens, 10 + i])
      const scores = drawn.map(([, score]) => score)
      const sums = (weight: number) =>
        run(completions, scores, tempo({ weight, normalise: 'none' }), 12).rows.map((row) =>
          (row ?? []).reduce((a, b) => a + b, 0),
        )
      const grpo = sums(0)
      sums(1).forEach((sum, i) => {
        // (T + 1)(r - mean) against T (r - mean).
        const { length } = completions[i]
        assert.ok(Math.abs(sum - (grpo[i] * (length + 1)) / length) < 1e-4)
      })
    }),
    { seed: 9 },
  )
})
