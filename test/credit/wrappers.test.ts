/** Credits made of credits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Credit } from '../../src/credit/credit.ts'
import { grpo } from '../../src/credit/grpo.ts'
import { matchNorm } from '../../src/credit/matchNorm.ts'
import { reinforce } from '../../src/credit/reinforce.ts'
import { tempo } from '../../src/credit/tempo.ts'
import { topEntropy } from '../../src/credit/topEntropy.ts'
import { whiten } from '../../src/credit/whiten.ts'
import { withKl } from '../../src/credit/withKl.ts'
import { GuerdonError } from '../../src/data/error.ts'
import { scored } from '../../src/data/score.ts'
import { assertClose, group, noOutputs, randomBatch, rows } from './groups.ts'

test('whiten: the published values of PRIME, mean and sample variance over tokens', () => {
  // Returns and whitened advantages as PRIME's own functions give them; an Unscored rollout stays at 0.
  const returns = [[2.749998, 1.833332, 2.416665], [-2.166665, -0.833334], [7]]
  const given: Credit = { name: 'given', needs: [], assign: () => [returns.map((row) => Float32Array.from(row))] }
  const groups = [group([[1, 2, 3], [4, 5], [6]], [1, 0, null])]
  const whitened = rows(whiten(given).assign(groups, noOutputs(groups)))
  assertClose(whitened, [[[0.895835, 0.474716, 0.742701], [-1.362895, -0.750358], [7]]])
})

test('whiten: a batch without spread stays finite', () => {
  const groups = [group([[1, 2]], [1])]
  assert.deepEqual(rows(whiten(reinforce()).assign(groups, noOutputs(groups))), [[[0, 0]]])
})

test('topEntropy keeps exactly the floor(rho N) surest-to-matter tokens of the scored rollouts', () => {
  const groups = [
    group(
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [1, 2, null],
    ),
  ]
  const entropies = [
    [0.1, 0.9],
    [0.9, 0.9],
    [5, 5],
  ].map((row) => ({ entropy: Float32Array.from(row) }))
  const at = (rho: number) => rows(topEntropy(reinforce(), { rho }).assign(groups, [entropies]))
  assert.deepEqual(at(0.5), [
    [
      [0, 1],
      [2, 0],
      [0, 0],
    ],
  ])
  assert.deepEqual(at(0.75), [
    [
      [0, 1],
      [2, 2],
      [0, 0],
    ],
  ])
  assert.deepEqual(at(1), [
    [
      [1, 1],
      [2, 2],
      [0, 0],
    ],
  ])
  assert.deepEqual(at(0.01), [
    [
      [0, 1],
      [0, 0],
      [0, 0],
    ],
  ])
  for (let seed = 0; seed < 40; seed++) {
    const { groups, outputs } = randomBatch(seed)
    const inner: Credit = {
      name: 'ones',
      needs: [],
      assign: () =>
        groups.map(({ rollouts }) => rollouts.map(({ logprobs }) => new Float32Array(logprobs.length).fill(1))),
    }
    const advantages = topEntropy(inner, { rho: 0.3 }).assign(groups, outputs)
    const tokens = groups.flatMap(({ scores }, g) =>
      scores.flatMap(({ kind }, i) =>
        kind === 'scored'
          ? Array.from(outputs[g][i].entropy ?? [], (h, t) => ({ h, kept: advantages[g][i][t] === 1 }))
          : [],
      ),
    )
    const kept = tokens.filter((token) => token.kept)
    assert.equal(kept.length, tokens.length === 0 ? 0 : Math.max(1, Math.floor(0.3 * tokens.length)))
    const dropped = tokens.filter((token) => !token.kept)
    assert.ok(Math.min(...kept.map(({ h }) => h)) >= Math.max(...dropped.map(({ h }) => h)))
  }
})

test('topEntropy without entropies is an error', () => {
  const groups = [group([[1]], [1])]
  assert.throws(() => topEntropy(grpo()).assign(groups, noOutputs(groups)), GuerdonError)
})

test('matchNorm gives the direction of one credit and the size of the other', () => {
  const norm = (arrays: Float32Array[][]) => Math.hypot(...arrays.flat().flatMap((array) => [...array]))
  for (let seed = 0; seed < 40; seed++) {
    const { groups, outputs } = randomBatch(seed)
    const own = tempo().assign(groups, outputs)
    const like = norm(grpo().assign(groups, outputs))
    const matched = matchNorm(tempo(), grpo()).assign(groups, outputs)
    assert.ok(Math.abs(norm(matched) - like) < 1e-4 * (1 + like))
    const ratio = norm(own) === 0 ? 0 : like / norm(own)
    matched.flat().forEach((array, k) => {
      array.forEach((advantage, t) => {
        assert.ok(Math.abs(advantage - ratio * own.flat()[k][t]) < 1e-4)
      })
    })
  }
})

test('withKl lowers the value of a credit that is not dense by beta times the sum', () => {
  const groups = [group([[1, 2], [3]], [1, 0])]
  // Log-probs at sampling are -1, so the log-ratios are 1, 2 and 0.5.
  const outputs = [[{ reference: Float32Array.from([-2, -3]) }, { reference: Float32Array.from([-1.5]) }]]
  const credit = withKl(grpo({ normalise: 'none' }), { beta: 0.1 })
  // 1 - 0.3 and 0 - 0.05, less their mean.
  assert.deepEqual(rows(credit.assign(groups, outputs)), [[[0.375, 0.375], [-0.375]]])
  const dense = withKl(reinforce(), { beta: 0.1, estimator: 'k2' })
  assert.deepEqual(rows(dense.assign(groups, outputs)), [[[0.75, 0.8], [-0.0125]]])
})

test('withKl does not hide dense rewards of the wrong length', () => {
  const groups = [group([[1, 2]], [scored(1, { tokens: new Float32Array(1) })])]
  const outputs = [[{ reference: new Float32Array(2) }]]
  assert.throws(() => withKl(reinforce(), { beta: 0.1 }).assign(groups, outputs), /1 dense rewards/)
})

test('wrappers pass on what a credit remembers', () => {
  let memory: unknown = 3
  const counting: Credit = {
    name: 'counting',
    needs: [],
    assign: (groups) => groups.map(({ rollouts }) => rollouts.map(() => new Float32Array(1))),
    state: () => memory,
    restore: (state) => {
      memory = state
    },
  }
  const wrapped = matchNorm(grpo(), whiten(counting))
  const saved = JSON.parse(JSON.stringify(wrapped.state?.()))
  memory = undefined
  wrapped.restore?.(saved)
  assert.equal(memory, 3)
  assert.equal(topEntropy(grpo()).state, undefined)
})
