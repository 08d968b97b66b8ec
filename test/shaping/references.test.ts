/** PAR and what it is compared with, on the numbers that the authors' RewardShaper printed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grpo } from '../../src/credit/grpo.ts'
import { scored } from '../../src/data/score.ts'
import {
  ceiling,
  centre,
  lengthBeyond,
  logSigmoid,
  par,
  runningMinMax,
  runningZScore,
  squash,
} from '../../src/shaping/index.ts'
import { logSigma } from '../../src/shaping/logSigmoid.ts'
import { normalQuantile, referenceBar } from '../../src/shaping/referenceBar.ts'
import type { Shaping } from '../../src/shaping/shaping.ts'
import { assertClose, flat, group, noOutputs } from '../credit/groups.ts'
import { valuesAfter, withMeta } from './values.ts'

const references = { meta: 'refs' }
const batch = [
  withMeta(flat([2], 'a'), { refs: [0.5, 1, 1.5, 2] }),
  withMeta(flat([-0.5], 'b'), { refs: [-1, 0, 1, 2] }),
]
const shaped = (shaping: Shaping) => valuesAfter(shaping, batch).flat()

test("the authors' vectors, forms with references", () => {
  assertClose(shaped(par({ references })), [0.667773, 0.314571], 1e-6)
  assertClose(shaped(par({ references, slope: 3 })), [0.81479, 0.252885], 1e-6)
  assertClose(shaped(squash()), [0.880797, 0.377541], 1e-6)
  assertClose(shaped(squash({ references, squash: 'tanh' })), [0.532215, -0.472941], 1e-6)
  assertClose(shaped(squash({ references, squash: 'polynomial' })), [0.660631, 0.314001], 1e-6)
  assertClose(shaped(squash({ references, shift: 3 })), [0.106228, 0.0300569], 1e-6)
  assertClose(shaped(centre({ references })), [0.75, -1])
  assertClose(shaped(ceiling({ most: 1 })), [1, -0.5])
  // The authors add 1e-5 to the deviation.
  assertClose(shaped(logSigmoid({ references })), [-0.653479, -2.430179], 2e-5)
  const one = batch.map((each, i) => withMeta(each, { refs: [[0.5], [-1]][i] }))
  assertClose(valuesAfter(par({ references }), one).flat(), [0.817574, 0.622459], 1e-6)
})

test("the authors' vector with a price on length: 320 tokens, 300 free", () => {
  const long = [group([new Array(320).fill(1)], [2], 'a'), group([new Array(300).fill(1)], [-0.5], 'b')].map(
    (each, i) => withMeta(each, batch[i].prompt.meta ?? {}),
  )
  const priced = lengthBeyond().shape(long)
  assertClose(valuesAfter(lengthBeyond(), long).flat(), [1.8, -0.5])
  assertClose(valuesAfter(par({ references }), priced).flat(), [0.625104, 0.314571], 1e-6)
})

test('log-sigmoid: values, the bar of 85 %, AND and OR', () => {
  assertClose(
    [-40, -5, -1, 0, 1, 5].map(logSigma),
    [-40, -5.006715, -1.313262, -Math.LN2, -0.313262, -0.00671535],
    1e-6,
  )
  assertClose(logSigma(40) * 1e18, -4.248354, 1e-6)
  assert.equal(logSigma(-1e308), -1e308)
  assertClose(referenceBar([0.5, 1, 1.5, 2], 0.85), 1.919015, 1e-6)
  const refs = [0.5, 1, 1.5, 2]
  const values = valuesAfter(logSigmoid({ references }), [withMeta(flat([2, -0.5, 3]), { refs })])[0]
  assertClose(values, [-0.653474, -2.504283, -0.292118], 1e-6)
  const pair = (helpful: number, harmless: number) => scored(9, { parts: { helpful, harmless } })
  const two = [flat([pair(2, -1), pair(-1, 2), pair(0.5, 0.5)])]
  const of = (combine: 'and' | 'or') =>
    valuesAfter(logSigmoid({ references: 0, parts: ['helpful', 'harmless'], combine }), two)[0]
  assertClose(of('and'), [-1.44019, -1.44019, -0.948154], 1e-6)
  assertClose(of('or'), [-0.091177, -0.091177, -0.153777], 1e-6)
})

test('the policy that maximises the transformed reward is the prior times goodness', () => {
  // Vector E: pi0 exp(u / gamma), normalised, gamma 1/2.
  const [u] = valuesAfter(logSigmoid({ references: 1 }), [flat([0, 1, 4])])
  const tilted = [0.5, 0.3, 0.2].map((share, i) => share * Math.exp((u[i] ?? 0) / 0.5))
  const total = tilted.reduce((sum, each) => sum + each, 0)
  assertClose(
    tilted.map((each) => each / total),
    [0.123579, 0.256284, 0.620137],
    1e-6,
  )
})

test('normal quantiles are those of the tables', () => {
  assertClose(
    [0.5, 0.85, 0.975, 0.001].map(normalQuantile),
    [0, 1.0364333894937898, 1.959963984540054, -3.090232306167813],
    1e-9,
  )
  assertClose(
    referenceBar(
      Array.from({ length: 101 }, (_, i) => i),
      0.85,
    ),
    85,
  )
})

test('the polynomial is the least-squares fit: its residuals are orthogonal to the odd powers', () => {
  const points = Array.from({ length: 100 }, (_, i) => -5 + (10 * i) / 99)
  const [fitted] = valuesAfter(squash({ squash: 'polynomial' }), [flat(points)])
  const [exact] = valuesAfter(squash(), [flat(points)])
  for (const power of [0, 1, 3, 5]) {
    const product = points.reduce((sum, x, i) => sum + x ** power * ((fitted[i] ?? 0) - (exact[i] ?? 0)), 0)
    assertClose(product / 5 ** power, 0, 1e-9)
  }
  assertClose(valuesAfter(squash({ squash: 'polynomial' }), [flat([-9, 4.999, 9])])[0], [0, 1.0108, 1], 1e-3)
})

test('squashed rewards keep the order and their bounds; with GRPO an affine shaping changes nothing and PAR does', () => {
  const two = fc.tuple(fc.double({ min: -20, max: 20, noNaN: true }), fc.double({ min: 0.01, max: 5, noNaN: true }))
  const forms = [
    { shaping: squash(), low: 0, high: 1 },
    { shaping: squash({ squash: 'tanh' }), low: -1, high: 1 },
    { shaping: logSigmoid({ references: 1 }), low: Number.NEGATIVE_INFINITY, high: 0 },
  ]
  fc.assert(
    fc.property(two, ([low, more]) => {
      for (const form of forms) {
        const [[below, above]] = valuesAfter(form.shaping, [flat([low, low + more])])
        assert.ok(below !== null && above !== null && below <= above && below >= form.low && above <= form.high)
      }
    }),
    { seed: 35 },
  )
  const raw = [flat([0, 1, 2, 10])]
  const advantages = (shaping: Shaping) => {
    const groups = shaping.shape(raw)
    return grpo()
      .assign(groups, noOutputs(groups))[0]
      .map(([first]) => first)
  }
  assertClose(advantages(centre({ references: 3 })), [-0.71062, -0.491967, -0.273315, 1.475902], 2e-6)
  assertClose(advantages(runningMinMax()), [-0.71062, -0.491967, -0.273315, 1.475902], 1e-5)
  assertClose(advantages(runningZScore()), [-0.71062, -0.491967, -0.273315, 1.475902], 2e-6)
  assertClose(advantages(par({ references: 1 })), [-1.136934, -0.399075, 0.338784, 1.197224], 1e-5)
})

test('centred, the references themselves have mean 0; standardised over a batch, all values do', () => {
  const lists = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 2, maxLength: 8 })
  fc.assert(
    fc.property(lists, (refs) => {
      const sum = (shaping: Shaping) =>
        valuesAfter(shaping, [withMeta(flat(refs), { refs })])[0].reduce<number>(
          (total, value) => total + (value ?? 0),
          0,
        )
      assertClose(sum(centre({ references })), 0, 1e-9)
      assertClose(sum(runningZScore()), 0, 1e-6)
    }),
    { seed: 2 },
  )
})

test("'first' keeps a prompt's first scores, also over a checkpoint", () => {
  const shaping = par({ references: 'first' })
  shaping.shape([flat([1, 3, null], 'a')])
  const later = [flat([2], 'a')]
  const expected = (1 / (1 + Math.exp(-1)) + 1 / (1 + Math.exp(1))) / 2
  assertClose(valuesAfter(shaping, later), [[expected]])
  const again = par({ references: 'first' })
  again.restore?.(JSON.parse(JSON.stringify(shaping.state?.())))
  assertClose(valuesAfter(again, later), [[expected]])
})

test('without references, or without the part, a score is Unscored with the reason; Unscored ones pass', () => {
  const [missing] = par({ references }).shape([flat([1, null])])
  assert.deepEqual(missing.scores, [
    { kind: 'unscored', at: 'reward', reason: "there are no reference rewards for the prompt 'p'" },
    flat([null]).scores[0],
  ])
  const [part] = logSigmoid({ references: 0, parts: ['harmless'] }).shape([flat([1])])
  assert.ok(part.scores[0].kind === 'unscored' && part.scores[0].reason === "the score has no part 'harmless'")
})
