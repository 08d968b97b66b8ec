import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bnpo } from '../../src/credit/bnpo.ts'
import { GuerdonError } from '../../src/data/error.ts'
import { scored } from '../../src/data/score.ts'
import { assertClose, flat, noOutputs } from './groups.ts'

function run(batch: (number | null)[][], credit = bnpo()): { rows: number[][]; metrics: Record<string, number> } {
  const groups = batch.map((scores, g) => flat(scores, `p${g}`))
  const metrics: Record<string, number> = {}
  const report = (name: string, value: number) => {
    metrics[name] = value
  }
  const rows = credit.assign(groups, noOutputs(groups), report).map((group) => group.map(([advantage]) => advantage))
  return { rows, metrics }
}

// Vectors 1 to 3 and the first of 5: the authors' compute_bnpo_outcome_advantage.
test('vector 1: a batch that is GRPO up to pi/8', () => {
  const { rows, metrics } = run([
    [1, 1, 0, 0],
    [1, 0, 0, 0],
    [1, 1, 1, 0],
  ])
  assertClose(rows[0], [0.392699, 0.392699, -0.392699, -0.392699])
  assertClose(rows[1], [0.680175, -0.226725, -0.226725, -0.226725])
  assertClose(rows[2], [0.226725, 0.226725, 0.226725, -0.680175])
  const { mu, v, a, b, alpha, beta } = Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name.replace('bnpo/', ''), value]),
  )
  assertClose([mu, v, a, b, alpha, beta], [0.5, 0.0625, 1.5, 1.5, 1.5, 1.5])
})

test('vector 2: uneven success rates', () => {
  const { rows, metrics } = run([
    [1, 1, 1, 1],
    [1, 1, 1, 0],
    [1, 1, 0, 0],
    [1, 0, 0, 0],
  ])
  assertClose(rows[0], [0, 0, 0, 0])
  assertClose(rows[1], [0.224327, 0.224327, 0.224327, -0.67298])
  assertClose(rows[2], [0.447437, 0.447437, -0.447437, -0.447437])
  assertClose(rows[3], [0.754575, -0.251525, -0.251525, -0.251525])
  assertClose([metrics['bnpo/mu'], metrics['bnpo/v']], [0.625, 0.104167])
  assertClose([metrics['bnpo/a'], metrics['bnpo/b']], [0.78125, 0.46875])
  assertClose([metrics['bnpo/alpha'], metrics['bnpo/beta']], [1.260417, 1.15625])
})

test('vector 3: two prompts alike', () => {
  const { rows } = run([
    [1, 1, 1, 0],
    [1, 1, 1, 0],
    [1, 1, 0, 0],
  ])
  assertClose(rows[0], [0.145107, 0.145107, 0.145107, -0.435321])
  assertClose(rows[1], rows[0])
  assertClose(rows[2], [0.329352, 0.329352, -0.329352, -0.329352])
})

test('vector 4: for rates that follow Beta(a, b) the density has the parameters of least variance', () => {
  const optima = [
    [2, 3, 1.666667, 2],
    [6, 2, 3, 1.666667],
    [0.5, 0.5, 1.166667, 1.166667],
  ]
  for (const [a, b, alpha, beta] of optima) {
    // Two prompts whose rates have the mean and the variance of Beta(a, b).
    const mean = a / (a + b)
    const step = Math.sqrt((mean * (1 - mean)) / (a + b + 1) / 2)
    const { metrics } = run([
      [mean - step, mean - step],
      [mean + step, mean + step],
    ])
    assertClose([metrics['bnpo/a'], metrics['bnpo/b']], [a, b])
    assertClose([metrics['bnpo/alpha'], metrics['bnpo/beta']], [alpha, beta])
  }
})

test('vector 5: one prompt, or equal rates everywhere, has the weight 1', () => {
  assertClose(run([[1, 0, 0, 0]]).rows[0], [0.75, -0.25, -0.25, -0.25])
  assertClose(
    run([
      [1, 0],
      [1, 0],
    ]).rows.flat(),
    [0.5, -0.5, 0.5, -0.5],
  )
  // A third of each, whose mean is not a third to the last bit.
  assertClose(
    run([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]).rows[0],
    [2 / 3, -1 / 3, -1 / 3],
  )
})

test('more spread than a Beta distribution can have falls back to the weight 1', () => {
  assertClose(
    run([
      [1, 1],
      [0, 0],
    ]).rows.flat(),
    [0, 0, 0, 0],
  )
  assertClose(
    run([
      [1, 1, 1, 1, 1, 1, 1, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ]).rows[0].slice(6),
    [0.125, -0.875],
  )
})

test('the Unscored and the alone take no part in the moments', () => {
  const plain = run([
    [1, 1, 0, 0],
    [1, 0, 0, 0],
    [1, 1, 1, 0],
  ])
  const mixed = run([[1, 1, null, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0], [1], [null, 0]])
  assert.deepEqual(mixed.metrics, plain.metrics)
  assertClose(mixed.rows[0], [0.392699, 0.392699, 0, -0.392699, -0.392699])
  assert.deepEqual(mixed.rows.slice(3), [[0], [0, 0]])
})

test('the weight is clamped', () => {
  const half = [1, 1, 0, 0]
  const batch = [[1, ...new Array(15).fill(0)], half, half, half, half]
  const centred = 1 - 1 / 16
  assert.ok(run(batch).rows[0][0] > 1.5 * centred)
  assertClose(run(batch, bnpo({ clamp: 1.5 })).rows[0][0], 1.5 * centred)
})

test('parts are normalised apart and averaged; the value is not looked at', () => {
  const score = (answer: number, format: number) => scored(99, { parts: { answer, format } })
  const groups = [
    flat([score(1, 1), score(1, 1), score(0, 1), score(0, 0)]),
    flat([score(1, 1), score(0, 1), score(0, 1), score(0, 0)]),
    flat([score(1, 1), score(1, 1), score(1, 0), score(0, 0)]),
  ]
  const both = bnpo({ parts: ['answer', 'format'] }).assign(groups, noOutputs(groups))
  const answer = run([
    [1, 1, 0, 0],
    [1, 0, 0, 0],
    [1, 1, 1, 0],
  ]).rows
  const format = run([
    [1, 1, 1, 0],
    [1, 1, 1, 0],
    [1, 1, 0, 0],
  ]).rows
  both.forEach((group, g) => {
    assertClose(
      group.map(([advantage]) => advantage),
      answer[g].map((advantage, i) => (advantage + format[g][i]) / 2),
    )
  })
})

test('rewards of another range are mapped, rewards outside of it and unknown parts are errors', () => {
  const mapped = run(
    [
      [1, 1, -1, -1],
      [1, -1, -1, -1],
      [1, 1, 1, -1],
    ],
    bnpo({ range: [-1, 1] }),
  )
  assertClose(mapped.rows[1], [0.680175, -0.226725, -0.226725, -0.226725])
  const refused = (credit: ReturnType<typeof bnpo>, message: RegExp) => {
    assert.throws(
      () => run([[1, 2]], credit),
      (error) => error instanceof GuerdonError && message.test(error.message),
    )
  }
  refused(bnpo(), /prompt 'p0', rollout 1: bnpo takes rewards in \[0, 1\], this is 2/)
  refused(bnpo({ parts: ['anwser'] }), /no score has a part 'anwser'/)
})
