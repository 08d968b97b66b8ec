/** Tensors that depend on no numbers: constants, filled shapes, counting, and the fence that stops gradients. */
import { type Dim, multiplyDims, type Shape } from '../shape.ts'
import { type Bool, type DType, type Float, type Int, node, ShapeError, type Tensor } from '../tensor.ts'

/** A scalar constant. */
export function scalar(value: number): Float {
  return node('scalar', [], { dtype: 'float32', shape: [] }, (emitter) => [emitter.scalar(value)])
}

/** A constant array, row-major. */
export function constant(data: readonly number[] | Float32Array, shape: readonly number[]): Float {
  const count = multiplyDims(...shape)
  if (count !== data.length)
    throw new ShapeError('constant', [], `${data.length} numbers do not fill [${shape.join(', ')}]`)
  return node('constant', [], { dtype: 'float32', shape }, (emitter) => [emitter.floats(data, shape)])
}

/** A constant array of whole numbers, row-major. */
export function intConstant(data: readonly number[], shape: readonly number[]): Int {
  const count = multiplyDims(...shape)
  if (count !== data.length)
    throw new ShapeError('intConstant', [], `${data.length} numbers do not fill [${shape.join(', ')}]`)
  return node('intConstant', [], { dtype: 'int64', shape }, (emitter) => [emitter.ints(data, shape)])
}

/** One value everywhere in a shape, which may have named dimensions. */
export function filled(value: number, shape: Shape): Float {
  return node('filled', [], { dtype: 'float32', shape }, (emitter) =>
    emitter.op('Expand', [emitter.scalar(value), emitter.shape(shape)]),
  )
}

/** One value in the shape of another tensor. */
export function constantLike(like: Tensor, value: number): Float {
  return like.shape.length === 0 ? scalar(value) : filled(value, like.shape)
}

/** 0, 1, ..., size-1. */
export function iota(size: Dim): Int {
  return node('iota', [], { dtype: 'int64', shape: [size] }, (emitter) => {
    const [length] = emitter.op('Squeeze', [emitter.shape([size])])
    return emitter.op('Range', [emitter.ints([0], []), length, emitter.ints([1], [])])
  })
}

/** Whole numbers repeated along axes of size 1, or new leading axes, until they have this shape. */
export function broadcastInts(x: Int, shape: Shape): Int {
  return node('broadcastInts', [x], { dtype: 'int64', shape }, (emitter, [value]) =>
    emitter.op('Expand', [value, emitter.shape(shape)]),
  )
}

/** The same values through which no gradient flows. */
export function stopGradient<T extends DType>(x: Tensor<T>): Tensor<T> {
  return node('stopGradient', [x], x, (_, [value]) => [value])
}

const onnxTypes: Readonly<Record<DType, number>> = { float32: 1, int64: 7, bool: 9 }

/** Another element type; floats lose their fraction towards zero, booleans become 0 and 1. No gradient flows. */
export function cast<T extends DType>(x: Tensor, dtype: T): Tensor<T> {
  return node('cast', [x], { dtype, shape: x.shape }, (emitter, [value]) =>
    emitter.op('Cast', [value], { to: { int: onnxTypes[dtype] } }),
  )
}

/** Booleans and whole numbers as floats. */
export function toFloat(x: Int | Bool): Float {
  return cast(x, 'float32')
}
