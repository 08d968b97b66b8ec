/** Rearranging without arithmetic: reshape, transpose, slice, concatenate, split. */
import { addDims, type Dim, divideDims, multiplyDims, type Shape, sameShape, shapeText } from '../shape.ts'
import { type DType, type Float, manyNode, node, type OutputSpec, ShapeError, type Tensor } from '../tensor.ts'
import { filled } from './constant.ts'
import { axisOf } from './reduce.ts'

/** The same numbers, row-major, in another shape; one -1 stands for whatever is left. */
export function reshape<T extends DType>(x: Tensor<T>, shape: Shape): Tensor<T> {
  const given = multiplyDims(...shape.filter((dim) => dim !== -1))
  const total = multiplyDims(...x.shape)
  const rest = shape.includes(-1) ? divideDims(total, given) : undefined
  const target = shape.map((dim) => (dim === -1 ? (rest ?? -1) : dim))
  if (multiplyDims(...target) !== total) throw new ShapeError('reshape', [x], `it cannot become ${shapeText(shape)}`)
  if (sameShape(target, x.shape)) return x
  return node(
    'reshape',
    [x],
    { dtype: x.dtype, shape: target },
    (emitter, [value]) => {
      const copied = target.map((dim, i) => (typeof dim === 'number' ? dim : dim === x.shape[i] ? 0 : -1))
      const open = copied.filter((dim) => dim === -1).length
      // ONNX reads 0 as "copy this axis", so a shape with an empty axis is always spelt out.
      const plain = open <= 1 && !target.includes(0)
      const form = plain ? emitter.ints(copied.map(Number)) : emitter.shape(target)
      return emitter.op('Reshape', [value, form], plain ? {} : { allowzero: { int: 1 } })
    },
    (g) => [reshape(g, x.shape)],
  )
}

/** Axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose<T extends DType>(x: Tensor<T>, order: readonly number[]): Tensor<T> {
  if (order.length !== x.shape.length || [...order].sort((a, b) => a - b).some((axis, i) => axis !== i))
    throw new ShapeError('transpose', [x], `[${order.join(', ')}] is not an order of its axes`)
  return node(
    'transpose',
    [x],
    { dtype: x.dtype, shape: order.map((axis) => x.shape[axis]) },
    (emitter, [value]) => emitter.op('Transpose', [value], { perm: order }),
    (g) => [
      transpose(
        g,
        order.map((_, i) => order.indexOf(i)),
      ),
    ],
  )
}

/** A new axis of size 1. */
export function unsqueeze<T extends DType>(x: Tensor<T>, axis: number): Tensor<T> {
  const at = axis < 0 ? axis + x.shape.length + 1 : axis
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/** The places start..end-1 of one axis; `end` defaults to the axis's own end, negative numbers count from it. */
export function slice<T extends DType>(x: Tensor<T>, axis: number, start: number, end?: Dim): Tensor<T> {
  const along = axisOf('slice', x, axis)
  const size = x.shape[along]
  const place = (at: Dim): Dim => (typeof at === 'number' && at < 0 ? addDims(size, at) : at)
  const [from, to] = [place(start), end === undefined ? size : place(end)]
  const width = addDims(to, multiplyDims(-1, from))
  const outside = typeof size === 'number' && (Number(from) < 0 || Number(to) > size)
  if (outside || (typeof width === 'number' && width < 0))
    throw new ShapeError('slice', [x], `${start}..${end ?? 'end'} is not inside axis ${axis}`)
  return node(
    'slice',
    [x],
    { dtype: x.dtype, shape: x.shape.map((dim, i) => (i === along ? width : dim)) },
    (emitter, [value]) =>
      emitter.op('Slice', [
        value,
        emitter.ints([start]),
        emitter.shape([end ?? Number.MAX_SAFE_INTEGER]),
        emitter.ints([along]),
      ]),
    (g) => {
      const zeros = (count: Dim) =>
        filled(
          0,
          x.shape.map((dim, i) => (i === along ? count : dim)),
        )
      const after = addDims(size, multiplyDims(-1, to))
      const pieces = [from === 0 ? [] : [zeros(from)], [g], after === 0 ? [] : [zeros(after)]].flat()
      return [pieces.length === 1 ? g : concat(pieces, along)]
    },
  )
}

/** Tensors end to end along one axis. */
export function concat<T extends DType>(tensors: readonly Tensor<T>[], axis: number): Tensor<T> {
  if (tensors.length === 0) throw new ShapeError('concat', [], 'there is nothing to join')
  const [first] = tensors
  const along = axisOf('concat', first, axis)
  const fits = tensors.every(
    (tensor) =>
      tensor.shape.length === first.shape.length &&
      tensor.shape.every((dim, i) => i === along || dim === first.shape[i]),
  )
  if (!fits) throw new ShapeError('concat', tensors, `the shapes differ off axis ${axis}`)
  const sizes = tensors.map((tensor) => tensor.shape[along])
  return node(
    'concat',
    tensors,
    { dtype: first.dtype, shape: first.shape.map((dim, i) => (i === along ? addDims(...sizes) : dim)) },
    (emitter, values) => emitter.op('Concat', values, { axis: { int: along } }),
    (g) => split(g, along, sizes),
  )
}

/** Pieces of these sizes along one axis: the inverse of `concat`. */
export function split(x: Float, axis: number, sizes: readonly Dim[]): readonly Float[] {
  const along = axisOf('split', x, axis)
  if (addDims(...sizes) !== x.shape[along])
    throw new ShapeError('split', [x], `sizes ${sizes.join(' + ')} do not make up axis ${axis}`)
  const shapes = sizes.map((size) => x.shape.map((dim, i) => (i === along ? size : dim)))
  return manyNode(
    'split',
    [x],
    shapes.map((shape): OutputSpec<'float32'> => ({ dtype: 'float32', shape })),
    (emitter, [value]) =>
      emitter.op('Split', [value, emitter.shape(sizes)], { axis: { int: along } }, { outputs: sizes.length }),
    (gradients) => [
      concat(
        shapes.map((shape, i) => gradients[i] ?? filled(0, shape)),
        along,
      ),
    ],
  )
}
