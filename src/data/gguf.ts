/**
 * Tensors in a GGUF file, the format that llama.cpp, Ollama and LM Studio run. Reading turns one tensor at a time into
 * floats, straight into the array where they belong and a few megabytes at a time.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { GuerdonError, messageOf } from './error.ts'
import { readExactly } from './fileBytes.ts'
import { ggufTypes, unpackBlocks } from './ggufBlocks.ts'
import { type GgufHeader, type GgufTensor, parseGgufHeader } from './ggufHeader.ts'

/** An open file; close it when done. */
export interface GgufFile extends GgufHeader, AsyncDisposable {
  readonly path: string
  /** Writes a tensor's numbers, row-major, to an array of exactly its size. */
  readInto(name: string, target: Float32Array): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a file and checks its header; no tensor is read yet. Throws a GuerdonError that names the file (and the tensor
 * or key) for a file that is missing, cut short, not sound, or holds types that are not read here.
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const file = await open(path, 'r').catch((cause) => {
    throw new GuerdonError(`could not be opened: ${messageOf(cause)}`, { where: path, cause })
  })
  try {
    const header = await readHeader(file, path)
    const close = () => file.close()
    return {
      path,
      ...header,
      async readInto(name, target) {
        const tensor = header.tensors.get(name)
        if (tensor === undefined) throw new GuerdonError(`it has no tensor ${JSON.stringify(name)}`, { where: path })
        await readTensor(file, path, tensor, target)
      },
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (thrown) {
    await file.close()
    throw thrown
  }
}

/** No vocabulary is so large; a header beyond this is a lie. */
const longestHeader = 2 ** 28

/** The header's length is written nowhere: more is read until it is whole. */
async function readHeader(file: FileHandle, path: string): Promise<GgufHeader> {
  const { size } = await file.stat()
  for (let length = 2 ** 22; ; length *= 4) {
    const bytes = new Uint8Array(Math.min(length, size))
    await readExactly(file, path, bytes, 0)
    const header = parseGgufHeader(bytes, size, path)
    if (header !== undefined) return header
    if (length >= longestHeader)
      throw new GuerdonError(`not a sound GGUF file: its header is longer than ${longestHeader} bytes`, { where: path })
  }
}

/** Bytes read at a time, about. */
const piece = 2 ** 22

async function readTensor(file: FileHandle, path: string, tensor: GgufTensor, target: Float32Array): Promise<void> {
  const { type, start, end } = tensor
  const { bytes, elements } = ggufTypes[type]
  const size = ((end - start) / bytes) * elements
  if (target.length !== size)
    throw new GuerdonError(`tensor ${JSON.stringify(tensor.name)} has ${size} numbers, not ${target.length}`, {
      where: path,
    })
  const buffer = new Uint8Array(Math.min(end - start, Math.floor(piece / bytes) * bytes))
  for (let at = start; at < end; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, end - at))
    await readExactly(file, path, part, at)
    unpackBlocks(type, part, target, ((at - start) / bytes) * elements)
  }
}
