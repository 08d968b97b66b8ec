/**
 * Writes a GGUF file (version 3, little-endian, aligned to 32 bytes). Tensors are asked for one at a time and packed a
 * piece at a time, so that a model larger than the memory left over can be saved. Source: ggml, docs/gguf.md.
 */
import { type WriteBytes, writeStreamAtomic } from './atomicFile.ts'
import { GuerdonError } from './error.ts'
import { ggufTypes, packQ8 } from './ggufBlocks.ts'
import { toBfloats, toHalves } from './halves.ts'

/** A value to write, with the type that readers expect of its key. */
export type GgufField =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number | readonly number[] }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string | readonly string[] }

export type GgufFields = Readonly<Record<string, GgufField>>

/** How a tensor may be written. */
export type GgufWrittenType = 'F32' | 'F16' | 'BF16' | 'Q8_0'

/** A tensor to write: shape as in PyTorch, slowest axis first, and a function that gives its numbers in their turn. */
export interface GgufSource {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: GgufWrittenType
  load(): Float32Array
}

/**
 * Writes the file; it appears only when it is whole. Throws a GuerdonError for a name given twice, numbers that do not
 * fit their shape, rows that Q8_0 cannot hold, or a failed disk.
 */
export async function writeGguf(path: string, fields: GgufFields, tensors: readonly GgufSource[]): Promise<void> {
  const names = new Set(tensors.map(({ name }) => name))
  if (names.size < tensors.length) throw new GuerdonError('two tensors have the same name', { where: path })
  for (const { name, shape, type } of tensors)
    if ((shape.at(-1) ?? 1) % ggufTypes[type].elements !== 0)
      throw new GuerdonError(`tensor '${name}': rows of ${shape.at(-1)} cannot be written as ${type}`, { where: path })
  await writeStreamAtomic(path, async (write) => {
    const head = encodeHeader(fields, tensors)
    await write(padded(head))
    for (const source of tensors) await writeTensor(write, source, path)
  })
}

const alignment = 32

const aligned = (length: number) => Math.ceil(length / alignment) * alignment

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(aligned(bytes.length))
  whole.set(bytes)
  return whole
}

const elementsOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

function byteLength({ shape, type }: GgufSource): number {
  return (elementsOf(shape) / ggufTypes[type].elements) * ggufTypes[type].bytes
}

/** Elements packed at a time; a multiple of every block's. */
const piece = 2 ** 20

async function writeTensor(write: WriteBytes, source: GgufSource, path: string): Promise<void> {
  const floats = source.load()
  if (floats.length !== elementsOf(source.shape))
    throw new GuerdonError(`tensor '${source.name}' of shape [${source.shape}] cannot hold ${floats.length} numbers`, {
      where: path,
    })
  for (let at = 0; at < floats.length; at += piece) await write(packed(floats.subarray(at, at + piece), source.type))
  const length = byteLength(source)
  if (aligned(length) > length) await write(new Uint8Array(aligned(length) - length))
}

function packed(floats: Float32Array, type: GgufWrittenType): Uint8Array {
  if (type === 'Q8_0') return packQ8(floats)
  const words = type === 'F16' ? toHalves(floats) : type === 'BF16' ? toBfloats(floats) : floats
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

/** The format's numbers for the types of values. */
const fieldTypes = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8 } as const

function encodeHeader(fields: GgufFields, tensors: readonly GgufSource[]): Uint8Array {
  let bytes = Buffer.alloc(2 ** 16)
  let length = 0
  /** Room for so many bytes more, and where it begins; `bytes` may be another buffer afterwards. */
  const room = (count: number): number => {
    while (length + count > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)])
    length += count
    return length - count
  }
  const number = (type: keyof typeof fieldTypes | 'u64', value: number) => {
    const at = room(type === 'u64' ? 8 : type === 'bool' ? 1 : 4)
    if (type === 'u64') bytes.writeBigUInt64LE(BigInt(value), at)
    else if (type === 'u32') bytes.writeUInt32LE(value, at)
    else if (type === 'i32') bytes.writeInt32LE(value, at)
    else if (type === 'f32') bytes.writeFloatLE(value, at)
    else bytes.writeUInt8(value, at)
  }
  const string = (text: string) => {
    const size = Buffer.byteLength(text)
    number('u64', size)
    const at = room(size)
    bytes.write(text, at)
  }
  bytes.write('GGUF', room(4))
  number('u32', 3)
  number('u64', tensors.length)
  number('u64', Object.keys(fields).length)
  for (const [key, { type, value }] of Object.entries(fields)) {
    string(key)
    if (Array.isArray(value)) {
      number('u32', 9)
      number('u32', fieldTypes[type])
      number('u64', value.length)
    } else number('u32', fieldTypes[type])
    for (const each of Array.isArray(value) ? value : [value])
      if (typeof each === 'string') string(each)
      else number(type, Number(each))
  }
  let offset = 0
  for (const source of tensors) {
    string(source.name)
    number('u32', source.shape.length)
    for (const size of source.shape.toReversed()) number('u64', size)
    number('u32', ggufTypes[source.type].id)
    number('u64', offset)
    offset += aligned(byteLength(source))
  }
  return bytes.subarray(0, length)
}
