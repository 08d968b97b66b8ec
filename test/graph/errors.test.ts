/** What a user is told: the operation, its operands' types and shapes, and the line of their own code that asked. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { GuerdonError } from '../../src/data/error.ts'
import * as g from '../../src/graph/index.ts'

const file = fileURLToPath(import.meta.url)
const source = readFileSync(file, 'utf8').split('\n')

/** The line this is called from, as the JavaScript engine numbers it. */
function here(): number {
  const frame = (new Error('here').stack ?? '').split('\n')[2]
  return Number(/:(\d+):\d+\)?$/.exec(frame)?.[1])
}

/** Checks what an error says after its place; gives the line it points to. */
function placed(thrown: unknown, says: string): number {
  assert.ok(thrown instanceof GuerdonError, String(thrown))
  const at = /^(.*):(\d+):\d+$/.exec(thrown.where ?? '')
  assert.ok(at, `it names no place: ${thrown.message}`)
  assert.equal(at[1], file)
  assert.ok(thrown.message.startsWith(`${thrown.where}: ${says}`), `${thrown.message}\n  should say: ${says}`)
  return Number(at[2])
}

async function caught(run: () => unknown): Promise<unknown> {
  try {
    await run()
  } catch (thrown) {
    return thrown
  }
  return assert.fail('nothing was thrown')
}

const floats = (dims: readonly number[], fill = 0): g.Value<'float32'> => ({
  data: new Float32Array(dims.reduce((product, size) => product * size, 1)).fill(fill),
  dims,
})
const ids = (...values: number[]): g.Value<'int64'> => ({
  data: BigInt64Array.from(values, BigInt),
  dims: [values.length],
})

const [B, T] = ['batch', 'length']
const x = g.input('x', 'float32', [B, T, 4])
const y = g.input('y', 'float32', [3, 5])
const at = g.input('at', 'int64', [B, 2])

/** A call, as its source reads on one line, and the message it must give. */
const wrongCalls: readonly (readonly [() => unknown, string, string])[] = [
  [() => g.add(x, y), 'g.add(x, y)', 'add(float32[batch, length, 4], float32[3, 5]): the shapes do not broadcast'],
  [() => g.mul(y, g.transpose(y, [1, 0])), 'g.mul(y,', 'mul(float32[3, 5], float32[5, 3]): the shapes do not'],
  [() => g.where(g.less(at, 2), y, 0), 'g.where(', 'where(bool[batch, 2], float32[3, 5], float32[]): the shapes'],
  [() => g.less(at, 2.5), 'g.less(at, 2.5)', 'less(int64[batch, 2]): 2.5 is no int64'],
  [() => g.equal(at, x), 'g.equal(at, x)', 'equal(int64[batch, 2], float32[batch, length, 4]): the element types'],
  [() => g.matmul(x, y), 'g.matmul(x, y)', 'matmul(float32[batch*length, 4], float32[3, 5]): the inner sizes differ'],
  [() => g.matmul(y, g.sum(y, 0)), 'g.matmul(y, g.sum', 'matmul(float32[3, 5], float32[5]): both need at least two'],
  [() => g.sum(x, 3), 'g.sum(x, 3)', 'sum(float32[batch, length, 4]): there is no axis 3'],
  [() => g.mean(x, [0, -3]), 'g.mean(x,', 'mean(float32[batch, length, 4]): [0, -3] names an axis twice'],
  [() => g.softmax(x, -4), 'g.softmax(x, -4)', 'softmax(float32[batch, length, 4]): there is no axis -4'],
  [() => g.expand(y, [3, 4]), 'g.expand(y,', 'expand(float32[3, 5]): it cannot be expanded to [3, 4]'],
  [
    () => g.reshape(x, [B, 5, -1]),
    'g.reshape(x,',
    'reshape(float32[batch, length, 4]): it cannot become [batch, 5, -1]',
  ],
  [() => g.reshape(y, [-1, -1]), 'g.reshape(y,', 'reshape(float32[3, 5]): it cannot become [-1, -1]'],
  [() => g.transpose(y, [0, 0]), 'g.transpose(y, [0', 'transpose(float32[3, 5]): [0, 0] is not an order of its axes'],
  [() => g.slice(y, 1, 2, 6), 'g.slice(y, 1, 2', 'slice(float32[3, 5]): 2..6 is not inside axis 1'],
  [() => g.slice(y, 1, -7), 'g.slice(y, 1, -7)', 'slice(float32[3, 5]): -7..end is not inside axis 1'],
  [
    () => g.concat([y, g.slice(y, 1, 1)], 0),
    'g.concat(',
    'concat(float32[3, 5], float32[3, 4]): the shapes differ off',
  ],
  [() => g.split(y, 1, [2, 2]), 'g.split(y,', 'split(float32[3, 5]): sizes 2 + 2 do not make up axis 1'],
  [
    () => g.gatherAlong(y, at),
    'g.gatherAlong(',
    "gatherAlong(float32[3, 5], int64[batch, 2]): indices must have x's shape",
  ],
  [() => g.rmsNorm(x, g.sum(y, 0)), 'g.rmsNorm(', 'rmsNorm(float32[batch, length, 4], float32[5]): gain and bias must'],
  [
    () => g.conv2d(x, y),
    'g.conv2d(x, y)',
    'conv2d(float32[batch, length, 4], float32[3, 5]): expected [batch, channels',
  ],
  [
    () => g.rotary(x, at, y, y),
    'g.rotary(',
    'rotary(float32[batch, length, 4], int64[batch, 2], float32[3, 5], float32[3, 5]):',
  ],
  [() => g.topK(y, 6), 'g.topK(', 'topK(float32[3, 5]): a row has no 6 values'],
  [() => g.constant([1, 2], [3]), 'g.constant(', 'constant(): 2 numbers do not fill [3]'],
  [
    () => g.input('z', 'float32', ['a + b']),
    "g.input('z'",
    "input 'z'(): 'a + b' is no size, no name and nothing that",
  ],
  [() => g.gradients([{ of: y }], [y]), 'g.gradients([{ of: y }]', 'gradients(float32[3, 5]): only a scalar can be'],
  [() => g.gradients([{ of: y, cotangent: x }], [y]), 'cotangent: x', 'gradients(float32[3, 5], float32[batch, length'],
]

for (const [call, code, says] of wrongCalls)
  test(`while building: ${code}`, async () => {
    const thrown = await caught(call)
    assert.ok(thrown instanceof g.ShapeError)
    const line = placed(thrown, says)
    assert.ok(source[line - 1].includes(code), `line ${line} reads: ${source[line - 1]}`)
  })

test('the line is that of the call, not of the function around it', async () => {
  let line = 0
  const thrown = await caught(() => {
    const wide = g.expand(y, [2, 3, 5])
    line = here() + 1
    return g.matmul(wide, g.transpose(wide, [0, 1, 2]))
  })
  assert.equal(placed(thrown, 'matmul(float32[2, 3, 5], float32[2, 3, 5]): the inner sizes differ: 5 and 3'), line)
})

test('an index outside the table names the gather that met it', async () => {
  const table = g.input('table', 'float32', [6, 3])
  const rows = g.input('rows', 'int64', ['n'])
  const line = here() + 1
  const picked = g.gather(table, rows)
  const program = await g.compile({ table, rows }, { y: g.square(picked) })
  const thrown = await caught(() => program.run({ table: floats([6, 3]), rows: ids(0, 6) }))
  assert.equal(placed(thrown, 'running gather(float32[6, 3], int64[n]) failed: '), line)
  assert.match(String(thrown), /idx=6 must be within the inclusive range \[-6,5\]/)
  const { y: fine } = await program.run({ table: floats([6, 3], 2), rows: ids(0, -6) })
  assert.deepEqual([...fine.data], [4, 4, 4, 4, 4, 4], 'the program still runs')
  await program.close()
})

test('a position outside the tables names the rotary that met it', async () => {
  const heads = g.input('heads', 'float32', ['batch', 1, 'length', 4])
  const positions = g.input('positions', 'int64', ['batch', 'length'])
  const angles = g.filled(0.5, [8, 2])
  const line = here() + 1
  const turned = g.rotary(heads, positions, angles, angles)
  const program = await g.compile({ heads, positions }, { turned })
  const wrong = { data: BigInt64Array.of(8n), dims: [1, 1] }
  const thrown = await caught(() => program.run({ heads: floats([1, 1, 1, 4]), positions: wrong }))
  assert.equal(placed(thrown, 'running rotary(float32[batch, 1, length, 4], int64[batch, length], '), line)
  await program.close()
})

test('an input that is not in the list is named with its line', async () => {
  const line = here() + 1
  const forgotten = g.input('forgotten', 'float32', [B, T, 4])
  const thrown = await caught(() => g.compile({ x }, { y: g.add(x, forgotten) }))
  assert.equal(placed(thrown, "compile: the outputs depend on input 'forgotten', which is not in the list"), line)
  const renamed = await caught(() => g.compile({ x, other: forgotten }, { y: g.add(x, forgotten) }))
  assert.equal(placed(renamed, "compile: the outputs depend on input 'forgotten'"), line)
})

test('a dimension whose size no input gives is named with the operation that needs it', async () => {
  const line = here() + 1
  const zeros = g.filled(0, ['rows', 2])
  const thrown = await caught(() => g.compile({ x }, { zeros }))
  assert.equal(placed(thrown, "filled: no input of the program gives the size of dimension 'rows'"), line)
  // Nor does an input in which the name stands only inside a sum.
  const sum = g.input('sum', 'float32', [g.addDims('rows', 1)])
  assert.match(String(await caught(() => g.compile({ sum }, { zeros }))), /the size of dimension 'rows'/)
})

const derived = g.input('derived', 'float32', [g.addDims(B, T)])
const small = g.input('small', 'float32', [B, 2])
const long = g.input('long', 'float32', [T])

/** Values that do not fit, and what is said of them. */
const wrongValues: readonly (readonly [string, Record<string, g.Value>, string])[] = [
  [
    'too few axes',
    { derived: floats([5]), small: floats([4]), long: floats([3]) },
    "input 'small' has shape [batch, 2] but was given [4]: 1 axes instead of 2",
  ],
  [
    'too few numbers',
    { derived: floats([5]), small: { data: new Float32Array(3), dims: [2, 2] }, long: floats([3]) },
    "input 'small' has shape [batch, 2] but was given [2, 2]: 3 numbers do not fill it",
  ],
  [
    'another fixed size',
    { derived: floats([5]), small: floats([2, 3]), long: floats([3]) },
    "input 'small' has shape [batch, 2] but was given [2, 3]: axis 1 must be 2",
  ],
  [
    'a sum that the other inputs contradict',
    { derived: floats([6]), small: floats([2, 2]), long: floats([3]) },
    "input 'derived' has shape [length + batch] but was given [6]: axis 0 must be length + batch = 5",
  ],
  [
    'one missing',
    { derived: floats([5]), small: floats([2, 2]), lnog: floats([3]) },
    "the program's input 'long' was not given: only derived, small, lnog",
  ],
]

for (const [what, values, says] of wrongValues)
  test(`while running: ${what}`, async () => {
    const inputs: Record<string, g.Tensor> = { derived, small, long }
    const program = await g.compile(inputs, { total: g.add(g.sum(derived), g.add(g.sum(small), g.sum(long))) })
    const thrown = await caught(() => program.run(values))
    assert.ok(thrown instanceof GuerdonError)
    assert.equal(thrown.message, says)
    const { total } = await program.run({ derived: floats([5], 1), small: floats([2, 2], 1), long: floats([3], 1) })
    assert.deepEqual([...total.data], [12])
    await program.close()
  })

test('two inputs that disagree on a named size', async () => {
  const wide = g.input('wide', 'float32', [B, 3])
  const program = await g.compile({ small, wide }, { both: g.concat([small, wide], 1) })
  const thrown = await caught(() => program.run({ small: floats([2, 2]), wide: floats([4, 3]) }))
  assert.match(String(thrown), /input 'wide' has shape \[batch, 3\] but was given \[4, 3\]: axis 0 must be batch = 2/)
  await program.close()
})

test('a constant must be a float input of its shape, and agree with what is fed', async () => {
  const outputs = { total: g.add(g.sum(small), g.sum(long)) }
  const inputs: Record<string, g.Tensor> = { small, long, at }
  const compile = (constants: Record<string, g.Value<'float32'>>) => () => g.compile(inputs, outputs, { constants })
  assert.match(String(await caught(compile({ samll: floats([2, 2]) }))), /constant 'samll' is no float input/)
  assert.match(String(await caught(compile({ at: floats([2, 2]) }))), /constant 'at' is no float input/)
  assert.match(String(await caught(compile({ small: floats([2, 3]) }))), /given \[2, 3\]: axis 1 must be 2/)
  const wide = g.input('wide', 'float32', [B, 3])
  const program = await g.compile(
    { small, wide },
    { both: g.concat([small, wide], 1) },
    { constants: { small: floats([2, 2]) } },
  )
  assert.match(String(await caught(() => program.run({ wide: floats([3, 3]) }))), /axis 0 must be batch = 2/)
  const again = { wide: floats([2, 3]), small: floats([2, 2]) }
  assert.match(String(await caught(() => program.run(again))), /input 'small' was fixed when the program was compiled/)
  await program.close()
})
