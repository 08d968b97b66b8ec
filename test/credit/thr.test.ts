/** THR and NTHR on the vectors computed for them, and the derivative that a token hidden reward is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Credit, grpo, nthr, thr } from '../../src/credit/index.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored } from '../../src/data/score.ts'
import { assertClose, flat, group, rows } from './groups.ts'
import { influences, type Positions } from './influence.ts'

const hidden = [
  [
    [1, 0],
    [0.5, 0.5],
  ],
  [
    [1, 0],
    [0, 1],
  ],
]
const tokens = [
  [0, 2],
  [0, 1],
]
const published: Positions[] = [
  {
    tokens: tokens[0],
    hidden: hidden[0],
    chances: [
      [0.5, 0.3, 0.2],
      [0.2, 0.2, 0.6],
    ],
  },
  {
    tokens: tokens[1],
    hidden: hidden[1],
    chances: [
      [0.5, 0.3, 0.2],
      [0.1, 0.7, 0.2],
    ],
  },
]

/** +1 for a right answer, -1 for a wrong one. */
const signs: Credit = {
  name: 'signs',
  needs: [],
  assign: (groups) =>
    groups.map(({ rollouts, scores }) =>
      rollouts.map(({ logprobs }, i) => {
        const score = scores[i]
        return new Float32Array(logprobs.length).fill(score.kind === 'scored' && score.value === 1 ? 1 : -1)
      }),
    ),
}

const groups = [group(tokens, [1, 0])]

/** The influence that a credit asks for, by its definition. */
function outputsFor(credit: Credit, of: readonly Group[], answers: readonly (readonly Positions[])[]) {
  const question = credit.influence?.(of)
  assert.ok(question !== undefined)
  return answers.map((list, g) =>
    influences(
      list,
      question.weights.filter((_, i) => question.groups[i] === g),
    ).map((influence) => ({ influence })),
  )
}

test('token hidden rewards and their threshold', () => {
  const seen: Record<string, number> = {}
  const credit = thr(signs)
  const outputs = outputsFor(credit, groups, [published])
  assertClose(rows([outputs[0].map(({ influence }) => influence)]), [
    [
      [0.16, 0.03],
      [0.16, -0.03],
    ],
  ])
  credit.assign(groups, outputs, (name, value) => (seen[name] = value))
  assertClose(seen['thr/tau'], 0.095)
  assertClose(seen['thr/kept'], 0.5)
})

test('advantages without, for and against exploitation', () => {
  const steered = (p: number) => {
    const credit = thr(signs, { p })
    return rows(credit.assign(groups, outputsFor(credit, groups, [published])))
  }
  assertClose(steered(0), [
    [
      [1, 0],
      [-1, 0],
    ],
  ])
  assertClose(steered(0.1), [
    [
      [1.1, 0],
      [-0.9, 0],
    ],
  ])
  assertClose(steered(-0.1), [
    [
      [0.9, 0],
      [-1.1, 0],
    ],
  ])
})

const head = [
  [0.3, -0.2],
  [0.1, 0.4],
  [-0.5, 0.2],
]

/** The distribution of W h. */
function softmax(weights: readonly (readonly number[])[], state: readonly number[]): number[] {
  const sizes = weights.map((row) => Math.exp(row[0] * state[0] + row[1] * state[1]))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return sizes.map((size) => size / total)
}

const answersOf = (weights: readonly (readonly number[])[]): Positions[] =>
  tokens.map((list, i) => ({
    tokens: list,
    hidden: hidden[i],
    chances: hidden[i].map((state) => softmax(weights, state)),
  }))

test('with a real softmax a token hidden reward is the derivative of the right answer’s mean log-prob', () => {
  const credit = thr(signs)
  const [outputs] = outputsFor(credit, groups, [answersOf(head)])
  const expected = [
    [0.195163, 0.154971],
    [-0.195163, 0.102125],
  ]
  const rewards = outputs.map(({ influence }, j) => Array.from(influence, (value) => (j === 0 ? value : -value)))
  assertClose(rewards, expected)
  const seen: Record<string, number> = {}
  credit.assign(groups, [outputs], (name, value) => (seen[name] = value))
  assertClose(seen['thr/tau'], 0.175067)
  const meanLogprob = (weights: readonly (readonly number[])[]) =>
    hidden[0].reduce((sum, state, k) => sum + Math.log(softmax(weights, state)[tokens[0][k]]) / 2, 0)
  const h = 1e-4
  rewards.forEach((list, j) => {
    list.forEach((reward, k) => {
      const error = softmax(head, hidden[j][k]).map((chance, v) => (v === tokens[j][k] ? 1 : 0) - chance)
      const moved = (by: number) =>
        meanLogprob(head.map((row, v) => row.map((w, d) => w + by * (j === 0 ? 1 : -1) * error[v] * hidden[j][k][d])))
      assertClose(reward, (moved(h) - moved(-h)) / (2 * h), 1e-6)
    })
  })
})

test('a share of tokens to keep, a constant, and a threshold of 0 that keeps all', () => {
  const kept = (tau: number | { readonly keep: number }) => {
    const credit = thr(signs, { tau })
    return rows(credit.assign(groups, outputsFor(credit, groups, [published])))[0].map((row) => row?.map(Math.abs))
  }
  assertClose(kept({ keep: 0.5 }), [
    [1, 0],
    [1, 0],
  ])
  assertClose(kept({ keep: 1 }), [
    [1, 1],
    [1, 1],
  ])
  assertClose(kept(0.1), [
    [1, 0],
    [1, 0],
  ])
  assertClose(kept(0), [
    [1, 1],
    [1, 1],
  ])
  assertClose(kept(-1), [
    [1, 1],
    [1, 1],
  ])
})

test('NTHR holds back what wrong answers share with right ones, by how uneven the group is', () => {
  const shares = [2, 4, 7].map((right) => {
    const eight = [flat(Array.from({ length: 8 }, (_, i) => (i < right ? 1 : 0)))]
    // Wrong answers have more influence than the right ones: all of their tokens are held back.
    const outputs = eight.map(({ rollouts }) =>
      rollouts.map((_, i) => ({ influence: Float32Array.of(i < right ? 1 : 2) })),
    )
    return rows(nthr(signs).assign(eight, outputs))[0].at(-1)?.[0]
  })
  assertClose(shares, [-0.5, -0, -0.75])
  const off = [flat([1, 0])]
  assertClose(
    rows(nthr(signs, { eta: 0 }).assign(off, [[{ influence: Float32Array.of(1) }, { influence: Float32Array.of(2) }]])),
    [[[1], [0]]],
  )
})

test('NTHR asks for whole answers, THR for their mean', () => {
  assert.deepEqual(thr(grpo()).influence?.(groups), { groups: [0, 0], weights: [0.5, 0] })
  assert.deepEqual(nthr(grpo()).influence?.(groups), { groups: [0, 0], weights: [1, 0] })
})

test('verdicts by a part; groups of one class or of one answer keep their advantages; odd answers are finite', () => {
  const byPart = [group([[1], [2]], [scored(0.4, { parts: { answer: 1 } }), scored(0.4, { parts: { answer: 0 } })])]
  assert.deepEqual(thr(grpo(), { part: 'answer' }).influence?.(byPart).weights, [1, 0])
  const same = [flat([1, 1]), flat([0])]
  assert.deepEqual(thr(signs).assign(same, [[{}, {}], [{}]]), signs.assign(same, []))
  const odd = [group([[], [1], [2]], [1, 0, null])]
  const none = odd.map(({ rollouts }) =>
    rollouts.map(({ logprobs }) => ({ influence: new Float32Array(logprobs.length) })),
  )
  assert.ok(
    thr(grpo())
      .assign(odd, none)
      .flat()
      .every((array) => array.every(Number.isFinite)),
  )
  assert.throws(() => thr(grpo()).assign(groups, [[{}, {}]]), /influence of every token is needed/)
  const infinite = [[1, 2].map(() => ({ influence: Float32Array.of(Infinity, 0) }))]
  assert.throws(() => thr(grpo()).assign(groups, infinite), /not finite/)
})
