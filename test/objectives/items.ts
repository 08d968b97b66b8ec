/** Items for objectives from plain lists, and the check of a gradient against finite differences. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { userPrompt } from '../../src/data/message.ts'
import type { Random } from '../../src/data/random.ts'
import type { Evaluation, ObjectiveItem } from '../../src/objectives/objective.ts'

export type Rows = readonly (readonly number[])[]

/** One item per row. */
export function items(logprobs: Rows, sampled: Rows, advantages: Rows, reference?: Rows): ObjectiveItem[] {
  const prompt = userPrompt('p', 'question')
  return logprobs.map((row, i) => ({
    rollout: {
      sample: { prompt, completion: { text: '', finish: 'stop' } },
      sequence: { tokens: new Int32Array(row.length + 1), promptLength: 1 },
      logprobs: Float32Array.from(sampled[i]),
    },
    advantages: Float32Array.from(advantages[i]),
    readout: {
      logprobs: Float32Array.from(row),
      ...(reference === undefined ? {} : { reference: Float32Array.from(reference[i]) }),
    },
  }))
}

export function assertNear(actual: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= tolerance * (1 + Math.abs(expected)), `${what}: ${actual}, not ${expected}`)
}

/** Loss and every gradient against those of another implementation; gradients are stored in 32 bits. */
export function assertSameAs(evaluation: Evaluation, expected: { loss: number; gradients: Rows }): void {
  assertNear(evaluation.loss, expected.loss, 1e-9, 'loss')
  assert.equal(evaluation.gradients.length, expected.gradients.length)
  evaluation.gradients.forEach((gradient, i) => {
    assert.equal(gradient.length, expected.gradients[i].length)
    gradient.forEach((slope, t) => {
      assertNear(slope, expected.gradients[i][t], 1e-6, `gradient ${i}, token ${t}`)
    })
  })
}

// A power of two: adding it to a multiple of itself is exact in 32 bits.
export const STEP = 2 ** -10

/** Multiples of STEP around a mean. */
export function gridRows(source: Random, lengths: readonly number[], mean: number, scale: number): number[][] {
  return lengths.map((length) =>
    Array.from({ length }, () => Math.round((mean + scale * source.normal()) / STEP) * STEP),
  )
}

/** Each derivative against the central difference (L(x + h) - L(x - h)) / 2h. */
export function assertDerivative(at: Rows, evaluate: (rows: Rows) => Evaluation, tolerance = 1e-4): void {
  const { gradients } = evaluate(at)
  assert.equal(gradients.length, at.length)
  at.forEach((row, i) => {
    row.forEach((x, t) => {
      const moved = (to: number) => evaluate(at.map((other, k) => (k === i ? other.with(t, to) : other))).loss
      const difference = (moved(x + STEP) - moved(x - STEP)) / (2 * STEP)
      assertNear(gradients[i][t], difference, tolerance, `derivative ${i}, token ${t}`)
    })
  })
}

const rows = z.array(z.array(z.number()))
const vectors = <Options extends z.ZodType>(options: Options) =>
  z.array(z.object({ options, loss: z.number(), gradients: rows }))
const aggregate = z.union([z.literal('token-mean'), z.literal('sequence-mean'), z.object({ fixedLength: z.number() })])
const bounds = { low: z.number().optional(), high: z.number().optional(), aggregate: aggregate.optional() }
const losses = z.object({
  logprobs: rows,
  sampled: rows,
  reference: rows,
  advantages: rows,
  clipped: vectors(
    z.object({
      ...bounds,
      level: z.enum(['token', 'sequence']).optional(),
      dualClip: z.number().optional(),
      kl: z.object({ coefficient: z.number(), estimator: z.enum(['k1', 'k2', 'k3']) }).optional(),
    }),
  ),
  cispo: vectors(z.object(bounds)),
  dpo: z.array(
    z.object({
      options: z.object({ beta: z.number(), labelSmoothing: z.number() }),
      loss: z.number(),
      margin: z.number(),
      gradients: rows,
    }),
  ),
  values: z.object({
    values: rows,
    returns: rows,
    sampled: rows,
    cases: vectors(z.object({ clip: z.number().optional() })),
  }),
  supervised: z.object({ weights: rows, loss: z.number(), gradients: rows }),
})

/** What vectors/make.py computed with PyTorch. */
export function torchLosses(): z.infer<typeof losses> {
  return losses.parse(JSON.parse(readFileSync(new URL('./vectors/losses.json', import.meta.url), 'utf8')))
}
