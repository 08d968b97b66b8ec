/** Matrix products: batched, transposed and scaled in one operator (ONNX Runtime's FusedMatMul). */
import { broadcastShapes, type Shape } from '../shape.ts'
import { type Float, node, ShapeError } from '../tensor.ts'
import { reshape } from './layout.ts'
import { sumTo } from './reduce.ts'

export interface MatmulOptions {
  /** Swap the last two axes of a. */
  readonly transposeA?: boolean
  /** Swap the last two axes of b. */
  readonly transposeB?: boolean
  /** A factor of the product. Default 1. */
  readonly scale?: number
}

/**
 * scale · op(a) op(b) over the last two axes, leading axes broadcast. A stack of rows times one matrix ([..., n, k] by
 * [k, m]) is computed as a single product.
 */
export function matmul(a: Float, b: Float, options: MatmulOptions = {}): Float {
  const { transposeA = false, transposeB = false, scale = 1 } = options
  if (a.shape.length < 2 || b.shape.length < 2) throw new ShapeError('matmul', [a, b], 'both need at least two axes')
  if (b.shape.length === 2 && a.shape.length > 2 && !transposeA) {
    const rows = reshape(a, [-1, ...a.shape.slice(-1)])
    const product = matmul(rows, b, options)
    return reshape(product, [...a.shape.slice(0, -1), ...product.shape.slice(-1)])
  }
  const [rowsA, columnsA] = lastTwo(a.shape, transposeA)
  const [rowsB, columnsB] = lastTwo(b.shape, transposeB)
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))
  if (columnsA !== rowsB || lead === undefined)
    throw new ShapeError(
      'matmul',
      [a, b],
      lead === undefined ? 'the leading axes do not broadcast' : `the inner sizes differ: ${columnsA} and ${rowsB}`,
    )
  const plain = !transposeA && !transposeB && scale === 1
  return node(
    'matmul',
    [a, b],
    { dtype: 'float32', shape: [...lead, rowsA, columnsB] },
    (emitter, inputs) =>
      plain
        ? emitter.op('MatMul', inputs)
        : emitter.op(
            'FusedMatMul',
            inputs,
            { transA: { int: transposeA ? 1 : 0 }, transB: { int: transposeB ? 1 : 0 }, alpha: scale },
            { domain: 'com.microsoft' },
          ),
    (g) => {
      const da = transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true, scale })
        : matmul(g, b, { transposeB: !transposeB, scale })
      const db = transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA, scale })
        : matmul(a, g, { transposeA: !transposeA, scale })
      return [sumTo(da, a.shape), sumTo(db, b.shape)]
    },
  )
}

function lastTwo(shape: Shape, swapped: boolean) {
  const [rows, columns] = shape.slice(-2)
  return swapped ? [columns, rows] : [rows, columns]
}
