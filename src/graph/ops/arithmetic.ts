/** Elementwise arithmetic with NumPy's broadcasting, comparisons, and choice. */
import { broadcastShapes, type Shape } from '../shape.ts'
import { type Bool, type Float, type Int, node, ShapeError, type Tensor } from '../tensor.ts'
import { constantLike, intConstant, scalar } from './constant.ts'
import { sumTo } from './reduce.ts'

/** A tensor, or a number that stands for a scalar constant. */
export type Operand = Float | number

const lift = (x: Operand): Float => (typeof x === 'number' ? scalar(x) : x)

function joined(op: string, operands: readonly Tensor[]): Shape {
  let shape: Shape = []
  for (const operand of operands) {
    const next = broadcastShapes(shape, operand.shape)
    if (next === undefined) throw new ShapeError(op, operands, 'the shapes do not broadcast')
    shape = next
  }
  return shape
}

function binary(
  op: string,
  onnx: string,
  a: Float,
  b: Float,
  backward: (gradient: Float) => readonly [Float, Float],
): Float {
  const shape = joined(op, [a, b])
  return node(
    op,
    [a, b],
    { dtype: 'float32', shape },
    (emitter, inputs) => emitter.op(onnx, inputs),
    (gradient) => {
      const [da, db] = backward(gradient)
      return [sumTo(da, a.shape), sumTo(db, b.shape)]
    },
  )
}

/** a + b */
export function add(a: Operand, b: Operand): Float {
  return binary('add', 'Add', lift(a), lift(b), (g) => [g, g])
}

/** a - b */
export function sub(a: Operand, b: Operand): Float {
  return binary('sub', 'Sub', lift(a), lift(b), (g) => [g, neg(g)])
}

/** a b */
export function mul(a: Operand, b: Operand): Float {
  const [x, y] = [lift(a), lift(b)]
  return binary('mul', 'Mul', x, y, (g) => [mul(g, y), mul(g, x)])
}

/** a / b */
export function div(a: Operand, b: Operand): Float {
  const [x, y] = [lift(a), lift(b)]
  return binary('div', 'Div', x, y, (g) => {
    const da = div(g, y)
    return [da, neg(div(mul(da, x), y))]
  })
}

/** The smaller of each pair; where they are equal the gradient goes to the first. */
export function minimum(a: Operand, b: Operand): Float {
  const [x, y] = [lift(a), lift(b)]
  return binary('minimum', 'Min', x, y, (g) => {
    const first = lessEqual(x, y)
    return [where(first, g, 0), where(first, 0, g)]
  })
}

/** The greater of each pair; where they are equal the gradient goes to the first. */
export function maximum(a: Operand, b: Operand): Float {
  const [x, y] = [lift(a), lift(b)]
  return binary('maximum', 'Max', x, y, (g) => {
    const first = greaterEqual(x, y)
    return [where(first, g, 0), where(first, 0, g)]
  })
}

/** -x */
export function neg(x: Float): Float {
  return node(
    'neg',
    [x],
    x,
    (emitter, inputs) => emitter.op('Neg', inputs),
    (g) => [neg(g)],
  )
}

/** x² */
export function square(x: Float): Float {
  return mul(x, x)
}

/** Elementwise a + b on whole numbers. */
export function addInts(a: Int, b: Int): Int {
  return node('addInts', [a, b], { dtype: 'int64', shape: joined('addInts', [a, b]) }, (emitter, inputs) =>
    emitter.op('Add', inputs),
  )
}

function compare(op: string, onnx: string, a: Tensor | number, b: Tensor | number): Bool {
  const [x, y] = [typeof a === 'number' ? numberLike(op, a, b) : a, typeof b === 'number' ? numberLike(op, b, a) : b]
  if (x.dtype !== y.dtype) throw new ShapeError(op, [x, y], 'the element types differ')
  return node(op, [x, y], { dtype: 'bool', shape: joined(op, [x, y]) }, (emitter, inputs) => emitter.op(onnx, inputs))
}

/** A number as a scalar of the element type it is compared with. Floats cannot hold every whole number. */
function numberLike(op: string, value: number, other: Tensor | number): Tensor {
  if (typeof other === 'number' || other.dtype === 'float32') return scalar(value)
  if (other.dtype === 'bool' || !Number.isSafeInteger(value))
    throw new ShapeError(op, [other], `${value} is no ${other.dtype}`)
  return intConstant([value], [])
}

type Comparable = Float | Int | number

/** a < b */
export const less = (a: Comparable, b: Comparable): Bool => compare('less', 'Less', a, b)
/** a ≤ b */
export const lessEqual = (a: Comparable, b: Comparable): Bool => compare('lessEqual', 'LessOrEqual', a, b)
/** a > b */
export const greater = (a: Comparable, b: Comparable): Bool => compare('greater', 'Greater', a, b)
/** a ≥ b */
export const greaterEqual = (a: Comparable, b: Comparable): Bool => compare('greaterEqual', 'GreaterOrEqual', a, b)
/** a = b */
export const equal = (a: Comparable | Bool, b: Comparable | Bool): Bool => compare('equal', 'Equal', a, b)

function logic(op: string, onnx: string, operands: readonly Bool[]): Bool {
  return node(op, operands, { dtype: 'bool', shape: joined(op, operands) }, (emitter, inputs) =>
    emitter.op(onnx, inputs),
  )
}

/** Both hold. */
export const and = (a: Bool, b: Bool): Bool => logic('and', 'And', [a, b])
/** Either holds. */
export const or = (a: Bool, b: Bool): Bool => logic('or', 'Or', [a, b])
/** It does not hold. */
export const not = (a: Bool): Bool => logic('not', 'Not', [a])

/** `yes` where the condition holds, `no` elsewhere. */
export function where(condition: Bool, yes: Operand, no: Operand): Float {
  const [x, y] = [lift(yes), lift(no)]
  const shape = joined('where', [condition, x, y])
  return node(
    'where',
    [condition, x, y],
    { dtype: 'float32', shape },
    (emitter, inputs) => emitter.op('Where', inputs),
    (g) => {
      const zero = constantLike(g, 0)
      return [undefined, sumTo(where(condition, g, zero), x.shape), sumTo(where(condition, zero, g), y.shape)]
    },
  )
}
