/** PRIME on its code's vectors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PrimeOptions, prime, rloo, whiten } from '../../src/credit/index.ts'
import { assertClose, group, rows } from './groups.ts'

const groups = [
  group(
    [
      [1, 2, 3],
      [4, 5],
    ],
    [1, 0],
  ),
]
const q = [
  [0.4, -0.2, 0.6],
  [-0.5, 0.1],
]
const outputs = [q.map((row) => ({ processRewards: Float32Array.from(row) }))]
const assigned = (options: PrimeOptions = {}) => rows(prime(options).assign(groups, outputs))

test('returns as in the code and as in the paper', () => {
  assertClose(assigned(), [
    [
      [2.749998, 1.833332, 2.416665],
      [-2.166665, -0.833334],
    ],
  ])
  assertClose(assigned({ baseline: 'paper' }), [
    [
      [2.749998, 1.999999, 1.999999],
      [-2.166665, -1.208333],
    ],
  ])
})

test('whitened advantages', () => {
  assertClose(rows(whiten(prime()).assign(groups, outputs)), [
    [
      [0.895835, 0.474716, 0.742701],
      [-1.362895, -0.750358],
    ],
  ])
})

test('the largest return scales the rewards, so that beta does not matter', () => {
  const seen: Record<string, number> = {}
  prime().assign(groups, outputs, (name, value) => (seen[name] = value))
  assertClose(seen['prime/largestReturn'], 0.8)
  assertClose(seen['prime/process'], 0.08)
  const doubled = [outputs[0].map(({ processRewards }) => ({ processRewards: processRewards.map((x) => 2 * x) }))]
  assertClose(rows(prime().assign(groups, doubled)), assigned(), 1e-5)
})

test('without normalisation the rewards are beta q; whole answers have all of it on their last token', () => {
  // beta 0.5: returns of [.2,-.1,.3] and [-.25,.05] less the other's mean, -0.1 and 0.4/3.
  assertClose(assigned({ normalise: 'none', beta: 0.5, baseline: 'paper' }), [
    [
      [1 + 0.4 + 0.3, 1 + 0.2 + 0.2, 1 + 0.3 + 0.1],
      [-1 - 0.2 - 0.8 / 3, -1 + 0.05 - 0.4 / 3],
    ],
  ])
  // Sums 0.8 and -0.4 on the last tokens; means 0.8/3 and -0.2.
  assertClose(assigned({ normalise: 'none', beta: 1, granularity: 'whole', baseline: 'paper' }), [
    [
      [1 + 0.8 + 0.6, 1 + 0.8 + 0.4, 1 + 0.8 + 0.2],
      [-1 - 0.4 - 1.6 / 3, -1 - 0.4 - 0.8 / 3],
    ],
  ])
})

test('REINFORCE, GRPO and GAE on both sources', () => {
  const plain = { normalise: 'none', beta: 1 } as const
  assertClose(assigned({ ...plain, advantage: 'reinforce' }), [
    [
      [1.8, 1.4, 1.6],
      [-0.4, 0.1],
    ],
  ])
  assertClose(assigned({ ...plain, advantage: 'reinforce', gamma: 0.5 }), [
    [
      [1.45, 1.1, 1.6],
      [-0.45, 0.1],
    ],
  ])
  // Outcome: +-1/sqrt(1/2) (half the difference over the sample deviation); all q: mean 0.08, squares 0.788.
  const outcome = Math.SQRT1_2
  const deviation = Math.sqrt(0.788 / 4)
  const z = q.map((row) => row.map((one) => (one - 0.08) / deviation))
  assertClose(
    assigned({ ...plain, advantage: 'grpo' }),
    [
      [
        [outcome + z[0][0] + z[0][1] + z[0][2], outcome + z[0][1] + z[0][2], outcome + z[0][2]],
        [-outcome + z[1][0] + z[1][1], -outcome + z[1][1]],
      ],
    ],
    1e-5,
  )
  const withValues = [
    q.map((row) => ({ processRewards: Float32Array.from(row), values: new Float32Array(row.length) })),
  ]
  // With lambda 1 and no values GAE is the return.
  assertClose(rows(prime({ ...plain, advantage: 'gae', lambda: 1 }).assign(groups, withValues)), [
    [
      [1.8, 1.4, 1.6],
      [-0.4, 0.1],
    ],
  ])
})

test('at the start, q = 0, PRIME is RLOO', () => {
  const still = [q.map((row) => ({ processRewards: new Float32Array(row.length) }))]
  assert.deepEqual(prime().assign(groups, still), rloo().assign(groups, still))
})

test('groups of one, empty answers and equal q are finite; rewards that are missing or infinite are refused', () => {
  const odd = [group([[1]], [1]), group([[], [2, 3]], [0, 1]), group([[1], [2]], [1, 1])]
  const given = odd.map(({ rollouts }) =>
    rollouts.map(({ logprobs }) => ({ processRewards: new Float32Array(logprobs.length).fill(0.3) })),
  )
  for (const advantage of ['rloo', 'reinforce', 'grpo'] as const)
    assert.ok(
      prime({ advantage })
        .assign(odd, given)
        .flat()
        .every((array) => array.every(Number.isFinite)),
    )
  assert.deepEqual(rows(prime().assign(odd.slice(0, 1), given)), [[[0]]])
  assert.throws(() => prime().assign(groups, [[{}, {}]]), /a process reward per token: 0 for 3/)
  const infinite = [q.map((row) => ({ processRewards: Float32Array.from(row, () => -Infinity) }))]
  assert.throws(() => prime().assign(groups, infinite), /finite/)
})
