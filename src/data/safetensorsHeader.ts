/**
 * The head of a safetensors file, checked before anything is believed: 8 bytes N (little-endian), N bytes of JSON
 * that names each tensor's type, shape and place, then the tensors' bytes without a gap.
 * Source: the format's description in huggingface/safetensors, README, section "Format".
 */
import { z } from 'zod'
import { GuerdonError } from './error.ts'

/** Bits of one element. All of the format's types are known by name, so that a file with any of them opens. */
const bitsOf = {
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6 },
  ...{ I16: 16, U16: 16, F16: 16, BF16: 16, I32: 32, U32: 32, F32: 32, C64: 64, F64: 64, I64: 64, U64: 64 },
} as const

export type Dtype = keyof typeof bitsOf

/** One tensor of a file; `start` and `end` are byte offsets from the beginning of the file. */
export interface TensorInfo {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorInfo>
}

/** The format allows no longer header. */
const longestHeader = 100_000_000

/**
 * The length of the JSON that follows the first 8 bytes, held against the length of the file before anything of that
 * size is read or allocated.
 */
export function headerLength(head: Uint8Array, fileLength: number, path: string): number {
  if (head.length < 8) throw bad(path, `the file has ${fileLength} bytes, too few for a safetensors file`)
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true)
  if (length > longestHeader || length > fileLength - 8) {
    throw bad(path, `it announces a header of ${length} bytes, but the file has ${fileLength}`)
  }
  return Number(length)
}

/**
 * The header's tensors. Throws a GuerdonError that names the file, the tensor and the reason when the JSON is not
 * JSON, a name appears twice, a type is unknown, a shape does not give the number of bytes its place has, a place
 * lies outside the file, or two places overlap or leave a gap.
 */
export function parseSafetensorsHeader(json: Uint8Array, fileLength: number, path: string): SafetensorsHeader {
  const entries = parseEntries(json, path)
  const base = 8 + json.length
  let metadata: Readonly<Record<string, string>> = {}
  const tensors: TensorInfo[] = []
  for (const [name, entry] of entries) {
    if (name === '__metadata__') metadata = parseMetadata(entry, path)
    else tensors.push(parseTensor(name, entry, base, path))
  }
  checkPlaces(tensors, base, fileLength, path)
  return { metadata, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) }
}

/** The bytes before the tensors' own: the length and the JSON, padded with spaces to a multiple of 8. */
export function encodeSafetensorsHeader(
  tensors: readonly { readonly name: string; readonly dtype: Dtype; readonly shape: readonly number[] }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0
  const entries: (readonly [string, unknown])[] = [['__metadata__', metadata]]
  for (const { name, dtype, shape } of tensors) {
    const end = offset + byteLength(dtype, shape)
    entries.push([name, { dtype, shape, data_offsets: [offset, end] }])
    offset = end
  }
  // Object.fromEntries would move names that look like array indices to the front.
  const json = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')
  const text = new TextEncoder().encode(`{${json}}`)
  const bytes = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true)
  bytes.set(text, 8)
  return bytes
}

/** Bytes of a whole tensor of this type and shape; Infinity where that is no exact number, so that it fits nothing. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number {
  if (shape.includes(0)) return 0
  let bits: number = bitsOf[dtype]
  for (const size of shape) {
    bits *= size
    if (bits > Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY
  }
  return bits / 8
}

const entrySchema = z.object({
  dtype: z.enum(Object.keys(bitsOf) as [Dtype, ...Dtype[]]),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
})

function parseTensor(name: string, entry: unknown, base: number, path: string): TensorInfo {
  const parsed = entrySchema.safeParse(entry)
  if (!parsed.success) throw bad(path, `${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`, name)
  const { dtype, shape, data_offsets: place } = parsed.data
  if (byteLength(dtype, shape) !== place[1] - place[0]) {
    const span = `its place [${place}] has ${place[1] - place[0]}`
    throw bad(
      path,
      `shape [${shape.slice(0, 8)}] of ${dtype} takes ${byteLength(dtype, shape)} bytes, but ${span}`,
      name,
    )
  }
  return { name, dtype, shape, start: base + place[0], end: base + place[1] }
}

function parseMetadata(entry: unknown, path: string): Readonly<Record<string, string>> {
  const parsed = z.record(z.string(), z.string()).safeParse(entry ?? {})
  if (!parsed.success) throw bad(path, '__metadata__ must map names to strings')
  return parsed.data
}

function checkPlaces(tensors: readonly TensorInfo[], base: number, fileLength: number, path: string): void {
  const inOrder = [...tensors].sort((a, b) => a.start - b.start || a.end - b.end)
  let end = base
  for (const tensor of inOrder) {
    if (tensor.end > fileLength) {
      throw bad(
        path,
        `it ends at byte ${tensor.end}, but the file has ${fileLength}; the file is cut short`,
        tensor.name,
      )
    }
    if (tensor.start !== end) {
      const what = tensor.start < end ? 'overlaps the tensor before it' : 'leaves a gap before it'
      throw bad(path, `its place ${what} (starts at byte ${tensor.start}, expected ${end})`, tensor.name)
    }
    end = tensor.end
  }
  if (end !== fileLength) throw bad(path, `${fileLength - end} bytes follow the last tensor and belong to none`)
}

function parseEntries(json: Uint8Array, path: string): [string, unknown][] {
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json)
    header = JSON.parse(text)
  } catch (cause) {
    throw bad(path, 'its header is not JSON', undefined, cause)
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw bad(path, 'its header is no object')
  const twice = duplicateKey(text)
  if (twice !== undefined) throw bad(path, 'the header has this name twice', twice)
  return Object.entries(header)
}

/** The first key that an object of this (valid) JSON has twice. JSON.parse would silently keep the last one. */
function duplicateKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  let atKey = false
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '"') {
      const start = i
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++
      const keys = atKey ? open.at(-1) : undefined
      if (keys === undefined) continue
      const key: string = JSON.parse(json.slice(start, i + 1))
      if (keys.has(key)) return key
      keys.add(key)
      atKey = false
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? new Set() : undefined)
      atKey = character === '{'
    } else if (character === '}' || character === ']') open.pop()
    else if (character === ',') atKey = open.at(-1) !== undefined
  }
  return undefined
}

function bad(path: string, reason: string, tensor?: string, cause?: unknown): GuerdonError {
  const of = tensor === undefined ? '' : `tensor ${JSON.stringify(tensor)}: `
  return new GuerdonError(`not a sound safetensors file: ${of}${reason}`, {
    where: path,
    fix: 'fetch or save the file again',
    cause,
  })
}
