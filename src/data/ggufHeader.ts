/**
 * The head of a GGUF file, checked before anything is believed: "GGUF", a version, two counts, named values, then each
 * tensor's name, shape, type and place. Every count and length is held against the bytes that are left in the file
 * before anything of its size is made. Source: ggml, docs/gguf.md (versions 2 and 3, little-endian).
 */
import { GuerdonError } from './error.ts'
import { type GgufType, ggufTypeOf, ggufTypes } from './ggufBlocks.ts'

/** Whole numbers beyond 2^53 stay bigint. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[]

/** One tensor; shape as in PyTorch, slowest axis first. `start` and `end` are bytes from the beginning of the file. */
export interface GgufTensor {
  readonly name: string
  readonly type: GgufType
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
}

/**
 * Reads the header from a file's first bytes; undefined where it goes on beyond them. Throws a GuerdonError that names
 * the file, the key or tensor and the reason for whatever is not sound.
 */
export function parseGgufHeader(bytes: Uint8Array, fileLength: number, path: string): GgufHeader | undefined {
  try {
    return readHeader(cursor(bytes, fileLength, path), fileLength, path)
  } catch (thrown) {
    if (thrown === goesOn) return undefined
    throw thrown
  }
}

/** Thrown where the header goes on beyond the bytes at hand. */
const goesOn = new Error('the header goes on')

function readHeader(from: Cursor, fileLength: number, path: string): GgufHeader {
  if (from.u32('its first bytes') !== 0x46554747) throw bad(path, 'it does not begin with "GGUF"')
  const version = from.u32('its version')
  if (version !== 2 && version !== 3) {
    const bigEndian = version === 0x02000000 || version === 0x03000000
    throw bad(path, bigEndian ? 'it is big-endian, which is not read here' : `version ${version} is not read here`)
  }
  // A tensor's entry has at least 24 bytes, a value's 13.
  const tensorCount = from.count('the number of tensors', 24)
  const valueCount = from.count('the number of values', 13)
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < valueCount; i++) {
    const key = from.string(`the name of value ${i}`)
    if (metadata.has(key)) throw bad(path, `the value ${JSON.stringify(key)} is there twice`)
    metadata.set(key, readValue(from, from.u32(key), key, path))
  }
  const entries = Array.from({ length: tensorCount }, (_, i) => readEntry(from, i, path))
  const alignment = metadata.get('general.alignment') ?? 32
  if (typeof alignment !== 'number' || alignment < 1 || alignment > 2 ** 20 || alignment % 1 !== 0)
    throw bad(path, `general.alignment is ${String(alignment)}, expected a whole number up to ${2 ** 20}`)
  const base = Math.ceil(from.at() / alignment) * alignment
  const tensors = new Map<string, GgufTensor>()
  for (const { name, shape, type, offset } of entries) {
    if (tensors.has(name)) throw bad(path, 'the file has this name twice', name)
    if (offset % alignment !== 0) throw bad(path, `its offset ${offset} is no multiple of ${alignment}`, name)
    const start = base + offset
    const end = start + byteLength(type, shape)
    if (end > fileLength)
      throw bad(path, `it ends at byte ${end}, but the file has ${fileLength}; the file is cut short`, name)
    tensors.set(name, { name, type, shape, start, end })
  }
  checkApart([...tensors.values()], path)
  return { metadata, tensors }
}

function byteLength(type: GgufType, shape: readonly number[]): number {
  const { elements, bytes } = ggufTypes[type]
  return (shape.reduce((product, size) => product * size, 1) / elements) * bytes
}

function checkApart(tensors: readonly GgufTensor[], path: string): void {
  const inOrder = tensors.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start)
  for (const [i, { name, start }] of inOrder.entries()) {
    const before = inOrder[i - 1]
    if (before !== undefined && before.end > start)
      throw bad(path, `its place overlaps that of ${JSON.stringify(before.name)}`, name)
  }
}

interface Entry {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: GgufType
  readonly offset: number
}

function readEntry(from: Cursor, index: number, path: string): Entry {
  const name = from.string(`the name of tensor ${index}`)
  const dimensions = from.u32(name)
  if (dimensions < 1 || dimensions > 4) throw bad(path, `it has ${dimensions} dimensions, expected 1 to 4`, name)
  const sizes = Array.from({ length: dimensions }, () => from.u64(name))
  const type = ggufTypeOf(from.u32(name))
  const offset = from.u64(name)
  if (typeof type === 'object')
    throw new GuerdonError(`tensor ${JSON.stringify(name)} has type ${type.unread}, which cannot be read here`, {
      where: path,
      fix: `take a file of one of these types: ${Object.keys(ggufTypes).join(', ')} (llama-quantize converts)`,
    })
  const total = sizes.reduce((product, size) => product * size, 1n)
  if (total > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(path, `its shape [${sizes}] has no sensible size`, name)
  const { elements } = ggufTypes[type]
  if (sizes[0] % BigInt(elements) !== 0n)
    throw bad(path, `its rows have ${sizes[0]} elements, which ${type} cannot hold in blocks of ${elements}`, name)
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw bad(path, `its offset ${offset} is outside the file`, name)
  return { name, type, offset: Number(offset), shape: sizes.map(Number).reverse() }
}

/** Bytes of one value by type number; strings and arrays have at least their own length in front. */
const leastBytes = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8] as const

function readValue(from: Cursor, type: number, key: string, path: string, depth = 0): GgufValue {
  if (type === 8) return from.string(key)
  if (type !== 9) return from.scalar(type, key)
  if (depth === 3) throw bad(path, `the value ${JSON.stringify(key)} has lists within lists within lists`)
  const inner = from.u32(key)
  const least = leastBytes[inner]
  if (least === undefined) throw bad(path, `the value ${JSON.stringify(key)} is a list of the unknown type ${inner}`)
  const values: GgufValue[] = []
  for (let left = from.listLength(key, least); left > 0; left--)
    values.push(readValue(from, inner, key, path, depth + 1))
  return values
}

/** Entries of all lists of a file together: the largest vocabularies have 300 000 tokens. */
const mostEntries = 2 ** 24

/** Reads on from where it is. Each `what` says what is being read, for errors. */
interface Cursor {
  at(): number
  u32(what: string): number
  u64(what: string): bigint
  /** A u64 that counts things of at least so many bytes each, of which the rest of the file must have room. */
  count(what: string, leastBytes: number): number
  /** The count of a list; all lists of a file together have at most `mostEntries`. */
  listLength(what: string, leastBytes: number): number
  string(what: string): string
  scalar(type: number, what: string): number | bigint | boolean
}

function cursor(bytes: Uint8Array, fileLength: number, path: string): Cursor {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  let entries = 0
  /** Steps over so many bytes and gives where they begin. */
  const take = (length: number, what: string): number => {
    if (length > fileLength - at)
      throw bad(path, `${JSON.stringify(what)} is said to take ${length} bytes, but ${fileLength - at} are left`)
    if (at + length > bytes.length) throw goesOn
    at += length
    return at - length
  }
  const u64 = (what: string) => text.readBigUInt64LE(take(8, what))
  const whole = (value: bigint) =>
    value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value
  const count = (what: string, least: number) => {
    const given = u64(what)
    if (given > BigInt(Math.floor((fileLength - at) / least)))
      throw bad(path, `${JSON.stringify(what)}: ${given} cannot be in the ${fileLength - at} bytes that are left`)
    return Number(given)
  }
  const scalars: Readonly<Record<number, (what: string) => number | bigint | boolean>> = {
    0: (what) => text.readUInt8(take(1, what)),
    1: (what) => text.readInt8(take(1, what)),
    2: (what) => text.readUInt16LE(take(2, what)),
    3: (what) => text.readInt16LE(take(2, what)),
    4: (what) => text.readUInt32LE(take(4, what)),
    5: (what) => text.readInt32LE(take(4, what)),
    6: (what) => text.readFloatLE(take(4, what)),
    7: (what) => text.readUInt8(take(1, what)) !== 0,
    10: (what) => whole(u64(what)),
    11: (what) => whole(text.readBigInt64LE(take(8, what))),
    12: (what) => text.readDoubleLE(take(8, what)),
  }
  return {
    at: () => at,
    u32: (what) => text.readUInt32LE(take(4, what)),
    u64,
    count,
    listLength(what, least) {
      const length = count(what, least)
      entries += length
      if (entries > mostEntries) throw bad(path, `${JSON.stringify(what)}: no vocabulary has ${length} entries`)
      return length
    },
    string(what) {
      const length = count(what, 1)
      const start = take(length, what)
      return text.toString('utf8', start, start + length)
    },
    scalar(type, what) {
      const read = scalars[type]
      if (read === undefined) throw bad(path, `the value ${JSON.stringify(what)} has the unknown type ${type}`)
      return read(what)
    },
  }
}

function bad(path: string, reason: string, tensor?: string): GuerdonError {
  const of = tensor === undefined ? '' : `tensor ${JSON.stringify(tensor)}: `
  return new GuerdonError(`not a sound GGUF file: ${of}${reason}`, { where: path, fix: 'fetch or save the file again' })
}
