/**
 * Tensors in a file, in the safetensors format. Reading takes one tensor at a time from its place in the file;
 * writing streams them, so that a model larger than the memory left over can be saved.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { writeStreamAtomic } from './atomicFile.ts'
import { GuerdonError, messageOf } from './error.ts'
import { readExactly } from './fileBytes.ts'
import { bfloatTable, halfTable, toBfloats, toHalves } from './halves.ts'
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
  /** The same, written to an array of exactly the tensor's size; little more than that is held in memory. */
  readInto(name: string, target: Float32Array): Promise<void>
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
    const floatInfo = (name: string): TensorInfo => {
      const info = infoOf(name)
      if (floatTypes.has(info.dtype)) return info
      throw new GuerdonError(`tensor ${JSON.stringify(name)} has type ${info.dtype}, expected F32, F16 or BF16`, {
        where: path,
      })
    }
    const close = () => file.close()
    return {
      path,
      metadata,
      tensors,
      read: async (name) => readTensor(file, path, infoOf(name)),
      async readFloats(name) {
        const info = floatInfo(name)
        const floats = new Float32Array(elementsOf(info))
        await readFloatsInto(file, path, info, floats)
        return floats
      },
      async readInto(name, target) {
        const info = floatInfo(name)
        if (target.length !== elementsOf(info))
          throw new GuerdonError(
            `tensor ${JSON.stringify(name)} has ${elementsOf(info)} numbers, not ${target.length}`,
            {
              where: path,
            },
          )
        await readFloatsInto(file, path, info, target)
      },
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (thrown) {
    await file.close()
    throw thrown
  }
}

/**
 * A tensor to save: its numbers, or a function that gives them when their turn comes. F16 and BF16 are made of floats,
 * each rounded to the nearest.
 */
export type TensorSource = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly data: TensorArray }
  | { readonly dtype: WrittenDtype; load(): TensorArray | Promise<TensorArray> }
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
      const given = dtype === 'F16' || dtype === 'BF16' ? 'F32' : dtype
      if (typeOf(data) !== given || data.byteLength !== byteLength(given, shape)) {
        const found = `${data.length} numbers of ${typeOf(data)}`
        throw new GuerdonError(`tensor ${JSON.stringify(name)}: ${dtype} of shape [${shape}] cannot hold ${found}`, {
          where: path,
        })
      }
      for (let at = 0; at < data.length; at += piece) {
        const words = packed(data.subarray(at, at + piece), dtype)
        await write(new Uint8Array(words.buffer, words.byteOffset, words.byteLength))
      }
    }
  })
}

type WrittenDtype = 'F32' | 'F16' | 'BF16' | 'I32' | 'I64' | 'U8'

/** Elements packed at a time. */
const piece = 2 ** 21

function packed(data: TensorArray, dtype: WrittenDtype): TensorArray | Uint16Array {
  if (dtype === 'F16' && data instanceof Float32Array) return toHalves(data)
  return dtype === 'BF16' && data instanceof Float32Array ? toBfloats(data) : data
}

/** The order in which the Python library lays out types. */
const rank: Readonly<Record<WrittenDtype, number>> = { U8: 0, F16: 1, BF16: 2, I32: 3, F32: 4, I64: 5 }

function typeOf(data: TensorArray): 'F32' | 'I32' | 'I64' | 'U8' {
  if (data instanceof Float32Array) return 'F32'
  if (data instanceof BigInt64Array) return 'I64'
  return data instanceof Int32Array ? 'I32' : 'U8'
}

const dtypeOf = (source: TensorSource): WrittenDtype => ('data' in source ? typeOf(source.data) : source.dtype)

const floatTypes: ReadonlySet<Dtype> = new Set(['F32', 'F16', 'BF16'])

const elementsOf = ({ shape }: TensorInfo): number => shape.reduce((product, size) => product * size, 1)

async function readTensor(file: FileHandle, path: string, info: TensorInfo): Promise<TensorArray> {
  const { dtype, start, end } = info
  switch (dtype) {
    case 'F16':
    case 'BF16':
    case 'F32': {
      const floats = new Float32Array(elementsOf(info))
      await readFloatsInto(file, path, info, floats)
      return floats
    }
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

/** F32 goes to its place as it is; 16-bit floats through a table, a piece at a time. */
async function readFloatsInto(file: FileHandle, path: string, info: TensorInfo, target: Float32Array): Promise<void> {
  if (info.dtype === 'F32')
    return readExactly(file, path, new Uint8Array(target.buffer, target.byteOffset, target.byteLength), info.start)
  const table = info.dtype === 'F16' ? halfTable() : bfloatTable()
  const bytesAtOnce = 2 * piece
  for (let start = info.start, at = 0; start < info.end; start += bytesAtOnce) {
    const bytes = await readBytes(file, path, start, Math.min(start + bytesAtOnce, info.end))
    for (const half of new Uint16Array(bytes.buffer)) target[at++] = table[half]
  }
}

/** Exactly these bytes of the file, in a buffer of their own. */
async function readBytes(file: FileHandle, path: string, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start)
  await readExactly(file, path, bytes, start)
  return bytes
}
