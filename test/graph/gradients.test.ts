/** Every operation's gradient against central differences, on random shapes and numbers, over several seeds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Random, random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'
import { B, type Case, cases, T } from './cases.ts'

const seeds = [1, 2, 3]

for (const each of cases)
  test(`gradient of ${each.name}`, async () => {
    for (const seed of seeds) await check(each, seed)
  })

for (const each of cases) test(`gradient of the gradient of ${each.name}`, async () => check(differentiated(each), 4))

test('gradients can be differentiated again', async () => {
  const x = g.input('x', 'float32', [3])
  const [first] = g.gradients([{ of: g.sum(g.mul(x, g.mul(x, x))) }], [x])
  const [second] = g.gradients([{ of: g.sum(first) }], [x])
  const program = await g.compile({ x }, { second })
  const { second: value } = await program.run({ x: { data: Float32Array.of(1, -2, 0.5), dims: [3] } })
  assert.deepEqual([...value.data], [6, -12, 3])
  await program.close()
})

test('a tensor that nothing depends on gets zeros', async () => {
  const x = g.input('x', 'float32', ['n'])
  const y = g.input('y', 'float32', ['n'])
  const [dy] = g.gradients([{ of: g.sum(x) }], [y])
  const program = await g.compile({ x, y }, { dy })
  const three = { data: Float32Array.of(1, 2, 3), dims: [3] }
  assert.deepEqual([...(await program.run({ x: three, y: three })).dy.data], [0, 0, 0])
  await program.close()
})

/** The gradients of an operation, themselves as an operation; the cotangents depend on its outputs. */
function differentiated(each: Case): Case {
  const apply: Case['apply'] = (floats, ints) => {
    const outputs = [each.apply(floats, ints)].flat()
    const wrt = (each.differentiable ?? floats.keys().toArray()).map((i) => floats[i])
    return g.gradients(
      outputs.map((of) => ({ of, cotangent: g.tanh(g.add(of, 0.3)) })),
      wrt,
    )
  }
  return { ...each, apply }
}

/**
 * Compares <v, J u> both ways, direction by direction: for random cotangents, dL/dx from reverse mode against
 * (L(x + h e) - L(x - h e)) / 2h for every element e of every input.
 */
async function check(each: Case, seed: number): Promise<void> {
  const rng = random(`${each.name} ${seed}`)
  const sizes: Record<string, number> = { [B]: rng.int(1, 4), [T]: rng.int(2, 5) }
  const dimsOf = (shape: g.Shape) => shape.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]))
  const count = (dims: readonly number[]) => dims.reduce((product, size) => product * size, 1)
  const floats = each.shapes.map((shape, i) => g.input(`x${i}`, 'float32', shape))
  const ints = (each.indices ?? []).map(({ shape }, i) => g.input(`at${i}`, 'int64', shape))
  const applied = each.apply(floats, ints)
  const outputs = Array.isArray(applied) ? applied : [applied]
  const cotangents = outputs.map((output: g.Float, i: number) => g.input(`v${i}`, 'float32', output.shape))
  const differentiable = each.differentiable ?? each.shapes.map((_, i) => i)
  const wrt = differentiable.map((i) => floats[i])
  const slopes = g.gradients(
    outputs.map((of: g.Float, i: number) => ({ of, cotangent: cotangents[i] })),
    wrt,
  )
  const named = (prefix: string, list: readonly g.Tensor[]) =>
    Object.fromEntries(list.map((tensor, i) => [`${prefix}${i}`, tensor]))

  const forward = await g.compile({ ...named('x', floats), ...named('at', ints) }, named('y', outputs), { threads: 1 })
  const draw = each.draw ?? ((r: Random) => r.normal())
  const point: Record<string, g.Value> = {}
  each.shapes.forEach((shape, i) => {
    const dims = dimsOf(shape)
    point[`x${i}`] = { data: Float32Array.from({ length: count(dims) }, () => draw(rng)), dims }
  })
  each.indices?.forEach(({ shape, below }, i) => {
    const dims = dimsOf(shape)
    point[`at${i}`] = { data: BigInt64Array.from({ length: count(dims) }, () => BigInt(rng.int(0, below - 1))), dims }
  })
  const values = await forward.run(point)
  const given: Record<string, g.Value> = {}
  outputs.forEach((_: g.Float, i: number) => {
    const { dims, data } = values[`y${i}`]
    given[`v${i}`] = { data: Float32Array.from({ length: data.length }, () => rng.normal()), dims }
  })
  const backward = await g.compile(
    { ...named('x', floats), ...named('at', ints), ...named('v', cotangents) },
    named('d', slopes),
    { threads: 1 },
  )
  const found = await backward.run({ ...point, ...given })

  const loss = async (at: Record<string, g.Value>) => {
    const run = await forward.run(at)
    return outputs.reduce((total: number, _: g.Float, i: number) => {
      const [y, v] = [run[`y${i}`].data, given[`v${i}`].data]
      for (let k = 0; k < y.length; k++) total += Number(y[k]) * Number(v[k])
      return total
    }, 0)
  }
  const step = 1e-2
  for (const [slot, i] of differentiable.entries()) {
    const { data, dims } = point[`x${i}`]
    // A few places of a large input, all of a small one.
    const places = data.length <= 40 ? [...data.keys()] : Array.from({ length: 12 }, () => rng.int(0, data.length - 1))
    for (const k of places) {
      const moved = async (by: number) => {
        const copy = Float32Array.from(data, Number)
        copy[k] += by
        return loss({ ...point, [`x${i}`]: { data: copy, dims } })
      }
      // Richardson's combination of two central differences: error O(h^4), so a step that float32 can resolve suffices.
      const [wide, narrow] = [
        ((await moved(step)) - (await moved(-step))) / (2 * step),
        ((await moved(step / 2)) - (await moved(-step / 2))) / step,
      ]
      const expected = (4 * narrow - wide) / 3
      const actual = Number(found[`d${slot}`].data[k])
      const allowed = 4e-3 * Math.max(1, Math.abs(expected))
      assert.ok(
        Math.abs(actual - expected) <= allowed,
        `${each.name}, seed ${seed}: dL/dx${i}[${k}] is ${actual}, central differences say ${expected}`,
      )
    }
  }
  await forward.close()
  await backward.close()
}
