/** Compiled programs: every size from one session, constants, the .onnx file elsewhere, the same sum every time. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Random, random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'
import { loadRuntime } from '../../src/graph/runtime.ts'

const vocabulary = 7
const [width, heads] = [4, 2]
const size = width / heads

/** Causal attention over embedded tokens, pooled to a row: named sizes in reshapes, masks, products and means. */
function attentionProgram() {
  const [B, T] = ['batch', 'length']
  const inputs = {
    tokens: g.input('tokens', 'int64', [B, T]),
    table: g.input('table', 'float32', [vocabulary, width]),
    mix: g.input('mix', 'float32', [width, width]),
  }
  const x = g.gather(inputs.table, inputs.tokens)
  const split = g.transpose(g.reshape(x, [B, T, heads, size]), [0, 2, 1, 3])
  const places = g.iota(T)
  const visible = g.lessEqual(g.reshape(places, [1, T]), g.reshape(places, [T, 1]))
  const scores = g.matmul(split, split, { transposeB: true, scale: 1 / Math.sqrt(size) })
  const seen = g.matmul(g.softmax(g.where(visible, scores, -1e9)), split)
  const joined = g.reshape(g.transpose(seen, [0, 2, 1, 3]), [-1, width])
  const pooled = g.mean(g.reshape(g.silu(g.matmul(joined, inputs.mix)), [B, T, width]), 1)
  const ends = g.concat([g.slice(x, 1, 0, 1), g.slice(x, 1, -1)], 1)
  const [mixSlope] = g.gradients([{ of: g.sum(pooled) }], [inputs.mix])
  return { inputs, outputs: { pooled, ends: g.reshape(ends, [B, 2 * width]), mixSlope } }
}

/** The twin in plain loops; the slope of `mix` comes from d silu(u)/du times the rows that made u. */
function twin(tokens: readonly (readonly number[])[], table: Float32Array, mix: Float32Array) {
  const length = tokens[0].length
  const pooled: number[] = []
  const ends: number[] = []
  const mixSlope = new Array<number>(width * width).fill(0)
  for (const row of tokens) {
    const x = row.map((id) => [...table.subarray(id * width, (id + 1) * width)])
    const pool = new Array<number>(width).fill(0)
    for (let t = 0; t < length; t++) {
      const seen: number[] = []
      for (let h = 0; h < heads; h++) {
        const part = (at: number) => x[at].slice(h * size, (h + 1) * size)
        const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0)
        const weights = Array.from({ length: t + 1 }, (_, j) => Math.exp(dot(part(t), part(j)) / Math.sqrt(size)))
        const total = weights.reduce((sum, value) => sum + value, 0)
        for (let d = 0; d < size; d++) seen.push(weights.reduce((sum, w, j) => sum + (w / total) * part(j)[d], 0))
      }
      for (let c = 0; c < width; c++) {
        const u = seen.reduce((sum, value, r) => sum + value * mix[r * width + c], 0)
        const s = 1 / (1 + Math.exp(-u))
        pool[c] += (u * s) / length
        seen.forEach((value, r) => {
          mixSlope[r * width + c] += (value * s * (1 + u * (1 - s))) / length
        })
      }
    }
    pooled.push(...pool)
    ends.push(...x[0], ...x[length - 1])
  }
  return { pooled, ends, mixSlope }
}

const normals = (rng: Random, dims: readonly number[]): g.Value<'float32'> => ({
  data: Float32Array.from({ length: dims.reduce((product, n) => product * n, 1) }, () => rng.normal()),
  dims,
})
const below = (rng: Random, limit: number, dims: readonly number[]): g.Value<'int64'> => ({
  data: BigInt64Array.from({ length: dims.reduce((product, n) => product * n, 1) }, () =>
    BigInt(rng.int(0, limit - 1)),
  ),
  dims,
})

function drawn(seed: number, batch: number, length: number) {
  const rng = random(seed)
  return {
    tokens: below(rng, vocabulary, [batch, length]),
    table: normals(rng, [vocabulary, width]),
    mix: normals(rng, [width, width]),
  }
}

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length, what)
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i])
    assert.ok(error <= 1e-5 * Math.max(1, Math.abs(expected[i])), `${what}[${i}]: ${actual[i]}, not ${expected[i]}`)
  }
}

test('one program serves every batch and length', async () => {
  const { inputs, outputs } = attentionProgram()
  const program = await g.compile(inputs, outputs, { threads: 2 })
  const pairs = [
    [1, 1],
    [3, 7],
    [2, 5],
    [16, 1],
    [1, 33],
    [5, 12],
    [3, 7],
  ]
  for (const [index, [batch, length]] of pairs.entries()) {
    const values = drawn(index, batch, length)
    const found = await program.run(values)
    const ids = Array.from({ length: batch }, (_, b) =>
      [...values.tokens.data.subarray(b * length, (b + 1) * length)].map(Number),
    )
    const expected = twin(ids, values.table.data, values.mix.data)
    assert.deepEqual(found.pooled.dims, [batch, width])
    assert.deepEqual(found.ends.dims, [batch, 2 * width])
    near(found.pooled.data, expected.pooled, `pooled ${batch}x${length}`)
    near(found.ends.data, expected.ends, `ends ${batch}x${length}`)
    near(found.mixSlope.data, expected.mixSlope, `mixSlope ${batch}x${length}`)
  }
  await program.close()
})

test('an empty batch gives empty results and no gradient', async () => {
  const { inputs, outputs } = attentionProgram()
  const program = await g.compile(inputs, outputs, { threads: 1 })
  const found = await program.run(drawn(1, 0, 3))
  assert.deepEqual(found.pooled.dims, [0, width])
  assert.deepEqual([...found.mixSlope.data], new Array(width * width).fill(0))
  await program.close()
})

test('runs side by side do not disturb each other', async () => {
  const { inputs, outputs } = attentionProgram()
  const program = await g.compile(inputs, outputs, { threads: 2 })
  const many = Array.from({ length: 12 }, (_, seed) => drawn(seed, 1 + (seed % 4), 1 + seed))
  const alone: g.Value[] = []
  for (const values of many) alone.push((await program.run(values)).pooled)
  const together = await Promise.all(many.map((values) => program.run(values)))
  together.forEach((found, i) => {
    assert.deepEqual(found.pooled, alone[i])
  })
  await program.close()
})

test('constants give what the same numbers give when they are fed', async () => {
  const { inputs, outputs } = attentionProgram()
  const { tokens, table, mix } = drawn(3, 3, 6)
  const fed = await g.compile(inputs, outputs, { threads: 1 })
  const fixed = await g.compile(inputs, outputs, { threads: 1, constants: { table, mix } })
  const [a, b] = [await fed.run({ tokens, table, mix }), await fixed.run({ tokens })]
  for (const name of ['pooled', 'ends', 'mixSlope'] as const) near(b[name].data, a[name].data, name)
  await fed.close()
  await fixed.close()
})

test('the bytes of onnx() run in a plain session, weights inside', async () => {
  const { inputs, outputs } = attentionProgram()
  const { tokens, table, mix } = drawn(4, 2, 5)
  const program = await g.compile(inputs, outputs, { threads: 1, constants: { table } })
  const expected = await program.run({ tokens, mix })
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-onnx-'))
  try {
    const path = join(folder, 'program.onnx')
    writeFileSync(path, program.onnx())
    const { InferenceSession, Tensor } = await loadRuntime()
    const session = await InferenceSession.create(path)
    assert.deepEqual([...session.inputNames].sort(), ['mix', 'tokens'])
    assert.deepEqual([...session.outputNames], ['out:pooled', 'out:ends', 'out:mixSlope'])
    const found = await session.run({
      tokens: new Tensor('int64', tokens.data, tokens.dims),
      mix: new Tensor('float32', mix.data, mix.dims),
    })
    for (const name of ['pooled', 'ends', 'mixSlope'] as const) {
      assert.deepEqual(found[`out:${name}`].dims, expected[name].dims)
      assert.deepEqual(found[`out:${name}`].data, expected[name].data)
    }
    await session.release()
  } finally {
    rmSync(folder, { recursive: true })
    await program.close()
  }
})

const python = process.env.GUERDON_PYTHON ?? 'python3'
const missing =
  spawnSync(python, ['-c', 'import numpy, onnx, onnxruntime']).status === 0
    ? false
    : `${python} with onnx and onnxruntime is absent; name one in GUERDON_PYTHON`

test('the file runs in Python with the same numbers; onnx.checker passes what is standard', {
  skip: missing,
}, async () => {
  const { inputs, outputs } = attentionProgram()
  const values = drawn(5, 3, 4)
  const attention = await g.compile(inputs, outputs, { threads: 1 })
  await inPython(attention, values, [])

  const rng = random(6)
  const x = g.input('x', 'float32', ['batch', 4])
  const table = g.input('table', 'float32', [2000, 4])
  const at = g.input('at', 'int64', ['batch'])
  const gain = g.input('gain', 'float32', [4])
  const targets = g.input('targets', 'int64', ['batch', 1])
  const y = g.gelu(g.layerNorm(g.mul(x, g.gather(table, at)), gain, g.constant([0, 1, 2, 3], [4])))
  const loss = g.neg(g.mean(g.gatherAlong(g.logSoftmax(y), targets)))
  const [dx, dTable, dGain] = g.gradients([{ of: loss }], [x, table, gain])
  const standard = await g.compile({ x, table, at, gain, targets }, { loss, dx, dTable, dGain }, { threads: 1 })
  const given = {
    x: normals(rng, [5, 4]),
    table: normals(rng, [2000, 4]),
    at: below(rng, 3, [5]),
    gain: normals(rng, [4]),
    targets: below(rng, 4, [5, 1]),
  }
  await inPython(standard, given, ['--check'])
})

const dtypeOf = ({ data }: g.Value): g.DType =>
  data instanceof Float32Array ? 'float32' : data instanceof BigInt64Array ? 'int64' : 'bool'

/** Runs a program here and, from its file, in Python; compares every output. */
async function inPython(program: g.Program, values: Readonly<Record<string, g.Value>>, flags: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-onnx-'))
  try {
    const path = join(folder, 'program.onnx')
    writeFileSync(path, program.onnx())
    const typed = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, { ...value, dtype: dtypeOf(value) }]),
    )
    const input = JSON.stringify(typed, (_, value) => {
      if (value instanceof Float32Array) return [...value]
      return value instanceof BigInt64Array ? [...value].map(Number) : value
    })
    const script = join(import.meta.dirname, '../interop/onnx_file.py')
    const ran = spawnSync(python, [script, path, ...flags], { input, encoding: 'utf8' })
    assert.equal(ran.status, 0, ran.stderr)
    const theirs: Record<string, { readonly dims: number[]; readonly data: number[] }> = JSON.parse(ran.stdout)
    const ours = await program.run(values)
    for (const [name, { dims, data }] of Object.entries(ours)) {
      assert.deepEqual(theirs[`out:${name}`].dims, dims)
      near(theirs[`out:${name}`].data, [...data].map(Number), name)
    }
  } finally {
    rmSync(folder, { recursive: true })
    await program.close()
  }
}

test('rows of a large table are summed exactly, and the same way every time', async () => {
  const [rows, wide] = [1500, 24]
  const table = g.input('table', 'float32', [rows, wide])
  const at = g.input('at', 'int64', ['n'])
  const slopes = g.input('slopes', 'float32', ['n', wide])
  const [dTable] = g.gradients([{ of: g.gather(table, at), cotangent: slopes }], [table])
  const program = await g.compile({ table, at, slopes }, { dTable }, { threads: 2 })
  const rng = random(8)
  const n = 20_000
  const zeros = { data: new Float32Array(rows * wide), dims: [rows, wide] }
  // Most of the indices are the same few: where sums ran side by side, additions would be lost.
  const indices = BigInt64Array.from({ length: n }, () =>
    BigInt(rng.int(0, 9) < 9 ? rng.int(0, 2) : rng.int(0, rows - 1)),
  )
  const whole = Float32Array.from({ length: n * wide }, () => rng.int(-4, 4))
  const expected = new Float32Array(rows * wide)
  indices.forEach((index, i) => {
    for (let k = 0; k < wide; k++) expected[Number(index) * wide + k] += whole[i * wide + k]
  })
  const run = async (data: Float32Array<ArrayBuffer>) =>
    (await program.run({ table: zeros, at: { data: indices, dims: [n] }, slopes: { data, dims: [n, wide] } })).dTable
      .data
  for (let repeat = 0; repeat < 20; repeat++) assert.deepEqual(await run(whole), expected, `repeat ${repeat}`)
  const fractions = whole.map(() => rng.normal())
  const first = await run(fractions)
  for (let repeat = 0; repeat < 20; repeat++) assert.deepEqual(await run(fractions), first, `repeat ${repeat}`)
  await program.close()
})

test('numbers are added into one place exactly, and the same way every time', async () => {
  const x = g.input('x', 'float32', ['rows', 3])
  const at = g.input('at', 'int64', ['rows', 'n'])
  const updates = g.input('updates', 'float32', ['rows', 'n'])
  const program = await g.compile({ x, at, updates }, { y: g.scatterAdd(x, at, updates) }, { threads: 2 })
  const rng = random(9)
  const [rows, n] = [64, 3000]
  const given = {
    x: { data: new Float32Array(rows * 3), dims: [rows, 3] },
    at: below(rng, 3, [rows, n]),
    updates: { data: Float32Array.from({ length: rows * n }, () => rng.int(-4, 4)), dims: [rows, n] },
  }
  const expected = new Float32Array(rows * 3)
  given.updates.data.forEach((value, i) => {
    expected[Math.floor(i / n) * 3 + Number(given.at.data[i])] += value
  })
  for (let repeat = 0; repeat < 20; repeat++) assert.deepEqual((await program.run(given)).y.data, expected)
  await program.close()
})

test('a multiple of a name gives the name its size, and a size that is none is refused', async () => {
  const x = g.input('x', 'float32', ['batch', '3*block'])
  const [first, , last] = g.split(x, 1, ['block', 'block', 'block'])
  const program = await g.compile({ x }, { y: g.sub(last, first) }, { threads: 1 })
  const { y } = await program.run({ x: { data: Float32Array.of(1, 2, 3, 4, 50, 60), dims: [1, 6] } })
  assert.deepEqual(
    [[...y.data], y.dims],
    [
      [49, 58],
      [1, 2],
    ],
  )
  await assert.rejects(program.run({ x: { data: new Float32Array(5), dims: [1, 5] } }), /must be a multiple of 3/)
  await program.close()
})
