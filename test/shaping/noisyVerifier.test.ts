import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grpo } from '../../src/credit/grpo.ts'
import { reinforce } from '../../src/credit/reinforce.ts'
import { rloo } from '../../src/credit/rloo.ts'
import { random } from '../../src/data/random.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored } from '../../src/data/score.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { nano } from '../../src/policy/local/local.ts'
import { correctionAudit } from '../../src/shaping/correctionAudit.ts'
import { falseNegativeRate } from '../../src/shaping/falseNegativeRate.ts'
import { backwardCorrection, forwardCorrection } from '../../src/shaping/noisyVerifier.ts'
import type { Shaping } from '../../src/shaping/shaping.ts'
import { squash } from '../../src/shaping/squash.ts'
import { addition } from '../../src/tasks/addition.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { resolveOptions } from '../../src/train/options.ts'
import { assertClose, flat, noOutputs } from '../credit/groups.ts'
import { stepsAfter, toGo } from './steps.ts'
import { valuesAfter } from './values.ts'

const rates = { falsePositive: 0.1, falseNegative: 0.2 }
const verdicts = [flat([1, 0, 0, 1])]

function advantages(credit: ReturnType<typeof grpo>, groups: readonly Group[]) {
  return credit.assign(groups, noOutputs(groups))
}

test("the brief's vector: backward with leave-one-out, forward without a baseline", () => {
  assertClose(valuesAfter(backwardCorrection(rates), verdicts)[0], [1.285714, -0.142857, -0.142857, 1.285714], 1e-6)
  const backward = backwardCorrection(rates).shape(verdicts)
  const first = (arrays: Float32Array[][]) => arrays[0].map(([a]) => a)
  assertClose(first(advantages(rloo(), backward)), [0.952381, -0.952381, -0.952381, 0.952381], 1e-6)
  const forward = (options = {}) => forwardCorrection({ ...rates, ...options }).shape(verdicts)
  assertClose(first(advantages(reinforce(), forward())), [0.2, -0.8, -0.8, 0.2], 1e-6)
  const clean = [0.285714, -1.142857, -1.142857, 0.285714]
  assertClose(first(advantages(reinforce(), forward({ size: 'clean' }))), clean, 1e-6)
  assertClose(first(advantages(reinforce(), forward({ size: 'clean', falsePositive: 0 }))), [0.25, -1, -1, 0.25], 1e-6)
})

test('division by the deviation undoes both, and the audit says so', () => {
  const noisy = [flat([1, 0, 0, 0])]
  const plain = advantages(grpo(), noisy)
  for (const shaping of [backwardCorrection(rates), forwardCorrection(rates)]) {
    const found = correctionAudit(advantages(grpo(), shaping.shape(noisy)), plain)
    assert.ok(found.max < 1e-5 && found.cosine > 1 - 1e-9)
  }
  const works = correctionAudit(
    advantages(reinforce(), forwardCorrection(rates).shape(noisy)),
    advantages(rloo(), noisy),
  )
  // [0.2, -0.8, -0.8, -0.8] beside [1, -1/3, -1/3, -1/3].
  assertClose([works.mean, works.max], [(0.8 + 3 * (0.8 - 1 / 3)) / 4, 0.8], 1e-6)
})

test('expected gradients, by enumeration: backward is exact, forward and plain are 0.7 of it', () => {
  const logits = [0.3, -0.2, 0.1, 0]
  const clean = [1, 0, 0, 1]
  const total = logits.reduce((sum, each) => sum + Math.exp(each), 0)
  const policy = logits.map((each) => Math.exp(each) / total)
  const expected = (shaping: Shaping) =>
    logits.map((_, j) =>
      policy.reduce((sum, share, action) => {
        const accept = clean[action] === 1 ? 0.8 : 0.1
        const [[onYes, onNo]] = valuesAfter(shaping, [flat([1, 0])])
        const reward = accept * (onYes ?? 0) + (1 - accept) * (onNo ?? 0)
        return sum + share * reward * (Number(action === j) - policy[j])
      }, 0),
    )
  assertClose(expected(backwardCorrection(rates)), [0.142184, -0.105333, -0.142184, 0.105333], 1e-6)
  const short = [0.099529, -0.073733, -0.099529, 0.073733]
  assertClose(expected(forwardCorrection(rates)), short, 1e-6)
  assertClose(expected(backwardCorrection({ falseNegative: 0 })), short, 1e-6)
})

test('unbiased in simulation: the mean corrected verdict is the truth', () => {
  const source = random(47)
  const draw = (right: boolean) => Number(source.next() < (right ? 0.8 : 0.1))
  for (const right of [true, false]) {
    const group = flat(Array.from({ length: 20_000 }, () => draw(right)))
    const mean = (shaping: Shaping) =>
      valuesAfter(shaping, [group])[0].reduce<number>((sum, value) => sum + (value ?? 0), 0) / 20_000
    // Four standard errors of a verdict's mean, 0.0113, over c.
    assertClose(mean(backwardCorrection(rates)), right ? 1 : 0, 0.0162)
    assertClose(mean(forwardCorrection(rates)), right ? 0 : -0.7, 0.0113)
  }
})

test('step verdicts: what is to come', () => {
  assertClose(toGo(stepsAfter(forwardCorrection({ ...rates, steps: true }), [1, 0, 1])), [-0.4, -0.6, 0.2])
  assertClose(
    toGo(stepsAfter(backwardCorrection({ ...rates, steps: true }), [1, 0, 1])),
    [2.428571, 1.142857, 1.285714],
    1e-5,
  )
})

/** A batch whose scores tell of appeals. */
function appealed(accepted: number, upheld: number, rejected = 5): Group {
  const score = (rule: number, overturned: number) => scored(rule, { parts: { rule, overturned } })
  return flat([
    ...Array.from({ length: accepted }, () => score(1, 0)),
    ...Array.from({ length: upheld }, () => score(0, 1)),
    ...Array.from({ length: rejected }, () => score(0, 0)),
  ])
}

test('appeals: the vector, the moving average, checkpoints', () => {
  assertClose(falseNegativeRate({ share: 0.5 }).next([appealed(40, 3)]), 0.130435, 1e-6)
  const estimate = falseNegativeRate({ share: 0.5 })
  estimate.restore({ above: 0.2, below: 1 })
  assertClose(estimate.next([appealed(40, 3)]), 0.193043, 1e-6)
  assertClose(estimate.next([appealed(0, 3)]), 0.193043, 1e-6)
  const shaping = forwardCorrection({ falseNegative: { share: 0.5 } })
  shaping.shape([appealed(40, 3)])
  const again = forwardCorrection({ falseNegative: { share: 0.5 } })
  again.restore?.(JSON.parse(JSON.stringify(shaping.state?.())))
  assert.deepEqual(again.state?.(), shaping.state?.())
  assert.throws(() => shaping.shape([flat([1, 0])]), /no score tells of appeals/)
})

test('appeals: in simulation averaged counts come to the true rate, averaged ratios below it', () => {
  const settled = (average: 'ratio' | 'counts') => {
    const source = random('appeals')
    const estimate = falseNegativeRate({ share: 0.25, decay: 0.998, average })
    let rate = 0
    for (let step = 0; step < 4000; step++) {
      const scores = Array.from({ length: 64 }, () => {
        const right = source.next() < 0.5
        const rule = Number(right && source.next() >= 0.3)
        const overturned = Number(right && rule === 0 && source.next() < 0.25)
        return scored(rule, { parts: { rule, overturned } })
      })
      rate = estimate.next([flat(scores)])
    }
    return rate
  }
  assertClose(settled('counts'), 0.3, 0.015)
  // Second order of P_L / q over itself plus P_R = 22.4: about -22.4 * 37 / 32^3 = -0.025.
  assertClose(settled('ratio'), 0.27, 0.015)
})

test('a run whose credit would undo its last shaping is refused', () => {
  const options = {
    ...{
      policy: nano('0.2M', characterTokenizer(addition().alphabet), { seed: 1, context: 16 }),
      task: addition(),
      objective: clipped(),
      prompts: 1,
      groupSize: 2,
      steps: 1,
      seed: 1,
    },
    shaping: [backwardCorrection(rates)],
  }
  assert.throws(
    () => resolveOptions({ ...options, credit: grpo() }),
    /grpo standardises .* undoes the shaping backwardCorrection/,
  )
  for (const credit of [rloo(), grpo({ normalise: 'none' })]) resolveOptions({ ...options, credit })
  resolveOptions({ ...options, credit: grpo(), shaping: [backwardCorrection(rates), squash()] })
})

test('rates that leave nothing to learn from are refused; what is Unscored stays so', () => {
  assert.throws(() => backwardCorrection({ falsePositive: 0.5, falseNegative: 0.5 }), /says nothing/)
  assert.deepEqual(valuesAfter(backwardCorrection(rates), [flat([null])]), [[null]])
})
