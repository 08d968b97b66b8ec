/** Sums, means and maxima over axes, cumulative sums, and their way back: expanding. */
import { broadcastShapes, type Dim, multiplyDims, type Shape, sameShape, shapeText } from '../shape.ts'
import { type Float, node, ShapeError, type Tensor } from '../tensor.ts'
import { div, equal, mul } from './arithmetic.ts'
import { toFloat } from './constant.ts'
import { reshape } from './layout.ts'

/** Which axes, counted from the end when negative; all of them by default. */
export type Axes = number | readonly number[]

/** The axis counted from the front. */
export function axisOf(op: string, x: Tensor, axis: number): number {
  const positive = axis < 0 ? axis + x.shape.length : axis
  if (!Number.isInteger(axis) || positive < 0 || positive >= x.shape.length)
    throw new ShapeError(op, [x], `there is no axis ${axis}`)
  return positive
}

interface Reduction {
  readonly axes: readonly number[]
  readonly kept: Shape
  readonly shape: Shape
}

function reduction(op: string, x: Tensor, axes: Axes | undefined, keepAxes: boolean): Reduction {
  const asked = axes === undefined ? x.shape.map((_, i) => i) : typeof axes === 'number' ? [axes] : axes
  const reduced = asked.map((axis) => axisOf(op, x, axis)).sort((a, b) => a - b)
  if (new Set(reduced).size < reduced.length) throw new ShapeError(op, [x], `[${asked.join(', ')}] names an axis twice`)
  const kept = x.shape.map((dim, i) => (reduced.includes(i) ? 1 : dim))
  return { axes: reduced, kept, shape: keepAxes ? kept : x.shape.filter((_, i) => !reduced.includes(i)) }
}

function reduce(
  op: string,
  onnx: string,
  x: Float,
  { axes, shape }: Reduction,
  backward: (gradient: Float) => Float,
): Float {
  return node(
    op,
    [x],
    { dtype: 'float32', shape },
    (emitter, [value]) =>
      axes.length === 0
        ? [value]
        : emitter.op(onnx, [value, emitter.ints(axes)], { keepdims: { int: shape.length === x.shape.length ? 1 : 0 } }),
    (gradient) => [backward(gradient)],
  )
}

/** Σ over axes. */
export function sum(x: Float, axes?: Axes, keepAxes = false): Float {
  const plan = reduction('sum', x, axes, keepAxes)
  return reduce('sum', 'ReduceSum', x, plan, (g) => expand(reshape(g, plan.kept), x.shape))
}

/** The mean over axes. */
export function mean(x: Float, axes?: Axes, keepAxes = false): Float {
  const plan = reduction('mean', x, axes, keepAxes)
  const count = multiplyDims(...plan.axes.map((axis) => x.shape[axis]))
  return reduce('mean', 'ReduceMean', x, plan, (g) => expand(reshape(div(g, sizeOf(count)), plan.kept), x.shape))
}

/** The greatest value over axes; equal maxima share the gradient. Beside a number, NaN may be passed over. */
export function max(x: Float, axes?: Axes, keepAxes = false): Float {
  const plan = reduction('max', x, axes, keepAxes)
  const y: Float = reduce('max', 'ReduceMax', x, plan, (g) => {
    const hit = toFloat(equal(x, reshape(y, plan.kept)))
    return mul(hit, div(reshape(g, plan.kept), sum(hit, plan.axes, true)))
  })
  return y
}

/** A dimension's size as a scalar of the running program. */
export function sizeOf(dim: Dim): Float {
  return node('sizeOf', [], { dtype: 'float32', shape: [] }, (emitter) => {
    if (typeof dim === 'number') return [emitter.scalar(dim)]
    return emitter.op('Cast', emitter.op('Squeeze', [emitter.shape([dim])]), { to: { int: 1 } })
  })
}

/** Running sums along an axis: of everything up to and including each place, or (reverse) from each place on. */
export function cumulativeSum(x: Float, axis: number, options: { readonly reverse?: boolean } = {}): Float {
  const along = axisOf('cumulativeSum', x, axis)
  const reverse = options.reverse ?? false
  return node(
    'cumulativeSum',
    [x],
    x,
    (emitter, [value]) =>
      emitter.op('CumSum', [value, emitter.ints([along], [])], { reverse: { int: reverse ? 1 : 0 } }),
    (g) => [cumulativeSum(g, along, { reverse: !reverse })],
  )
}

/** x repeated along axes of size 1 (or new leading axes) until it has this shape. */
export function expand(x: Float, shape: Shape): Float {
  if (sameShape(x.shape, shape)) return x
  const joined = broadcastShapes(x.shape, shape)
  if (joined === undefined || !sameShape(joined, shape))
    throw new ShapeError('expand', [x], `it cannot be expanded to ${shapeText(shape)}`)
  return node(
    'expand',
    [x],
    { dtype: 'float32', shape },
    (emitter, [value]) => emitter.op('Expand', [value, emitter.shape(shape)]),
    (g) => [sumTo(g, x.shape)],
  )
}

/** The sum over the axes along which a tensor of this shape was broadcast to x: the gradient of broadcasting. */
export function sumTo(x: Float, shape: Shape): Float {
  if (sameShape(x.shape, shape)) return x
  const extra = x.shape.length - shape.length
  const axes = x.shape.flatMap((dim, i) => (i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : []))
  const summed = axes.length === 0 ? x : sum(x, axes, true)
  return extra === 0 ? summed : reshape(summed, shape)
}
