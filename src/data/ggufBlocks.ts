/**
 * The blocks in which GGUF holds numbers: how many elements and bytes each type's block has, and the numbers in it.
 * Source: ggml, `ggml-common.h` (layouts) and `ggml-quants.c` (`dequantize_row_*`, `quantize_row_q8_0_ref`).
 */
import { bfloatTable, halfTable, toHalf } from './halves.ts'

/** Writes the numbers of whole blocks to `target` from `at` on. */
type Unpack = (blocks: Uint8Array, target: Float32Array, at: number) => void

interface BlockType {
  /** The type's number in a file. */
  readonly id: number
  readonly elements: number
  readonly bytes: number
  readonly unpack: Unpack
}

/** The types that are read, by ggml's names. */
export const ggufTypes = {
  F32: { id: 0, elements: 1, bytes: 4, unpack: unpackF32 },
  F16: { id: 1, elements: 1, bytes: 2, unpack: unpackThrough(halfTable) },
  BF16: { id: 30, elements: 1, bytes: 2, unpack: unpackThrough(bfloatTable) },
  Q8_0: { id: 8, elements: 32, bytes: 34, unpack: unpackQ8 },
  Q4_0: { id: 2, elements: 32, bytes: 18, unpack: unpackSmall({ fifthBits: false, minimum: false }) },
  Q4_1: { id: 3, elements: 32, bytes: 20, unpack: unpackSmall({ fifthBits: false, minimum: true }) },
  Q5_0: { id: 6, elements: 32, bytes: 22, unpack: unpackSmall({ fifthBits: true, minimum: false }) },
  Q5_1: { id: 7, elements: 32, bytes: 24, unpack: unpackSmall({ fifthBits: true, minimum: true }) },
  Q4_K: { id: 12, elements: 256, bytes: 144, unpack: unpackK({ fifthBits: false }) },
  Q5_K: { id: 13, elements: 256, bytes: 176, unpack: unpackK({ fifthBits: true }) },
  Q6_K: { id: 14, elements: 256, bytes: 210, unpack: unpackQ6K },
} as const satisfies Readonly<Record<string, BlockType>>

export type GgufType = keyof typeof ggufTypes

/** Types that llama.cpp knows and that are not read here: named, so that an error can say which. */
const unread: Readonly<Record<number, string>> = {
  ...{ 9: 'Q8_1', 10: 'Q2_K', 11: 'Q3_K', 15: 'Q8_K', 16: 'IQ2_XXS', 17: 'IQ2_XS', 18: 'IQ3_XXS', 19: 'IQ1_S' },
  ...{ 20: 'IQ4_NL', 21: 'IQ3_S', 22: 'IQ2_S', 23: 'IQ4_XS', 24: 'I8', 25: 'I16', 26: 'I32', 27: 'I64', 28: 'F64' },
  ...{ 29: 'IQ1_M', 34: 'TQ1_0', 35: 'TQ2_0', 39: 'MXFP4' },
}

/** The type of this number; or, where it is not read here, what to call it. */
export function ggufTypeOf(id: number): GgufType | { readonly unread: string } {
  const found = typeNames.find((name) => ggufTypes[name].id === id)
  return found ?? { unread: unread[id] ?? `number ${id}, which GGUF does not define` }
}

const typeNames = Object.keys(ggufTypes) as GgufType[]

/** The numbers of whole blocks of a type, written to `target` from `at` on. */
export function unpackBlocks(type: GgufType, blocks: Uint8Array, target: Float32Array, at = 0): void {
  ggufTypes[type].unpack(blocks, target, at)
}

/** Blocks of 32: d = max|x| / 127 (kept as binary16) and x / d to the nearest whole number, ties away from zero. */
export function packQ8(floats: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((floats.length / 32) * 34)
  for (let start = 0, at = 0; start < floats.length; start += 32, at += 34) {
    let most = 0
    for (let i = start; i < start + 32; i++) most = Math.max(most, Math.abs(floats[i]))
    const scale = Math.fround(most / 127)
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale)
    const half = toHalf(scale)
    bytes[at] = half & 255
    bytes[at + 1] = half >> 8
    for (let i = 0; i < 32; i++) {
      const x = Math.fround(floats[start + i] * inverse)
      bytes[at + 2 + i] = Math.sign(x) * Math.floor(Math.abs(x) + 0.5)
    }
  }
  return bytes
}

function unpackF32(blocks: Uint8Array, target: Float32Array, at: number): void {
  new Uint8Array(target.buffer, target.byteOffset + at * 4, blocks.length).set(blocks)
}

function unpackThrough(table: () => Float32Array): Unpack {
  return (blocks, target, at) => {
    const floats = table()
    for (let i = 0; i < blocks.length; i += 2) target[at++] = floats[blocks[i] | (blocks[i + 1] << 8)]
  }
}

/** x = d q: d binary16, q 32 signed bytes. */
function unpackQ8(blocks: Uint8Array, target: Float32Array, at: number): void {
  const halves = halfTable()
  for (let b = 0; b < blocks.length; b += 34) {
    const d = halves[blocks[b] | (blocks[b + 1] << 8)]
    for (let i = 2; i < 34; i++) target[at++] = d * ((blocks[b + i] << 24) >> 24)
  }
}

/**
 * Four or five bits an element: x = d n + m, or with no minimum x = d (n - 8) for four bits and d (n - 16) for five.
 * A block is d, then m, then a fifth bit for each of the 32, then 16 bytes: element i has the low half of byte i, and
 * element i + 16 its high half.
 */
function unpackSmall({ fifthBits, minimum }: { readonly fifthBits: boolean; readonly minimum: boolean }): Unpack {
  const bitsAt = minimum ? 4 : 2
  const nibblesAt = bitsAt + (fifthBits ? 4 : 0)
  const size = nibblesAt + 16
  const middle = fifthBits ? 16 : 8
  return (blocks, target, at) => {
    const halves = halfTable()
    for (let b = 0; b < blocks.length; b += size, at += 32) {
      const d = halves[blocks[b] | (blocks[b + 1] << 8)]
      const m = minimum ? halves[blocks[b + 2] | (blocks[b + 3] << 8)] : 0
      for (let i = 0; i < 16; i++) {
        const byte = blocks[b + nibblesAt + i]
        let first = byte & 15
        let second = byte >> 4
        if (fifthBits) {
          first |= ((blocks[b + bitsAt + (i >> 3)] >> (i & 7)) & 1) << 4
          second |= ((blocks[b + bitsAt + 2 + (i >> 3)] >> (i & 7)) & 1) << 4
        }
        target[at + i] = minimum ? Math.fround(d * first) + m : d * (first - middle)
        target[at + 16 + i] = minimum ? Math.fround(d * second) + m : d * (second - middle)
      }
    }
  }
}

/**
 * Four or five bits in super-blocks of 8 x 32: x = d s_g n - d' m_g, where each sub-block's scale s_g and minimum m_g
 * have six bits. A block is d, d', 12 bytes of s and m, for five bits 32 bytes of fifth bits, and 128 bytes of halves.
 */
function unpackK({ fifthBits }: { readonly fifthBits: boolean }): Unpack {
  const nibblesAt = fifthBits ? 48 : 16
  const size = nibblesAt + 128
  return (blocks, target, at) => {
    const halves = halfTable()
    for (let b = 0; b < blocks.length; b += size) {
      const d = halves[blocks[b] | (blocks[b + 1] << 8)]
      const dMinimum = halves[blocks[b + 2] | (blocks[b + 3] << 8)]
      for (let g = 0; g < 8; g++) {
        const c = b + 4 + g
        const s = g < 4 ? blocks[c] & 63 : (blocks[c + 4] & 15) | ((blocks[c - 4] >> 6) << 4)
        const m = g < 4 ? blocks[c + 4] & 63 : (blocks[c + 4] >> 4) | ((blocks[c] >> 6) << 4)
        const scale = Math.fround(d * s)
        const low = Math.fround(dMinimum * m)
        const from = b + nibblesAt + 32 * (g >> 1)
        for (let i = 0; i < 32; i++) {
          let n = g & 1 ? blocks[from + i] >> 4 : blocks[from + i] & 15
          if (fifthBits) n += 16 * ((blocks[b + 16 + i] >> g) & 1)
          target[at++] = Math.fround(scale * n) - low
        }
      }
    }
  }
}

/** Six bits in super-blocks of 16 x 16: x = d s q; 128 bytes of low bits, 64 of high bits, 16 signed scales, d. */
function unpackQ6K(blocks: Uint8Array, target: Float32Array, at: number): void {
  const halves = halfTable()
  for (let b = 0; b < blocks.length; b += 210) {
    const d = halves[blocks[b + 208] | (blocks[b + 209] << 8)]
    for (let n = 0; n < 2; n++)
      for (let g = 0; g < 4; g++)
        for (let i = 0; i < 32; i++) {
          const byte = blocks[b + 64 * n + 32 * (g & 1) + i]
          const high = (blocks[b + 128 + 32 * n + i] >> (2 * g)) & 3
          const q = (g < 2 ? byte & 15 : byte >> 4) | (high << 4)
          const scale = (blocks[b + 192 + 8 * n + 2 * g + (i >> 4)] << 24) >> 24
          target[at++] = Math.fround(d * scale) * (q - 32)
        }
  }
}
