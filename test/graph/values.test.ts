/** Every operation's value against what PyTorch gives (vectors/values.json, recorded by test/interop/graph_values.py). */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as g from '../../src/graph/index.ts'

interface Recorded {
  readonly dtype: g.DType
  readonly dims: readonly number[]
  /** JSON has no infinities: 'NaN', 'Infinity' and '-Infinity' are written as strings. */
  readonly data: readonly (number | string)[]
}
interface Vector {
  readonly name: string
  readonly inputs: readonly Recorded[]
  readonly outputs: readonly Recorded[]
}

/** A vector's inputs, sorted by what they hold. */
interface Given {
  readonly f: readonly g.Float[]
  readonly i: readonly g.Int[]
  readonly b: readonly g.Bool[]
}
type Apply = (given: Given) => g.Tensor | readonly g.Tensor[]

const unary =
  (of: (x: g.Float) => g.Float): Apply =>
  ({ f: [x] }) =>
    of(x)
const binary =
  (of: (x: g.Float, y: g.Float) => g.Float): Apply =>
  ({ f: [x, y] }) =>
    of(x, y)
const comparison =
  (of: (x: g.Float | g.Int, y: g.Float | g.Int) => g.Bool): Apply =>
  ({ f, i }) =>
    f.length > 0 ? of(f[0], f[1]) : of(i[0], i[1])
const large = 2 ** 40 + 1

/** By a vector's name, or by what comes before its colon. */
const operations: Readonly<Record<string, Apply>> = {
  add: binary(g.add),
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div),
  minimum: binary(g.minimum),
  maximum: binary(g.maximum),
  'add a number': ({ f: [x] }) => g.add(x, 2.5),
  'number minus': ({ f: [x] }) => g.sub(2.5, x),
  'number over': ({ f: [x] }) => g.div(2.5, x),
  neg: unary(g.neg),
  square: unary(g.square),
  addInts: ({ i: [x, y] }) => g.addInts(x, y),
  less: comparison(g.less),
  'less: integers with a number': ({ i: [x] }) => g.less(x, large),
  lessEqual: comparison(g.lessEqual),
  'lessEqual: integers with a number': ({ i: [x] }) => g.lessEqual(x, large),
  greater: comparison(g.greater),
  'greater: integers with a number': ({ i: [x] }) => g.greater(x, large),
  greaterEqual: comparison(g.greaterEqual),
  'greaterEqual: integers with a number': ({ i: [x] }) => g.greaterEqual(x, large),
  equal: comparison(g.equal),
  'equal: integers with a number': ({ i: [x] }) => g.equal(x, large),
  'equal: booleans': ({ b: [x, y] }) => g.equal(x, y),
  and: ({ b: [x, y] }) => g.and(x, y),
  or: ({ b: [x, y] }) => g.or(x, y),
  not: ({ b: [x] }) => g.not(x),
  where: ({ b: [c], f: [x, y] }) => g.where(c, x, y),
  exp: unary(g.exp),
  log: unary(g.log),
  sqrt: unary(g.sqrt),
  tanh: unary(g.tanh),
  sigmoid: unary(g.sigmoid),
  relu: unary(g.relu),
  abs: unary(g.abs),
  erf: unary(g.erf),
  sign: unary(g.sign),
  silu: unary(g.silu),
  gelu: unary(g.gelu),
  sin: unary(g.sin),
  cos: unary(g.cos),
  softmax: unary((x) => g.softmax(x)),
  'softmax: middle axis': unary((x) => g.softmax(x, 1)),
  logSoftmax: unary((x) => g.logSoftmax(x)),
  'logSoftmax: middle axis': unary((x) => g.logSoftmax(x, 1)),
  ...reductions('sum', g.sum),
  ...reductions('mean', g.mean),
  ...reductions('max', g.max),
  'max: ties': unary((x) => g.max(x, 1)),
  cumulativeSum: unary((x) => g.cumulativeSum(x, 1)),
  'cumulativeSum: first axis': unary((x) => g.cumulativeSum(x, 0)),
  'cumulativeSum: reverse': unary((x) => g.cumulativeSum(x, -2, { reverse: true })),
  expand: unary((x) => g.expand(x, [2, 3, 4])),
  topK: ({ f: [x] }) => {
    const { values, indices } = g.topK(x, 2)
    return [values, indices]
  },
  sumTo: unary((x) => g.sumTo(x, [3, 1])),
  matmul: binary((x, y) => g.matmul(x, y)),
  'matmul: transposeA': binary((x, y) => g.matmul(x, y, { transposeA: true })),
  'matmul: transposeA of a stack, one matrix': binary((x, y) => g.matmul(x, y, { transposeA: true })),
  'matmul: transposeB': binary((x, y) => g.matmul(x, y, { transposeB: true })),
  'matmul: transposeB, leading axes broadcast': binary((x, y) => g.matmul(x, y, { transposeB: true })),
  'matmul: both transposed, scaled': binary((x, y) =>
    g.matmul(x, y, { transposeA: true, transposeB: true, scale: -0.5 }),
  ),
  'matmul: grouped queries': binary((q, k) => {
    // The two query heads of each key head as rows of one matrix.
    const rows = g.reshape(q, [2, 2, 6, 2])
    return g.reshape(g.matmul(rows, k, { transposeB: true, scale: Math.SQRT1_2 }), [2, 4, 3, 3])
  }),
  rmsNorm: ({ f: [x, gain] }) => g.rmsNorm(x, gain),
  'rmsNorm: epsilon': ({ f: [x, gain] }) => g.rmsNorm(x, gain, 1e-2),
  layerNorm: ({ f: [x, gain, bias] }) => g.layerNorm(x, gain, bias),
  'layerNorm: epsilon': ({ f: [x, gain, bias] }) => g.layerNorm(x, gain, bias, 1e-2),
  rotary: ({ f: [x, cosines, sines], i: [positions] }) => g.rotary(x, positions, cosines, sines),
  reshape: unary((x) => g.reshape(x, [4, 3])),
  'reshape: one axis inferred': unary((x) => g.reshape(x, [3, -1])),
  'reshape: integers': ({ i: [x] }) => g.reshape(x, [2, 1, 2]),
  transpose: unary((x) => g.transpose(x, [2, 0, 1])),
  'transpose: integers': ({ i: [x] }) => g.transpose(x, [1, 0]),
  unsqueeze: unary((x) => g.unsqueeze(x, 1)),
  'unsqueeze: last': unary((x) => g.unsqueeze(x, -1)),
  slice: unary((x) => g.slice(x, 1, 1, 3)),
  'slice: to the end': unary((x) => g.slice(x, -1, 2)),
  'slice: counted from the end': unary((x) => g.slice(x, 0, -3, -1)),
  'slice: nothing': unary((x) => g.slice(x, 0, 2, 2)),
  concat: ({ f }) => g.concat(f, 1),
  'concat: integers': ({ i }) => g.concat(i, 0),
  split: ({ f: [x] }) => g.split(x, 1, [1, 3, 2]),
  gather: ({ f: [x], i: [at] }) => g.gather(x, at),
  'gather: columns': ({ f: [x], i: [at] }) => g.gather(x, at, 1),
  gatherAlong: ({ f: [x], i: [at] }) => g.gatherAlong(x, at),
  'gatherAlong: first axis': ({ f: [x], i: [at] }) => g.gatherAlong(x, at, 0),
  scatterAdd: ({ f: [x, updates], i: [at] }) => g.scatterAdd(x, at, updates),
  'scatterAdd: first axis': ({ f: [x, updates], i: [at] }) => g.scatterAdd(x, at, updates, 0),
  oneHot: ({ i: [at] }) => g.oneHot(at, 4),
  conv2d: binary((x, kernel) => g.conv2d(x, kernel)),
  'conv2d: padding': binary((x, kernel) => g.conv2d(x, kernel, { padding: 1 })),
  'conv2d: stride and padding': binary((x, kernel) => g.conv2d(x, kernel, { stride: 2, padding: 1 })),
  'conv2d: stride leaves places over': binary((x, kernel) => g.conv2d(x, kernel, { stride: 3 })),
  convTranspose2d: binary((x, kernel) => g.convTranspose2d(x, kernel)),
  'convTranspose2d: stride and padding': binary((x, kernel) => g.convTranspose2d(x, kernel, { stride: 2, padding: 1 })),
  scalar: () => g.scalar(2.5),
  constant: () => g.constant([1.5, -2, 1e-4, 3], [2, 2]),
  intConstant: () => g.intConstant([2 ** 40, -1], [1, 2]),
  filled: () => g.filled(0.5, [2, 3]),
  constantLike: ({ f: [x] }) => g.constantLike(x, -1),
  iota: () => g.iota(5),
  sizeOf: () => g.sizeOf(7),
  broadcastInts: ({ i: [x] }) => g.broadcastInts(x, [3, 2, 4]),
  'cast: to whole numbers': ({ f: [x] }) => g.cast(x, 'int64'),
  'cast: to booleans': ({ f: [x] }) => g.cast(x, 'bool'),
  'toFloat: booleans': ({ b: [x] }) => g.toFloat(x),
  'toFloat: whole numbers': ({ i: [x] }) => g.toFloat(x),
  stopGradient: unary((x) => g.stopGradient(x)),
}

function reductions(name: string, of: (x: g.Float, axes?: g.Axes, keepAxes?: boolean) => g.Float) {
  return {
    [name]: unary((x) => of(x)),
    [`${name}: last axis`]: unary((x) => of(x, -1)),
    [`${name}: outer axes kept`]: unary((x) => of(x, [0, -1], true)),
    [`${name}: awkward`]: unary((x) => of(x, 1)),
    ...(name === 'max' ? {} : { [`${name}: not a number`]: unary((x) => of(x, 0)) }),
  }
}

const file = new URL('./vectors/values.json', import.meta.url)
const { cases }: { cases: readonly Vector[] } = JSON.parse(readFileSync(file, 'utf8'))
const kindOf = (name: string) => name.split(': ')[0]

for (const vector of cases)
  test(vector.name, async () => {
    const apply = operations[vector.name] ?? operations[kindOf(vector.name)]
    assert.ok(apply, `no operation for ${vector.name}`)
    const inputs: Record<string, g.Tensor> = {}
    const values: Record<string, g.Value> = {}
    const given = { f: [] as g.Float[], i: [] as g.Int[], b: [] as g.Bool[] }
    vector.inputs.forEach((recorded, index) => {
      const name = `x${index}`
      const { dtype, dims } = recorded
      if (dtype === 'float32') given.f.push((inputs[name] = g.input(name, dtype, dims)))
      else if (dtype === 'int64') given.i.push((inputs[name] = g.input(name, dtype, dims)))
      else given.b.push((inputs[name] = g.input(name, dtype, dims)))
      values[name] = { data: arrayOf(recorded), dims }
    })
    const applied = apply(given)
    const outputs: readonly g.Tensor[] = Array.isArray(applied) ? applied : [applied]
    const program = await g.compile(inputs, Object.fromEntries(outputs.map((tensor, k) => [`y${k}`, tensor])), {
      threads: 1,
    })
    const found = await program.run(values)
    await program.close()
    assert.equal(outputs.length, vector.outputs.length)
    vector.outputs.forEach((expected, k) => {
      assert.equal(outputs[k].dtype, expected.dtype)
      assert.deepEqual(outputs[k].shape, expected.dims, 'the shape it was built with')
      assert.deepEqual(found[`y${k}`].dims, expected.dims, 'the shape it ran with')
      compare([...found[`y${k}`].data].map(Number), expected)
    })
  })

test('no operation is without vectors', () => {
  const named = new Set(cases.flatMap(({ name }) => [name, kindOf(name)]))
  assert.deepEqual(
    Object.keys(operations).filter((name) => !named.has(name)),
    [],
  )
})

function arrayOf({ dtype, data }: Recorded): g.Value['data'] {
  if (dtype === 'float32') return Float32Array.from(data, Number)
  if (dtype === 'int64') return BigInt64Array.from(data, BigInt)
  return Uint8Array.from(data, Number)
}

/** Whole numbers and booleans are exact; floats to 1e-5 of their size, with 1e-6 for what cancels to about 0. */
function compare(found: readonly number[], { dtype, data }: Recorded): void {
  data.map(Number).forEach((expected, at) => {
    const actual = found[at]
    const exact = dtype !== 'float32' || !Number.isFinite(expected)
    const same = exact ? Object.is(actual, expected) : Math.abs(actual - expected) <= 1e-6 + 1e-5 * Math.abs(expected)
    assert.ok(same, `at ${at}: ${actual}, PyTorch says ${expected}`)
  })
}
