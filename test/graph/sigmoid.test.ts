/** The sigmoid and its logarithm far from 0, against doubles. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as g from '../../src/graph/index.ts'

const points = [-80, -40, -20, -12, -5, -1, -0.1, 0, 0.1, 1, 5, 12, 20, 40, 80]

async function values(of: (x: g.Float) => g.Float): Promise<{ value: number[]; slope: number[] }> {
  const x = g.input('x', 'float32', ['n'])
  const value = of(x)
  const [slope] = g.gradients([{ of: g.sum(value) }], [x])
  const program = await g.compile({ x }, { value, slope }, { threads: 1 })
  const found = await program.run({ x: { data: Float32Array.from(points), dims: [points.length] } })
  await program.close()
  return { value: Array.from(found.value.data, Number), slope: Array.from(found.slope.data, Number) }
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x))

function near(found: readonly number[], expected: (x: number) => number, what: string): void {
  for (const [i, x] of points.entries()) {
    const wanted = expected(Math.fround(x))
    assert.ok(Math.abs(found[i] - wanted) <= 1e-5 * Math.abs(wanted), `${what} at ${x}: ${found[i]}, not ${wanted}`)
  }
}

test('the sigmoid and its slope have their digits where they are nearly 0', async () => {
  const { value, slope } = await values(g.sigmoid)
  near(value, logistic, 'sigmoid')
  near(slope, (x) => logistic(x) * logistic(-x), 'slope')
})

test('its logarithm is neither infinite on the left nor 0 on the right', async () => {
  const { value, slope } = await values(g.logSigmoid)
  near(value, (x) => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x))), 'logSigmoid')
  near(slope, (x) => logistic(-x), 'slope')
})

test('the fast one is right to 1e-6 of 1', async () => {
  const { value } = await values(g.fastSigmoid)
  for (const [i, x] of points.entries()) assert.ok(Math.abs(value[i] - logistic(x)) < 1e-6, `${x}: ${value[i]}`)
})
