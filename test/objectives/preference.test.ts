/** Objectives on pairs: against TRL's recorded numbers, the papers' vectors, finite differences, and bad input. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { random } from '../../src/data/random.ts'
import { dpo, dpoLosses } from '../../src/objectives/dpo.ts'
import { kto } from '../../src/objectives/kto.ts'
import { orpo } from '../../src/objectives/orpo.ts'
import type { PairItem, PairObjective } from '../../src/objectives/pair.ts'
import { simpo } from '../../src/objectives/simpo.ts'
import { cdpo, tgdpo } from '../../src/objectives/tokenWeighted.ts'
import { tReg } from '../../src/objectives/tReg.ts'
import { assertDerivative, assertNear, assertSameAs, gridRows, type Rows } from './items.ts'
import { pairs } from './pairs.ts'

const rows = z.array(z.array(z.number()))
const cases = <Shape extends z.ZodRawShape>(options: Shape) =>
  z.array(z.object({ options: z.object(options), loss: z.number(), gradients: rows }))
const trl = z
  .object({
    logprobs: rows,
    reference: rows,
    dpo: cases({
      beta: z.number(),
      loss: z.enum(dpoLosses),
      labelSmoothing: z.number().optional(),
      lengthNormalised: z.boolean().optional(),
    }),
    simpo: cases({ beta: z.number(), gamma: z.number() }),
    orpo: cases({ lambda: z.number() }),
    kto: cases({
      beta: z.number(),
      desirableWeight: z.number(),
      undesirableWeight: z.number(),
      baseline: z.enum(['mismatched', 'none']),
    }),
  })
  .parse(JSON.parse(readFileSync(new URL('./vectors/preference.json', import.meta.url), 'utf8')))

for (const { options, ...expected } of trl.dpo)
  test(`TRL: dpo ${JSON.stringify(options)}`, () =>
    assertSameAs(dpo(options).evaluate(pairs(trl.logprobs, trl.reference)), expected))
for (const { options, ...expected } of trl.simpo)
  test(`TRL: simpo ${JSON.stringify(options)}`, () =>
    assertSameAs(simpo(options).evaluate(pairs(trl.logprobs, trl.reference)), expected))
for (const { options, loss, gradients } of trl.orpo)
  test(`TRL: orpo ${JSON.stringify(options)}`, () => {
    const found = orpo(options).evaluate(pairs(trl.logprobs, trl.reference))
    // TRL takes log(1 - p) in 32 bits.
    assertNear(found.loss, loss, 1e-7, 'loss')
    assertSameAs({ ...found, loss }, { loss, gradients })
  })
for (const { options, ...expected } of trl.kto)
  test(`TRL: kto ${JSON.stringify(options)}`, () => {
    const answers = pairs(trl.logprobs, trl.reference).flatMap(({ chosen, rejected }) => [chosen, rejected])
    const batch = answers.map((readout, i) => ({
      readout,
      desirable: i % 2 === 0,
      mismatched: answers[(i + 1) % answers.length],
    }))
    assertSameAs(kto(options).evaluate(batch), expected)
  })

/** The pair of T-REG's vector 3. */
const published = (rewards: Rows = []): PairItem[] =>
  pairs(
    [
      [-1, -0.5, -2],
      [-0.8, -1.5],
    ],
    [
      [-1.2, -0.6, -1.8],
      [-0.7, -1.1],
    ],
    rewards,
  )

function assertPublished(objective: PairObjective, items: PairItem[], loss: number, gradients: Rows): void {
  const found = objective.evaluate(items)
  assertNear(found.loss, loss, 1e-6, 'loss')
  gradients.forEach((row, i) => {
    row.forEach((slope, t) => {
      assertNear(found.gradients[i][t], slope, 1e-6, `gradient ${i}, token ${t}`)
    })
  })
}

test('published values: T-REG vectors 3 and 4', () => {
  const items = published([
    [0.3, -0.1, 0.05],
    [-0.2, 0.15],
  ])
  assertPublished(tReg({ beta: 0.1, alpha: 0.25 }), items, 0.668629, [
    [-0.052138, -0.047288, -0.049107],
    [0.050925, 0.046682],
  ])
  assertNear(tReg({ beta: 0.1 }).evaluate(items).metrics.regularisation, 0.0415, 1e-6, 'L_reg')
  assertPublished(tReg({ beta: 2, alpha: 0.25 }), items, 0.311314, [
    [-0.497672, -0.451377, -0.468737],
    [0.486098, 0.44559],
  ])
})

test('published values: TGDPO vectors 3 to 5', () => {
  const items = published([
    [0.05, 0, -0.12],
    [-0.02, -0.2],
  ])
  assertPublished(tgdpo({ beta: 0.1, alpha: 0.5 }), items, 0.660788, [
    [-0.049564, -0.048356, -0.045454],
    [0.048839, 0.053191],
  ])
  assertPublished(tgdpo({ beta: 0.1, alpha: 5 }), items, 0.635887, [
    [-0.058817, -0.047053, -0.018821],
    [0.051759, 0.094107],
  ])
  const turned = published([
    [0, 0, 0],
    [2.5, 0],
  ])
  const [, free] = tgdpo({ alpha: 0.5 }).evaluate(turned).gradients
  const [, held] = tgdpo({ alpha: 0.5, clamp: true }).evaluate(turned).gradients
  assert.ok(free[0] < 0 && held[0] === 0 && held[1] > 0)
  assertNear(tgdpo().evaluate(turned).metrics.negativeWeights, 1 / 5, 1e-9, 'negativeWeights')
})

test('published values: cDPO vector 2', () => {
  const items = pairs(
    [
      [-1, -0.5, -2],
      [-0.8, -1.5, -0.4],
    ],
    [
      [-1.2, -0.6, -1.8],
      [-0.7, -1.1, -0.5],
    ],
    [
      [0, 0, 0],
      [0.9, 0.1, 0.6],
    ],
  )
  assertNear(cdpo({ beta: 1 }).evaluate(items).loss, 0.501084, 1e-6, 'loss')
  assertNear(cdpo({ beta: 0.1 }).evaluate(items).loss, 0.671878, 1e-6, 'loss')
  assertNear(dpo({ beta: 1 }).evaluate(items).loss, 0.474077, 1e-6, 'plain DPO')
})

test('published values: cDPO vector 3, the released code; its two positions of the prompt add a constant', () => {
  const items = pairs(
    [
      [-1, -0.5, -2],
      [-0.8, -1.5, -0.4],
    ],
    [
      [-1.2, -0.6, -1.8],
      [-0.7, -1.1, -0.5],
    ],
    [
      [0, 0, 0],
      [0.9, 0.1, 0],
    ],
  )
  const { loss } = cdpo({ form: 'position' }).evaluate(items)
  assertNear(loss, (0.682702 + 0.670412 + 0.70826) / 3, 1e-6, 'loss')
  assertNear((2 * Math.LN2 + 3 * loss) / 5, 0.689534, 1e-6, 'with the prompt')
  assertNear(cdpo().evaluate(items).loss, 0.674818, 1e-6, 'the form over answers')
})

const objectives: Readonly<Record<string, PairObjective>> = {
  ...Object.fromEntries(dpoLosses.map((loss) => [loss, dpo({ loss, beta: 0.7, labelSmoothing: 0.2 })])),
  lengthNormalised: dpo({ lengthNormalised: true, beta: 0.7 }),
  simpo: simpo({ beta: 1.3, gamma: 0.4 }),
  orpo: orpo({ lambda: 0.8 }),
  tgdpo: tgdpo({ beta: 0.9, alpha: 0.7 }),
  cdpo: cdpo({ beta: 0.9 }),
  'cdpo by position': cdpo({ beta: 0.9, form: 'position' }),
}

for (const [name, objective] of Object.entries(objectives))
  test(`gradients are derivatives: ${name}`, () => {
    for (let seed = 0; seed < 6; seed++) {
      const source = random(seed)
      const lengths = Array.from({ length: 4 }, () => source.int(1, 5))
      const [reference, rewards] = [gridRows(source, lengths, -2, 1), gridRows(source, lengths, 0, 0.4)]
      assertDerivative(gridRows(source, lengths, -2, 0.7), (at) => objective.evaluate(pairs(at, reference, rewards)))
    }
  })

test('T-REG: the weight carries no gradient, so the static form is the derivative of its loss', () => {
  for (const base of ['dpo', 'simpo'] as const) {
    const source = random(base)
    const lengths = [3, 2, 4, 1]
    const [reference, rewards] = [gridRows(source, lengths, -2, 1), gridRows(source, lengths, 0, 0.3)]
    const objective = tReg({ base, beta: 0.8, alpha: 0.5, weight: 'static' })
    assertDerivative(gridRows(source, lengths, -2, 0.7), (at) => objective.evaluate(pairs(at, reference, rewards)))
  }
})

test('T-REG on SimPO: without token rewards it is SimPO', () => {
  const items = pairs(
    trl.logprobs,
    trl.reference,
    trl.logprobs.map((row) => row.map(() => 0)),
  )
  const [ours, plain] = [tReg({ base: 'simpo', alpha: 0.7 }).evaluate(items), simpo().evaluate(items)]
  assertNear(ours.loss, plain.loss, 1e-12, 'loss')
  ours.gradients.forEach((row, i) => {
    row.forEach((slope, t) => {
      assertNear(slope, plain.gradients[i][t], 1e-6, `${i} ${t}`)
    })
  })
})

const whole = { ...objectives, tReg: tReg() }
const good = (): PairItem[] => pairs([[-1, -2], [-1.5]], [[-1, -1], [-1]], [[0.1, 0.2], [0.3]])

for (const [name, objective] of Object.entries(whole)) {
  test(`bad input, ${name}: identical answers, empty answers, certain tokens`, () => {
    const same = pairs(
      [
        [-1, -2],
        [-1, -2],
      ],
      [
        [-1.5, -1],
        [-1.5, -1],
      ],
      [
        [0.1, 0],
        [0.1, 0],
      ],
    )
    const empty = pairs([[], [-1]], [[], [-1]], [[], [0.1]])
    const certain = pairs([[0, 0], [0]], [[0, 0], [0]], [[0, 0], [0]])
    for (const [kind, items] of Object.entries({ same, empty, certain })) {
      const { loss, gradients, metrics } = objective.evaluate(items)
      const numbers = [loss, ...gradients.flatMap((row) => [...row]), ...Object.values(metrics)]
      assert.ok(numbers.every(Number.isFinite), `${kind}: ${numbers}`)
    }
    assert.deepEqual(
      objective.evaluate(empty).gradients.map(({ length }) => length),
      [0, 1],
    )
  })

  test(`bad input, ${name}: a log-prob of -Infinity leaves its pair out, and is an error where there is no other`, () => {
    const broken = pairs([[-Infinity, -1], [-1]], [[-1, -1], [-1]], [[0, 0], [0]])
    const { loss, gradients, metrics } = objective.evaluate([...broken, ...good()])
    const alone = objective.evaluate(good())
    assert.equal(loss, alone.loss)
    assert.deepEqual(gradients, [new Float32Array(2), new Float32Array(1), ...alone.gradients])
    assert.equal(metrics.unusablePairs, 1)
    assert.equal(metrics.margin, alone.metrics.margin)
    assert.throws(() => objective.evaluate(broken), /no pair of 1 has finite log-probs/)
    assert.equal(objective.evaluate([]).loss, 0)
  })
}

test('what is missing is named', () => {
  const [{ chosen, rejected }] = good()
  const { processRewards: _, ...bare } = chosen
  assert.throws(() => tgdpo().evaluate([{ chosen: bare, rejected }]), /tgdpo needs the readout 'processRewards'/)
  assert.throws(() => dpo({ loss: 'robust', labelSmoothing: 0.5 }), /labelSmoothing is 0.5/)
})
