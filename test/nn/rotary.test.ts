/** Rotary frequencies against transformers' `modeling_rope_utils` (its numbers for a head of 16), and their files. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configFile, type DecoderConfig, nanoConfig, parseConfig } from '../../src/nn/config.ts'
import { type RotaryScaling, rotaryFrequencies, yarnMagnitude } from '../../src/nn/rotary.ts'

function near(scaling: RotaryScaling | undefined, ropeTheta: number, expected: readonly number[], magnitude = 1): void {
  const found = rotaryFrequencies({
    headSize: 16,
    ropeTheta,
    ...(scaling === undefined ? {} : { ropeScaling: scaling }),
  })
  assert.ok(Math.abs(found.magnitude - magnitude) < 1e-9)
  for (const [j, value] of expected.entries())
    assert.ok(Math.abs(found.frequencies[j] / value - 1) < 2e-6, `pair ${j}: ${found.frequencies[j]}, not ${value}`)
}

test('plain frequencies fall by the same factor from pair to pair', () => {
  near(undefined, 256, [1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125])
  near({ type: 'dynamic', factor: 2 }, 256, [1, 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125])
})

test('linear', () => near({ type: 'linear', factor: 2 }, 1e4, [0.5, 0.158113882, 0.05]))

test('llama3', () => {
  near(
    { type: 'llama3', factor: 8, low: 1, high: 4, original: 8192 },
    5e5,
    [1, 0.193922758, 0.0376060307, 0.00729266508, 0.000524846022, 3.42810235e-5, 6.64786967e-6, 1.28917316e-6],
  )
})

test('YaRN', () => {
  near(
    { type: 'yarn', factor: 4, original: 32768, betaFast: 32, betaSlow: 1, magnitude: yarnMagnitude(4) },
    1e6,
    [1, 0.177827939, 0.0316227786, 0.00421755994, 0.000500000024, 4.44569851e-5, 7.90569356e-6, 1.40585337e-6],
    1 + 0.1 * Math.log(4),
  )
})

const base: DecoderConfig = { ...nanoConfig('0.2M', 30), headSize: 16 }
const json = (config: DecoderConfig) => JSON.parse(configFile(config, { endId: 1, padId: 0 }))
const parsed = (file: object) => parseConfig(JSON.stringify(file), 'config.json')

test('every scaling survives config.json, in the keys of old readers alone and of new readers alone', () => {
  const scalings: readonly RotaryScaling[] = [
    { type: 'linear', factor: 2 },
    { type: 'dynamic', factor: 3 },
    { type: 'llama3', factor: 8, low: 1, high: 4, original: 64 },
    { type: 'yarn', factor: 4, original: 64, betaFast: 16, betaSlow: 2, magnitude: 1.25 },
    { type: 'divided', divisors: [1, 1, 1, 2, 2, 2, 4, 4] },
  ]
  for (const ropeScaling of scalings) {
    const config = { ...base, ropeScaling }
    const { rope_parameters: fresh, rope_scaling: old, rope_theta: theta, ...rest } = json(config)
    assert.deepEqual(parsed({ ...rest, rope_parameters: fresh }), config)
    assert.deepEqual(parsed({ ...rest, rope_scaling: old, rope_theta: theta }), config)
  }
})

test('YaRN fills in what a file leaves out, as transformers does', () => {
  const { rope_parameters: _, rope_scaling: __, ...rest } = json(base)
  const of = (more: object) => parsed({ ...rest, rope_scaling: { type: 'yarn', factor: 4, ...more } }).ropeScaling
  assert.deepEqual(of({}), {
    ...{ type: 'yarn', factor: 4, original: base.context, betaFast: 32, betaSlow: 1 },
    magnitude: 1 + 0.1 * Math.log(4),
  })
  const ratio = of({ mscale: 1, mscale_all_dim: 0.5, original_max_position_embeddings: 32 })
  assert.ok(ratio?.type === 'yarn' && ratio.original === 32)
  assert.ok(Math.abs(ratio.magnitude - (1 + 0.1 * Math.log(4)) / (1 + 0.05 * Math.log(4))) < 1e-12)
})
