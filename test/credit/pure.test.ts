/** PURE on its paper's vectors, and against its returns written down directly. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PureForm, pure, whiten } from '../../src/credit/index.ts'
import { weighSteps } from '../../src/credit/pure.ts'
import { random } from '../../src/data/random.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored } from '../../src/data/score.ts'
import { assertClose, group, noOutputs, rows } from './groups.ts'

/** A group whose answers have these steps: [token that ends it, its reward], with the value 0 unless given. */
function stepped(
  answers: readonly { length: number; steps: [end: number, reward: number][]; value?: number }[],
): Group {
  const plain = group(
    answers.map(({ length }) => Array.from({ length }, (_, t) => t)),
    answers.map(({ steps, value = 0 }) => scored(value, { steps: Float32Array.from(steps, ([, reward]) => reward) })),
  )
  return {
    ...plain,
    rollouts: plain.rollouts.map((rollout, i) => ({
      ...rollout,
      stepEnds: Int32Array.from(answers[i].steps, ([end]) => end),
    })),
  }
}

/** The returns of one answer whose steps end on every token: the second answer is empty of reward, so its baseline is 0. */
function returnsOf(rewards: number[], form: PureForm, temperature = 0.1): number[] {
  const groups = [
    stepped([
      { length: rewards.length, steps: rewards.map((reward, t) => [t, reward]) },
      { length: 1, steps: [] },
    ]),
  ]
  const [[first]] = pure({ form, temperature, steps: 'reward' }).assign(groups, [])
  return Array.from(first)
}

const r = [0.9, 0.8, -0.6, 0.7]

test('step rewards are weighed as in the paper', () => {
  const weighed = (form: PureForm, temperature: number, rewards = r) =>
    Array.from(weighSteps(Float64Array.from(rewards), form, temperature))
  assertClose(weighed('min', 0.1), [0, 0.000001, -0.599998, 0.000002], 1e-6)
  assertClose(weighed('min', 1), [0.115263, 0.113231, -0.344381, 0.109497], 1e-6)
  assertClose(weighed('mean', 0.1), [0.225, 0.2, -0.15, 0.175], 1e-12)
  assertClose(weighed('sum', 0.1), r, 0)
  assertClose(weighed('min', 0.1, [0.5, 0.5]), [0.25, 0.25], 1e-12)
})

test('returns as in the paper: soft minimum at two temperatures, exact minimum, sum', () => {
  assertClose(returnsOf(r, 'min'), [-0.599995, -0.599996, -0.599996, 0.000002])
  assertClose(returnsOf(r, 'min', 1), [-0.00639, -0.121653, -0.234883, 0.109497])
  assertClose(returnsOf(r, 'strict'), [-0.6, -0.6, -0.6, 0])
  assertClose(returnsOf(r, 'sum'), [1.8, 0.9, 0.1, 0.7])
  assertClose(returnsOf([0.5, 0.5], 'min'), [0.5, 0.25])
  assertClose(returnsOf([0.5, 0.5], 'strict'), [0.5, 0], 0)
})

const two = [
  stepped([
    {
      length: 4,
      steps: [
        [1, -0.1],
        [3, -0.5],
      ],
    },
    { length: 3, steps: [[2, 0.6]] },
  ]),
]
const plainSum = { form: 'sum', steps: 'reward', length: 5 } as const

test('the baseline of returns, with and without whitening, and the minimum over tokens of the authors’ code', () => {
  assertClose(rows(pure(plainSum).assign(two, [])), [
    [
      [-0.96, -0.96, -0.86, -0.86],
      [1.04, 1.04, 1.04],
    ],
  ])
  assertClose(rows(pure({ ...plainSum, form: 'token-min' }).assign(two, [])), [
    [
      [-0.5, -0.5, -0.5, -0.5],
      [0.4, 0.4, 0.4],
    ],
  ])
  assertClose(rows(whiten(pure(plainSum)).assign(two, [])), [
    [
      [-0.849103, -0.849103, -0.753236, -0.753236],
      [1.068226, 1.068226, 1.068226],
    ],
  ])
})

test('the baselines per token and per step', () => {
  // 0.2 a token for the first answer, whose steps have two tokens each; -0.15 for the other's three.
  assertClose(rows(pure({ ...plainSum, baseline: 'token' }).assign(two, [])), [
    [
      [-1.4, -1.4, -0.9, -0.9],
      [1.05, 1.05, 1.05],
    ],
  ])
  // 0.6 a step, and -0.3.
  assertClose(rows(pure({ ...plainSum, baseline: 'step' }).assign(two, [])), [
    [
      [-1.8, -1.8, -1.1, -1.1],
      [0.9, 0.9, 0.9],
    ],
  ])
})

test('a wrong first label moves the minimum no further than its error, the sum by all of them', () => {
  const source = random('pure')
  for (let n = 0; n < 200; n++) {
    const rewards = Array.from({ length: source.int(1, 8) }, () => 2 * source.next() - 1)
    const noisy = rewards.map((reward) => reward + 0.05 * (2 * source.next() - 1))
    const [clean, moved] = [returnsOf(rewards, 'strict')[0], returnsOf(noisy, 'strict')[0]]
    assert.ok(Math.abs(clean - moved) <= 0.05 + 1e-6)
  }
})

test('the minimum returned is that of the steps to come, at any step', () => {
  const source = random('pure/strict')
  for (let n = 0; n < 200; n++) {
    const rewards = Array.from({ length: source.int(1, 8) }, () => 2 * source.next() - 1)
    const least = rewards.indexOf(Math.min(...rewards))
    assertClose(
      returnsOf(rewards, 'strict'),
      rewards.map((_, j) => (j <= least ? rewards[least] : 0)),
    )
    assertClose(returnsOf(rewards, 'min', 1e-4), returnsOf(rewards, 'strict'), 0.01)
  }
})

test('probabilities become 2p - 1; the value stands on the last token; groups of one get zeros', () => {
  const groups = [
    stepped([
      {
        length: 2,
        steps: [
          [0, 0.75],
          [1, 0.5],
        ],
        value: 1,
      },
      { length: 1, steps: [[0, 0.5]] },
    ]),
  ]
  // r = [0.5, 0], T large: weights 1/2; R = [0.25, 1].
  assertClose(rows(pure({ temperature: 1e9 }).assign(groups, [])), [[[1.25, 1], [-(1.25 + 1) / 2]]])
  const alone = [stepped([{ length: 2, steps: [[1, 0.3]], value: 1 }])]
  assert.deepEqual(rows(pure().assign(alone, [])), [[[0, 0]]])
})

test('steps that fit no token, no probability or no number are refused', () => {
  const wrong = (reward: number) => [
    stepped([
      { length: 1, steps: [[0, reward]] },
      { length: 1, steps: [] },
    ]),
  ]
  assert.throws(() => pure().assign(wrong(1.5), []), /step 0 has the reward 1.5/)
  assert.throws(() => pure({ steps: 'reward' }).assign(wrong(Number.NaN), []), /step 0/)
  const lost = [group([[1, 2], [3]], [scored(1, { steps: Float32Array.of(0.5) }), 0])]
  assert.throws(() => pure().assign(lost, noOutputs(lost)), /stepSeparator/)
})

test('empty answers and equal rewards are no error', () => {
  const groups = [
    stepped([
      { length: 0, steps: [] },
      { length: 2, steps: [[1, 0.5]] },
      { length: 2, steps: [[1, 0.5]] },
    ]),
  ]
  const advantages = pure().assign(groups, [])
  assert.ok(advantages.flat().every((array) => array.every(Number.isFinite)))
})
