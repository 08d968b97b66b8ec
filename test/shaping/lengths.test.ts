import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grpo } from '../../src/credit/grpo.ts'
import { shortAndWrong } from '../../src/shaping/shortAndWrong.ts'
import { softOverlong } from '../../src/shaping/softOverlong.ts'
import { assertClose, group, noOutputs } from '../credit/groups.ts'
import { valuesAfter } from './values.ts'

function answers(lengths: readonly number[], scores: (number | null)[]) {
  return group(
    lengths.map((length) => new Array(length).fill(1)),
    scores,
  )
}

test("HARMO: the brief's penalties, and the advantage without division", () => {
  const penalty = (lengths: number[], correct: number[], options = {}) =>
    valuesAfter(shortAndWrong(options), [answers(lengths, correct)])[0].map((value, i) => (value ?? 0) - correct[i])
  assertClose(penalty([100, 20, 80, 140], [1, 0, 0, 0]), [0, -0.5, -0.2, 0])
  assertClose(penalty([100, 60, 20, 140], [1, 1, 0, 0]), [0, 0, -0.5, 0])
  assertClose(penalty([10, 20], [0, 0]), [0, 0])
  assertClose(penalty([10, 20], [1, 1]), [0, 0])
  assertClose(penalty([100, 160, 400], [1, 0, 0], { twoSided: true }), [0, -0.1, -0.5])
  const [shaped] = shortAndWrong().shape([answers([100, 20, 80, 140], [1, 0, 0, 0])])
  const format = [1, 1, 0, 1]
  const total = {
    ...shaped,
    scores: shaped.scores.map((score, i) =>
      score.kind === 'scored' ? { ...score, value: score.value + format[i] } : score,
    ),
  }
  const advantages = (credit: ReturnType<typeof grpo>) => credit.assign([total], noOutputs([total]))[0].map(([a]) => a)
  assertClose(advantages(grpo({ normalise: 'none' })), [1.175, -0.325, -1.025, 0.175], 1e-6)
  assertClose(advantages(grpo()), [1.270114, -0.351308, -1.107972, 0.189166], 3e-6)
})

test('HARMO: bounded, and a wrong answer never loses by growing up to the right ones', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }), (good, wrong) => {
      const [[right, short, longer]] = valuesAfter(shortAndWrong(), [answers([good, wrong, wrong + 1], [1, 0, 0])])
      assert.ok(right === 1 && short !== null && longer !== null && short <= longer && short >= -0.5 && longer <= 0)
    }),
    { seed: 37 },
  )
})

test('soft overlong: free, then linear, then whole', () => {
  const shaping = softOverlong({ most: 20, buffer: 4 })
  assertClose(
    valuesAfter(shaping, [answers([16, 17, 18, 20, 30], [1, 1, 1, 1, null])])[0].slice(0, 4),
    [1, 0.75, 0.5, 0],
  )
  assertClose(valuesAfter(softOverlong({ most: 20, buffer: 4, weight: 0.5 }), [answers([30], [0])]), [[-0.5]])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), (length) => {
      const [[shorter, longer]] = valuesAfter(shaping, [answers([length, length + 1], [0, 0])])
      assert.ok(shorter !== null && longer !== null && shorter >= longer && longer >= -1 && shorter <= 0)
    }),
    { seed: 1 },
  )
})
