/** GGUF against the gguf package (vectors recorded by test/interop/gguf_blocks.py), and against files that lie. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { GuerdonError } from '../../src/data/error.ts'
import { type GgufFile, openGguf } from '../../src/data/gguf.ts'
import { type GgufType, packQ8, unpackBlocks } from '../../src/data/ggufBlocks.ts'
import { writeGguf } from '../../src/data/ggufWriter.ts'
import { halfTable, toHalves } from '../../src/data/halves.ts'
import { openSafetensors } from '../../src/data/safetensors.ts'

const vectors = join(import.meta.dirname, 'vectors')
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-gguf-'))
})
after(() => rm(folder, { recursive: true }))

async function floatsOf(file: GgufFile, name: string): Promise<Float32Array> {
  const size = (file.tensors.get(name)?.shape ?? []).reduce((product, dim) => product * dim, 1)
  const floats = new Float32Array(size)
  await file.readInto(name, floats)
  return floats
}

test('every type of block has the numbers that the gguf package sees, to the bit', async () => {
  await using file = await openGguf(join(vectors, 'blocks.gguf'))
  await using expected = await openSafetensors(join(vectors, 'blocks.safetensors'))
  assert.equal(file.tensors.size, 11)
  for (const [name, { type, shape }] of file.tensors) {
    assert.equal(type, name)
    assert.deepEqual(shape, [3, 512])
    assert.deepEqual(await floatsOf(file, name), await expected.readFloats(name), name)
  }
})

test('metadata of every type', async () => {
  await using file = await openGguf(join(vectors, 'blocks.gguf'))
  const values = Object.fromEntries([...file.metadata].filter(([key]) => key.startsWith('test.')))
  assert.deepEqual(values, {
    ...{ 'test.u8': 200, 'test.i8': -100, 'test.u16': 60000, 'test.i16': -30000, 'test.u32': 7, 'test.i32': -7 },
    ...{ 'test.f32': 0.25, 'test.f64': -0.1, 'test.bool': true, 'test.u64': 2n ** 63n, 'test.i64': -(2 ** 40) },
    ...{ 'test.string': 'naïve ✓', 'test.strings': ['a', '', '日本'], 'test.floats': [0.5, -1.5] },
  })
  assert.equal(file.metadata.get('general.architecture'), 'llama')
})

test('Q8_0 and binary16 are packed as the gguf package packs them', async () => {
  await using expected = await openSafetensors(join(vectors, 'blocks.safetensors'))
  const floats = await expected.readFloats('floats')
  assert.deepEqual(new Uint8Array(packQ8(floats)), await expected.read('floats.Q8_0'))
  assert.deepEqual(new Uint8Array(toHalves(floats).buffer), await expected.read('floats.F16'))
})

// One block each: byte k is (7k + 3) & 255, then d = 0.5 and the minimum's 0.25 written in place; computed by hand.
const patterned: readonly [GgufType, number, number, readonly number[], number][] = [
  ['Q8_0', 34, 32, [0], -40],
  ['Q4_0', 18, 32, [0], -37],
  ['Q4_1', 20, 32, [0, 2], 106],
  ['Q5_0', 22, 32, [0], -55],
  ['Q5_1', 24, 32, [0, 2], 240],
  ['Q4_K', 144, 256, [0, 2], 24176],
  ['Q5_K', 176, 256, [0, 2], 50496],
  ['Q6_K', 210, 256, [208], -15552],
]
for (const [type, bytes, elements, halves, sum] of patterned)
  test(`the sum of a patterned block of ${type}`, () => {
    const block = Uint8Array.from({ length: bytes }, (_, k) => (7 * k + 3) & 255)
    halves.forEach((at, i) => block.set([0, i === 0 ? 0x38 : 0x34], at))
    const floats = new Float32Array(elements + 2)
    unpackBlocks(type, block, floats, 1)
    assert.equal(
      floats.reduce((total, value) => total + value),
      sum,
    )
    assert.equal(floats[0] + floats[elements + 1], 0)
  })

test('binary16: every one of them survives, and halfway numbers go to the even one', () => {
  const all = halfTable()
  const back = toHalves(all)
  for (let half = 0; half < 65536; half++) {
    if (Number.isNaN(all[half])) assert.ok(Number.isNaN(all[back[half]]))
    else assert.equal(back[half], half)
  }
  // Between neighbours below infinity: the middle goes to the even one, what is nearer to one of them goes there.
  for (let half = 0; half < 0x7bff; half++) {
    const [low, high] = [all[half], all[half + 1]]
    const middle = (low + high) / 2
    const even = half & 1 ? half + 1 : half
    assert.deepEqual([...toHalves(Float32Array.of(middle, -middle))], [even, even | 0x8000])
    assert.equal(toHalves(Float32Array.of(middle + (high - low) / 64))[0], half + 1)
    assert.equal(toHalves(Float32Array.of(middle - (high - low) / 64))[0], half)
  }
  assert.deepEqual([...toHalves(Float32Array.of(65519.99, 65520, 1e30, 1e-30))], [0x7bff, 0x7c00, 0x7c00, 0])
})

const tokens = ['a', 'é', '\u0000', '']
/** A small file with values and tensors of several types. */
async function written(): Promise<string> {
  const path = join(folder, 'written.gguf')
  const ramp = (length: number) => Float32Array.from({ length }, (_, i) => (i - 20) / 16)
  await writeGguf(
    path,
    {
      'general.architecture': { type: 'string', value: 'llama' },
      'llama.block_count': { type: 'u32', value: 3 },
      'x.f': { type: 'f32', value: 0.5 },
      'x.b': { type: 'bool', value: true },
      'x.i': { type: 'i32', value: [-1, 2] },
      'tokenizer.ggml.tokens': { type: 'string', value: tokens },
    },
    [
      { name: 'w', shape: [2, 3], type: 'F32', load: () => ramp(6) },
      { name: 'h', shape: [3], type: 'F16', load: () => ramp(3) },
      { name: 'q', shape: [2, 64], type: 'Q8_0', load: () => ramp(128) },
    ],
  )
  return path
}

test('what is written is read again', async () => {
  await using file = await openGguf(await written())
  assert.deepEqual(Object.fromEntries(file.metadata), {
    ...{ 'general.architecture': 'llama', 'llama.block_count': 3, 'x.f': 0.5, 'x.b': true, 'x.i': [-1, 2] },
    'tokenizer.ggml.tokens': tokens,
  })
  assert.deepEqual(
    await floatsOf(file, 'w'),
    new Float32Array([-20, -19, -18, -17, -16, -15]).map((x) => x / 16),
  )
  assert.deepEqual(
    await floatsOf(file, 'h'),
    new Float32Array([-20, -19, -18]).map((x) => x / 16),
  )
  const q = await floatsOf(file, 'q')
  assert.ok(q.every((value, i) => Math.abs(value - (i - 20) / 16) < 0.03))
  await assert.rejects(file.readInto('w', new Float32Array(5)), /written\.gguf: tensor "w" has 6 numbers, not 5/)
  await assert.rejects(file.readInto('v', new Float32Array(5)), /written\.gguf: it has no tensor "v"/)
})

test('what cannot be written is named, and no file is left', async () => {
  const path = join(folder, 'bad.gguf')
  const floats = new Float32Array(6)
  const source = { name: 'w', shape: [2, 3], type: 'F32' as const, load: () => floats }
  await assert.rejects(writeGguf(path, {}, [source, source]), /bad\.gguf: two tensors have the same name/)
  await assert.rejects(writeGguf(path, {}, [{ ...source, type: 'Q8_0' }]), /tensor 'w': rows of 3 cannot be written as/)
  await assert.rejects(writeGguf(path, {}, [{ ...source, shape: [7] }]), /tensor 'w' of shape \[7\] cannot hold 6/)
  await assert.rejects(readFile(path), { code: 'ENOENT' })
})

/** A file of version 3 with these pieces after the two counts. */
function file(tensorCount: bigint, valueCount: bigint, ...pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(tensorCount), u64(valueCount), ...pieces])
}
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}
const text = (value: string) => Buffer.concat([u64(BigInt(Buffer.byteLength(value))), Buffer.from(value)])
const entry = (name: string, dims: readonly bigint[], type: number, offset: bigint) =>
  Buffer.concat([text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)])
/** The file's end: zeros up to the data, then the data. */
const data = (head: Buffer, length: number) =>
  Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32), Buffer.alloc(length, 1)])
const most = 2n ** 64n - 1n

test('each way a header can lie is found and named', async () => {
  const one = entry('w', [2n, 3n], 0, 0n)
  const cases: readonly [Buffer, RegExp][] = [
    [Buffer.alloc(0), /said to take 4 bytes, but 0 are left/],
    [Buffer.from('GGML and more'), /does not begin with "GGUF"/],
    [Buffer.concat([Buffer.from('GGUF'), u32(1)]), /version 1 is not read here/],
    [Buffer.concat([Buffer.from('GGUF'), Buffer.from([0, 0, 0, 3])]), /it is big-endian/],
    [file(most, 0n), /the number of tensors": 18446744073709551615 cannot be in the 8 bytes/],
    [file(0n, most), /the number of values": 18446744073709551615 cannot be/],
    [file(0n, 1n, u64(most), Buffer.alloc(40)), /"the name of value 0": 18446744073709551615 cannot be/],
    [file(0n, 1n, text('k'), u32(8), u64(2n ** 40n)), /"k": 1099511627776 cannot be in the 0 bytes/],
    [file(0n, 1n, text('k'), u32(13), Buffer.alloc(8)), /the value "k" has the unknown type 13/],
    [file(0n, 1n, text('k'), u32(9), u32(77), u64(1n)), /the value "k" is a list of the unknown type 77/],
    [file(0n, 1n, text('tokens'), u32(9), u32(8), u64(1_000_000n)), /"tokens": 1000000 cannot be in the 0 bytes/],
    [
      file(0n, 1n, text('k'), u32(9), ...[9, 9, 9].flatMap((type) => [u32(type), u64(1n)]), Buffer.alloc(40)),
      /"k" has lists within lists within lists/,
    ],
    [file(0n, 2n, ...[1, 2].flatMap((value) => [text('k'), u32(4), u32(value)])), /the value "k" is there twice/],
    [data(file(2n, 0n, one, one), 48), /tensor "w": the file has this name twice/],
    [data(file(1n, 0n, entry('w', [], 0, 0n)), 48), /tensor "w": it has 0 dimensions/],
    [data(file(1n, 0n, entry('w', [1n, 1n, 1n, 1n, 1n], 0, 0n)), 48), /tensor "w": it has 5 dimensions/],
    [data(file(1n, 0n, entry('w', [2n, 3n], 11, 0n)), 48), /tensor "w" has type Q3_K, which cannot be read/],
    [data(file(1n, 0n, entry('w', [2n, 3n], 99, 0n)), 48), /tensor "w" has type number 99, which GGUF does not/],
    [data(file(1n, 0n, entry('w', [most, most], 0, 0n)), 48), /tensor "w": its shape \[.*\] has no sensible size/],
    [data(file(1n, 0n, entry('w', [2n ** 40n], 0, 0n)), 48), /tensor "w": it ends at byte \d+, but the file has/],
    [data(file(1n, 0n, entry('w', [33n], 8, 0n)), 48), /tensor "w": its rows have 33 elements, which Q8_0 cannot/],
    [data(file(1n, 0n, entry('w', [2n, 3n], 0, most)), 48), /tensor "w": its offset \d+ is outside the file/],
    [data(file(1n, 0n, entry('w', [2n, 3n], 0, 4n)), 48), /tensor "w": its offset 4 is no multiple of 32/],
    [data(file(1n, 0n, entry('w', [2n, 3n], 0, 2n ** 50n)), 48), /tensor "w": it ends at byte \d+/],
    [data(file(1n, 0n, one), 20), /tensor "w": it ends at byte 120, but the file has 116; the file is cut short/],
    [data(file(2n, 0n, one, entry('v', [16n], 0, 0n)), 96), /tensor "v": its place overlaps that of "w"/],
    [
      data(file(1n, 1n, text('general.alignment'), u32(4), u32(0), one), 48),
      /general\.alignment is 0, expected a whole number/,
    ],
  ]
  const path = join(folder, 'lie.gguf')
  for (const [bytes, message] of cases) {
    await writeFile(path, bytes)
    await assert.rejects(openGguf(path), (thrown) => {
      assert.ok(thrown instanceof GuerdonError, String(thrown))
      assert.equal(thrown.where, path)
      assert.match(thrown.message, message)
      return true
    })
  }
  await writeFile(path, file(0n, 1n, text('k'), u32(9), u32(0), u64(2n ** 25n), Buffer.alloc(2 ** 25)))
  await assert.rejects(openGguf(path), /"k": no vocabulary has 33554432 entries/)
  await assert.rejects(openGguf(join(folder, 'absent.gguf')), /absent\.gguf: could not be opened: ENOENT/)
})

test('a vocabulary of a million entries is read', async () => {
  const path = join(folder, 'million.gguf')
  const value = Array.from({ length: 1_000_000 }, (_, i) => `t${i}`)
  await writeGguf(path, { 'tokenizer.ggml.tokens': { type: 'string', value } }, [])
  await using million = await openGguf(path)
  const read = million.metadata.get('tokenizer.ggml.tokens')
  assert.ok(Array.isArray(read) && read.length === value.length && read.every((token, i) => token === value[i]))
})

test('mutated and cut files are either refused with a GuerdonError or wholly readable', async () => {
  const whole = await readFile(await written())
  const headEnd = whole.length - 32 - 32 - 160
  const path = join(folder, 'fuzz.gguf')
  let sound = 0
  const edit = fc.record({
    at: fc.nat(headEnd),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 2 }),
      fc.constantFrom(u64(most), u64(2n ** 53n), u64(2n ** 31n), u32(0xffffffff), u32(9), u32(8), u32(0)),
    ),
    remove: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.option(fc.nat(whole.length), { freq: 4 }),
      async (edits, cut) => {
        let mutant = whole
        for (const { at, bytes, remove } of edits)
          mutant = Buffer.concat([mutant.subarray(0, at), bytes, mutant.subarray(remove ? at : at + bytes.length)])
        await writeFile(path, cut === null ? mutant : mutant.subarray(0, cut))
        try {
          await using opened = await openGguf(path)
          for (const name of opened.tensors.keys()) await floatsOf(opened, name)
          sound++
        } catch (thrown) {
          assert.ok(thrown instanceof GuerdonError, String(thrown))
          assert.equal(thrown.where, path)
        }
      },
    ),
    { seed: 3, numRuns: 3000 },
  )
  assert.ok(sound > 0 && sound < 1500, `${sound} mutants were sound: most should not be, some should`)
})
