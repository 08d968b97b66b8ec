import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { GuerdonError } from '../../src/data/error.ts'
import { openSafetensors, type TensorSource, writeSafetensors } from '../../src/data/safetensors.ts'

const vectors = join(import.meta.dirname, 'vectors')
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-safetensors-'))
})
after(() => rm(folder, { recursive: true }))

/** A file with this header text and so many bytes after it. */
async function fileWith(header: string | Uint8Array, bytes: number, announced?: bigint): Promise<string> {
  const json = Buffer.from(header)
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(announced ?? BigInt(json.length))
  const path = join(folder, 'mutant.safetensors')
  await writeFile(path, Buffer.concat([head, json, Buffer.alloc(bytes, 1)]))
  return path
}

const entry = (shape: number[], from: number, to: number, dtype = 'F32') => ({ dtype, shape, data_offsets: [from, to] })

test('a file of every type, written by the Python library, reads the same', async () => {
  const expected = JSON.parse(await readFile(join(vectors, 'every-type.json'), 'utf8'))
  await using file = await openSafetensors(join(vectors, 'every-type.safetensors'))
  assert.deepEqual(file.metadata, expected.metadata)
  assert.deepEqual([...file.tensors.keys()].sort(), Object.keys(expected.tensors).sort())
  const number = (x: number | string) => (x === 'inf' ? Infinity : x === '-inf' ? -Infinity : Number(x))
  for (const [name, { shape, values }] of Object.entries<{ shape: number[]; values: (number | string)[] }>(
    expected.tensors,
  )) {
    assert.deepEqual(file.tensors.get(name)?.shape, shape)
    if (name === 'double') continue
    const read = await file.read(name)
    const wanted = read instanceof BigInt64Array ? values.map(BigInt) : values.map(number)
    assert.deepEqual([...read], wanted, name)
  }
  assert.ok((await file.readFloats('bfloat')) instanceof Float32Array)
  await assert.rejects(file.readFloats('int'), /every-type\.safetensors: tensor "int" has type I32, expected F32/)
  await assert.rejects(file.read('double'), /tensor "double" has type F64, which cannot be read here/)
  await assert.rejects(file.read('absent'), /it has no tensor "absent"/)
})

const written: readonly TensorSource[] = [
  { name: 'b', shape: [2, 3], data: new Float32Array([0, 0.25, 0.5, 0.75, 1, 1.25]) },
  { name: 'a', shape: [1], data: new Float32Array([-1.5]) },
  { name: '10', shape: [1], dtype: 'F32', load: async () => new Float32Array([0.25]) },
  { name: 'é"\\\n', shape: [1], data: new Float32Array([9, 2, 9]).subarray(1, 2) },
  { name: 'step', shape: [], data: new BigInt64Array([12345678901234567n]) },
  { name: 'ids', shape: [3], data: new Int32Array([1, -2, 3]) },
  { name: 'bytes', shape: [3], data: new Uint8Array([7, 8, 9]) },
  { name: 'none', shape: [0], data: new Float32Array(0) },
]

test('what we write is byte for byte what the Python library writes', async () => {
  const path = join(folder, 'written.safetensors')
  await writeSafetensors(path, written)
  assert.deepEqual(await readFile(path), await readFile(join(vectors, 'written.safetensors')))
})

test('tensors come back to the bit', async () => {
  const path = join(folder, 'back.safetensors')
  await writeSafetensors(path, written, { format: 'pt', step: '7' })
  await using file = await openSafetensors(path)
  assert.deepEqual(file.metadata, { format: 'pt', step: '7' })
  for (const source of written) {
    assert.deepEqual(await file.read(source.name), 'data' in source ? source.data.slice() : await source.load())
  }
})

test('floats are written as 16 bits: bytes of the Python libraries for the same numbers', async () => {
  const path = join(folder, 'halves.safetensors')
  const floats = Float32Array.of(1, -2.5, Math.PI, 0.1)
  const tensor = (dtype: 'F16' | 'BF16') => ({ name: dtype, shape: [4], dtype, load: () => floats })
  await writeSafetensors(path, [tensor('F16'), tensor('BF16')])
  const bytes = await readFile(path)
  assert.equal(bytes.subarray(-16).toString('hex'), '803f20c04940cd3d003c00c14842662e')
  const strange = Float32Array.of(Number.NaN, Infinity, -Infinity, -0, 3.4e38, 1 + 2 ** -8, 1 + 3 * 2 ** -8)
  await writeSafetensors(path, [{ name: 'x', shape: [7], dtype: 'BF16', load: () => strange }])
  await using file = await openSafetensors(path)
  assert.deepEqual([...(await file.readFloats('x'))], [Number.NaN, Infinity, -Infinity, -0, Infinity, 1, 1 + 2 ** -6])
})

test('tensors that do not fit their shape, and names given twice, are named; no file is left', async () => {
  const one = new Float32Array(1)
  const cases: [TensorSource[], RegExp][] = [
    [[{ name: 'w', shape: [2, 2], data: one }], /tensor "w": F32 of shape \[2,2\] cannot hold 1 numbers of F32/],
    [
      [{ name: 'w', shape: [1], dtype: 'I32', load: () => one }],
      /tensor "w": I32 of shape \[1\] cannot hold 1 numbers of F32/,
    ],
    [
      [
        { name: 'w', shape: [1], data: one },
        { name: 'w', shape: [1], data: one },
      ],
      /"w" cannot be used twice/,
    ],
    [[{ name: '__metadata__', shape: [1], data: one }], /"__metadata__" cannot be used twice/],
  ]
  const before = await readdir(folder)
  for (const [tensors, message] of cases) {
    await assert.rejects(writeSafetensors(join(folder, 'bad.safetensors'), tensors), (thrown) => {
      assert.ok(thrown instanceof GuerdonError)
      assert.match(thrown.message, /bad\.safetensors: /)
      assert.match(thrown.message, message)
      return true
    })
  }
  assert.deepEqual(await readdir(folder), before)
})

test('each way a header can lie is found and named', async () => {
  const two = (second: object) => JSON.stringify({ a: entry([2], 0, 8), b: second })
  const cases: [string | Uint8Array, number, RegExp, bigint?][] = [
    ['{}', 0, /announces a header of 18446744073709551615 bytes, but the file has 10/, 2n ** 64n - 1n],
    ['{}', 0, /announces a header of 3 bytes/, 3n],
    ['{"a":', 0, /its header is not JSON/],
    [new Uint8Array([0x22, 0xff, 0x22]), 0, /its header is not JSON/],
    ['[]', 0, /its header is no object/],
    ['null', 0, /its header is no object/],
    ['{"__metadata__":{"a":1}}', 0, /__metadata__ must map names to strings/],
    [JSON.stringify({ a: entry([1], 0, 4, 'F33') }), 4, /tensor "a": .*dtype/],
    [JSON.stringify({ a: entry([1.5], 0, 4) }), 4, /tensor "a": .*shape/],
    [JSON.stringify({ a: entry([-1], 0, 4) }), 4, /tensor "a": .*shape/],
    [JSON.stringify({ a: { dtype: 'F32', shape: [1] } }), 4, /tensor "a": .*data_offsets/],
    [JSON.stringify({ a: 7 }), 4, /tensor "a"/],
    [
      JSON.stringify({ a: entry([2], 0, 4) }),
      4,
      /tensor "a": shape \[2\] of F32 takes 8 bytes, but its place \[0,4\] has 4/,
    ],
    [JSON.stringify({ a: entry([1], 4, 0) }), 4, /tensor "a": .*has -4/],
    [JSON.stringify({ a: entry([2 ** 40, 2 ** 40], 0, 0) }), 0, /tensor "a": .*takes Infinity bytes/],
    [JSON.stringify({ a: entry([3], 0, 1, 'F4') }), 1, /tensor "a": shape \[3\] of F4 takes 1.5 bytes/],
    [JSON.stringify({ a: entry([2 ** 32, 2 ** 32], 0, 2 ** 53 - 8) }), 8, /tensor "a"/],
    [
      JSON.stringify({ a: entry([2 ** 40], 0, 2 ** 42) }),
      8,
      /tensor "a": it ends at byte 43980465\d+, but the file has/,
    ],
    [two(entry([1], 4, 8)), 8, /tensor "b": its place overlaps the tensor before it/],
    [two(entry([1], 12, 16)), 16, /tensor "b": its place leaves a gap before it/],
    [two(entry([1], 8, 12)), 16, /4 bytes follow the last tensor/],
    [two(entry([1], 8, 12)), 8, /tensor "b": it ends at byte \d+, but the file has \d+; the file is cut short/],
    [
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      4,
      /tensor "a": the header has this name twice/,
    ],
    [
      '{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}',
      4,
      /tensor "shape": the header has this name twice/,
    ],
  ]
  for (const [header, bytes, message, announced] of cases) {
    const path = await fileWith(header, bytes, announced)
    await assert.rejects(openSafetensors(path), (thrown) => {
      assert.ok(thrown instanceof GuerdonError, String(thrown))
      assert.equal(thrown.where, path)
      assert.match(thrown.message, message)
      return true
    })
  }
  const short = join(folder, 'short.safetensors')
  for (const length of [0, 7]) {
    await writeFile(short, Buffer.alloc(length))
    await assert.rejects(openSafetensors(short), /short\.safetensors: .*too few for a safetensors file/)
  }
  await assert.rejects(openSafetensors(join(folder, 'absent')), /absent: could not be opened: ENOENT/)
  await assert.rejects(openSafetensors(folder), { name: 'GuerdonError', where: folder })
})

test('mutated and cut files are either refused with a GuerdonError or wholly readable', async () => {
  const whole = await readFile(join(vectors, 'every-type.safetensors'))
  const headerEnd = 8 + Number(whole.readBigUInt64LE(0))
  const mutation = fc.record({
    at: fc.integer({ min: 0, max: headerEnd - 1 }),
    remove: fc.integer({ min: 0, max: 3 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 2 }),
      fc
        .constantFrom('0', '99999999999999999999', '-', '1e3', '[', '}', ',', '"', '{"a":1},')
        .map((text) => Buffer.from(text)),
    ),
    keepLength: fc.boolean(),
  })
  const path = join(folder, 'fuzz.safetensors')
  let sound = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      fc.option(fc.nat(whole.length)),
      async (edits, cut) => {
        let bytes = whole
        for (const { at, remove, insert, keepLength } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)])
          // Half of the mutants announce the length their header really has, so that they get past that check.
          if (!keepLength && bytes.length >= 8)
            bytes.writeBigUInt64LE(BigInt(headerEnd - 8 + bytes.length - whole.length))
        }
        await writeFile(path, cut === null ? bytes : bytes.subarray(0, cut))
        try {
          await using file = await openSafetensors(path)
          for (const [name, info] of file.tensors) {
            if (!['F32', 'F16', 'BF16', 'I32', 'I64', 'U8', 'BOOL'].includes(info.dtype)) continue
            const read = await file.read(name)
            assert.equal(
              read.length,
              info.shape.reduce((a, b) => a * b, 1),
            )
          }
          sound++
        } catch (thrown) {
          assert.ok(thrown instanceof GuerdonError, String(thrown))
          assert.equal(thrown.where, path)
        }
      },
    ),
    { seed: 3, numRuns: 2000 },
  )
  assert.ok(
    sound > 0 && sound < 1000,
    `${sound} mutants were sound: the mutation should mostly break files, but not always`,
  )
})

test('a tensor in the middle of a large file is read without reading the rest', async () => {
  // A sparse file: 8 GiB that take no place on the disk.
  const big = 2 ** 33
  const header = JSON.stringify({ big: entry([big / 4], 0, big), last: entry([2], big, big + 8) })
  const path = join(folder, 'sparse.safetensors')
  const file = await open(path, 'w')
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(BigInt(header.length))
  await file.writeFile(Buffer.concat([head, Buffer.from(header)]))
  await file.truncate(8 + header.length + big + 8)
  await file.write(Buffer.from(new Float32Array([1.5, -2]).buffer), 0, 8, 8 + header.length + big)
  await file.close()
  await using tensors = await openSafetensors(path)
  assert.deepEqual(await tensors.readFloats('last'), new Float32Array([1.5, -2]))
  await rm(path)
})

test('writing streams: one tensor is asked for at a time', async () => {
  const path = join(folder, 'stream.safetensors')
  let held = 0
  let most = 0
  const tensors = Array.from(
    { length: 8 },
    (_, i): TensorSource => ({
      name: `t${i}`,
      shape: [1000],
      dtype: 'F32',
      load: async () => {
        most = Math.max(most, ++held)
        await new Promise((resolve) => setImmediate(resolve))
        held--
        return new Float32Array(1000).fill(i)
      },
    }),
  )
  await writeSafetensors(path, tensors)
  assert.equal(most, 1)
  assert.ok((await stat(path)).size > 32_000)
  await using file = await openSafetensors(path)
  assert.deepEqual(await file.readFloats('t5'), new Float32Array(1000).fill(5))
})
