/** The multilayer perceptron against the same arithmetic in plain numbers, and its fit of a function it must learn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'
import { adamW, adamWState } from '../../src/nn/adamw.ts'
import { weightInputs } from '../../src/nn/decoder.ts'
import { mlp, mlpLayout } from '../../src/nn/mlp.ts'
import { initialise, view } from '../../src/nn/parameters.ts'

const config = { widths: [2, 8, 1] }
const plan = mlpLayout(config)
const weights = weightInputs(plan, 'block')
const x = g.input('x', 'float32', ['rows', 2])

const feeds = (values: Float32Array) =>
  Object.fromEntries(
    plan.blocks.map(({ name, shape }) => [name, { data: view(values, plan.ofBlock.get(name)), dims: shape }]),
  )

/** x Φ(x) with Φ summed numerically from the density: no error function is borrowed. */
function gelu(value: number): number {
  const steps = 4000
  const width = (value + 10) / steps
  let area = 0
  for (let i = 0; i < steps; i++) area += Math.exp(-((-10 + (i + 0.5) * width) ** 2) / 2)
  return (value * area * width) / Math.sqrt(2 * Math.PI)
}

test('its output is that of the sums written out', async () => {
  const values = initialise(plan, random(1))
  const part = (name: string) => view(values, plan.ofPart.get(name))
  part('layers.0.bias').set([0.1, -0.2, 0.3, 0, 0.5, -0.5, 0.2, 0.7])
  part('layers.1.bias').set([0.25])
  const program = await g.compile({ ...weights, x }, { y: mlp(config, weights, x) })
  const rows = Float32Array.of(0.5, -1, 2, 0.25, 0, 0)
  const { y } = await program.run({ ...feeds(values), x: { data: rows, dims: [3, 2] } })
  const [first, bias, last, end] = ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias'].map(part)
  for (let row = 0; row < 3; row++) {
    let expected = end[0]
    for (let unit = 0; unit < 8; unit++)
      expected +=
        last[unit] * gelu(first[2 * unit] * rows[2 * row] + first[2 * unit + 1] * rows[2 * row + 1] + bias[unit])
    assert.ok(Math.abs(y.data[row] - expected) < 1e-5, `${y.data[row]} and ${expected}`)
  }
  await program.close()
})

test('it learns exclusive or, which no linear map can', async () => {
  const values = initialise(plan, random(2))
  const target = g.input('target', 'float32', ['rows', 1])
  const loss = g.mean(g.square(g.sub(mlp(config, weights, x), target)))
  const names = plan.blocks.map(({ name }) => name)
  const slopes = g.gradients(
    [{ of: loss }],
    names.map((name) => weights[name]),
  )
  const outputs = Object.fromEntries(names.map((name, i) => [name, slopes[i]]))
  const program = await g.compile({ ...weights, x, target }, { loss, ...outputs }, { threads: 1 })
  const batch = {
    x: { data: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), dims: [4, 2] },
    target: { data: Float32Array.of(0, 1, 1, 0), dims: [4, 1] },
  }
  const state = adamWState(plan.size)
  const gradient = new Float32Array(plan.size)
  let last = 1
  for (let step = 0; step < 600; step++) {
    const results: Readonly<Record<string, g.Value<'float32'>>> = await program.run({ ...feeds(values), ...batch })
    for (const name of names) view(gradient, plan.ofBlock.get(name)).set(results[name].data)
    adamW(plan, values, gradient, state, { learningRate: 0.02 })
    last = results.loss.data[0]
  }
  assert.ok(last < 0.01, `the loss is still ${last}`)
  await program.close()
})
