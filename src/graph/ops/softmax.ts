/** Softmax and its logarithm along an axis. */
import { type Float, node } from '../tensor.ts'
import { mul, sub } from './arithmetic.ts'
import { axisOf, sum } from './reduce.ts'
import { exp } from './unary.ts'

/** e^x / Σ e^x along an axis (the last by default). */
export function softmax(x: Float, axis = -1): Float {
  const along = axisOf('softmax', x, axis)
  const y: Float = node(
    'softmax',
    [x],
    x,
    (emitter, inputs) => emitter.op('Softmax', inputs, { axis: { int: along } }),
    (g) => [mul(y, sub(g, sum(mul(g, y), along, true)))],
  )
  return y
}

/** x - ln Σ e^x along an axis (the last by default). */
export function logSoftmax(x: Float, axis = -1): Float {
  const along = axisOf('logSoftmax', x, axis)
  const y: Float = node(
    'logSoftmax',
    [x],
    x,
    (emitter, inputs) => emitter.op('LogSoftmax', inputs, { axis: { int: along } }),
    (g) => [sub(g, mul(exp(y), sum(g, along, true)))],
  )
  return y
}
