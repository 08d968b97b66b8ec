/**
 * Tensors in a file, in the safetensors format. Reading takes one tensor at a time from its place in the file;
 * writing streams them, so that a model larger than the memory left over can be saved.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { writeStreamAtomic } from './atomicFile.ts'
import { GuerdonError, messageOf } from './error.ts'
import {
  byteLength,
  type Dtype,
  encodeSafetensorsHeader,
  headerLength,
  parseSafetensorsHeader,
  type TensorInfo,
} from './safetensorsHeader.ts'

/** A tensor's numbers, row-major. */
export type TensorArray = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** An open file; close it when done. Reads may run side by side. */
export interface SafetensorsFile extends AsyncDisposable {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** F32, F16 and BF16 come as Float32Array, I32, I64 and U8 as they are, BOOL as bytes 0 and 1. */
  read(name: string): Promise<TensorArray>
  /** A tensor of F32, F16 or BF16. Throws a GuerdonError for any other type. */
  readFloats(name: string): Promise<Float32Array>
  close(): Promise<void>
}

/**
 * Opens a file and checks its header; no tensor is read yet. Throws a GuerdonError that names the file (and the
 * tensor) for a file that is missing, cut short or not sound.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path, 'r').catch((cause) => {
    throw new GuerdonError(`could not be opened: ${messageOf(cause)}`, { where: path, cause })
  })
  try {
    const { size } = await file.stat()
    const head = await readBytes(file, path, 0, Math.min(8, size))
    const length = headerLength(head, size, path)
    const { metadata, tensors } = parseSafetensorsHeader(await readBytes(file, path, 8, 8 + length), size, path)
    const infoOf = (name: string): TensorInfo => {
      const info = tensors.get(name)
      if (info === undefined) throw new GuerdonError(`it has no tensor ${JSON.stringify(name)}`, { where: path })
      return info
    }
    const close = () => file.close()
    return {
      path,
      metadata,
      tensors,
      read: async (name) => readTensor(file, path, infoOf(name)),
      async readFloats(name) {
        const info = infoOf(name)
        const array = floatTypes.has(info.dtype) ? await readTensor(file, path, info) : undefined
        if (array instanceof Float32Array) return array
        throw new GuerdonError(`tensor ${JSON.stringify(name)} has type ${info.dtype}, expected F32, F16 or BF16`, {
          where: path,
        })
      },
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (thrown) {
    await file.close()
    throw thrown
  }
}

/** A tensor to save: its numbers, or a function that gives them when their turn comes. */
export type TensorSource = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly data: TensorArray }
  | { readonly dtype: 'F32' | 'I32' | 'I64' | 'U8'; load(): TensorArray | Promise<TensorArray> }
)

/**
 * Writes a file that every reader of the format takes, byte for byte what the Python library writes: wider types
 * first, then by name, the header padded to 8 bytes. The file appears only when it is whole. `metadata` defaults to
 * `{ format: 'pt' }`, which Transformers asks for. Throws a GuerdonError for a shape that does not fit the data, a name
 * given twice, or a failed disk.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const list = tensors.map((source) => ({ source, name: source.name, shape: source.shape, dtype: dtypeOf(source) }))
  list.sort((a, b) => rank[b.dtype] - rank[a.dtype] || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  const names = new Set<string>(['__metadata__'])
  for (const { name } of list) {
    if (names.has(name))
      throw new GuerdonError(`the tensor name ${JSON.stringify(name)} cannot be used twice`, { where: path })
    names.add(name)
  }
  await writeStreamAtomic(path, async (write) => {
    await write(encodeSafetensorsHeader(list, metadata))
    for (const { source, name, shape, dtype } of list) {
      const data = 'data' in source ? source.data : await source.load()
      if (typeOf(data) !== dtype || data.byteLength !== byteLength(dtype, shape)) {
        const found = `${data.length} numbers of ${typeOf(data)}`
        throw new GuerdonError(`tensor ${JSON.stringify(name)}: ${dtype} of shape [${shape}] cannot hold ${found}`, {
          where: path,
        })
      }
      await write(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
  })
}

type WrittenDtype = 'F32' | 'I32' | 'I64' | 'U8'

/** The order in which the Python library lays out types. */
const rank: Readonly<Record<WrittenDtype, number>> = { U8: 0, I32: 1, F32: 2, I64: 3 }

function typeOf(data: TensorArray): WrittenDtype {
  if (data instanceof Float32Array) return 'F32'
  if (data instanceof BigInt64Array) return 'I64'
  return data instanceof Int32Array ? 'I32' : 'U8'
}

const dtypeOf = (source: TensorSource): WrittenDtype => ('data' in source ? typeOf(source.data) : source.dtype)

const floatTypes: ReadonlySet<Dtype> = new Set(['F32', 'F16', 'BF16'])

async function readTensor(file: FileHandle, path: string, info: TensorInfo): Promise<TensorArray> {
  const { dtype, start, end } = info
  switch (dtype) {
    case 'F16':
    case 'BF16':
      return readHalves(file, path, info, dtype === 'F16' ? halfTable() : bfloatTable())
    case 'F32':
      return new Float32Array((await readBytes(file, path, start, end)).buffer)
    case 'I32':
      return new Int32Array((await readBytes(file, path, start, end)).buffer)
    case 'I64':
      return new BigInt64Array((await readBytes(file, path, start, end)).buffer)
    case 'U8':
    case 'BOOL':
      return readBytes(file, path, start, end)
    default:
      throw new GuerdonError(`tensor ${JSON.stringify(info.name)} has type ${dtype}, which cannot be read here`, {
        where: path,
        fix: 'convert the checkpoint to BF16, F16 or F32',
      })
  }
}

/** 16-bit floats through a table of all 65 536 of them, a piece at a time. */
async function readHalves(
  file: FileHandle,
  path: string,
  info: TensorInfo,
  table: Float32Array,
): Promise<Float32Array> {
  const floats = new Float32Array((info.end - info.start) / 2)
  const piece = 2 ** 23
  for (let start = info.start, at = 0; start < info.end; start += piece) {
    const bytes = await readBytes(file, path, start, Math.min(start + piece, info.end))
    for (const half of new Uint16Array(bytes.buffer)) floats[at++] = table[half]
  }
  return floats
}

/** Exactly these bytes of the file, in a buffer of their own. */
async function readBytes(file: FileHandle, path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start)
  for (let done = 0; done < bytes.length; ) {
    // One read(2) takes less than 2 GiB.
    const length = Math.min(bytes.length - done, 2 ** 30)
    const { bytesRead } = await file.read(bytes, done, length, start + done).catch((cause) => {
      throw new GuerdonError(`could not be read: ${messageOf(cause)}`, { where: path, cause })
    })
    if (bytesRead === 0) throw new GuerdonError('the file became shorter while it was read', { where: path })
    done += bytesRead
  }
  return bytes
}

/** BF16 is the upper half of an F32. */
const bfloatTable = once(() => {
  const bits = new Uint32Array(65536).map((_, half) => half << 16)
  return new Float32Array(bits.buffer)
})

/** IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 of fraction. */
const halfTable = once(() =>
  new Float32Array(65536).map((_, half) => {
    const sign = half >> 15 ? -1 : 1
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }),
)

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
