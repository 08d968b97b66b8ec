/**
 * Products with a matrix kept in 8 bits (ONNX Runtime's MatMulNBits): each row in blocks of 32 numbers that share a
 * scale, w ≈ scale (code - 128). The other factor is rounded to 8 bits inside the kernel, block by block, as llama.cpp
 * does for Q8_0. No gradient flows to the matrix.
 */
import { type Float, node, ShapeError } from '../tensor.ts'

export const quantisedBlock = 32

/** A matrix [rows, columns], a multiple of 32 columns: one code a number, one scale a block. */
export interface QuantisedMatrix {
  readonly rows: number
  readonly columns: number
  readonly codes: Uint8Array
  readonly scales: Float32Array
}

/** Rounds a matrix to 8 bits: scale = max |w| / 127 over each block, the error at most half a scale. */
export function quantise(values: Float32Array, rows: number, columns: number): QuantisedMatrix {
  if (columns % quantisedBlock !== 0 || values.length !== rows * columns)
    throw new Error(`${values.length} numbers are no ${rows} rows of whole blocks (${columns} columns)`)
  const codes = new Uint8Array(values.length)
  const scales = new Float32Array(values.length / quantisedBlock)
  for (let block = 0; block < scales.length; block++) {
    const start = block * quantisedBlock
    let greatest = 0
    for (let i = start; i < start + quantisedBlock; i++) greatest = Math.max(greatest, Math.abs(values[i]))
    const scale = Math.fround(greatest / 127)
    scales[block] = scale
    const inverse = scale === 0 ? 0 : 1 / scale
    for (let i = start; i < start + quantisedBlock; i++) codes[i] = Math.round(values[i] * inverse) + 128
  }
  return { rows, columns, codes, scales }
}

/** x [n, columns] times the transposed matrix: [n, rows]. */
export function quantisedMatmul(x: Float, { rows, columns, codes, scales }: QuantisedMatrix): Float {
  if (x.shape.length !== 2 || x.shape[1] !== columns)
    throw new ShapeError('quantisedMatmul', [x], `the matrix has ${columns} columns`)
  return node('quantisedMatmul', [x], { dtype: 'float32', shape: [x.shape[0], rows] }, (emitter, [value]) =>
    emitter.op(
      'MatMulNBits',
      [
        value,
        emitter.bytes(codes, [rows, columns / quantisedBlock, quantisedBlock]),
        emitter.floats(scales, [scales.length]),
      ],
      {
        K: { int: columns },
        N: { int: rows },
        bits: { int: 8 },
        block_size: { int: quantisedBlock },
        accuracy_level: { int: 4 },
      },
      { domain: 'com.microsoft' },
    ),
  )
}
