/** Elementwise functions and activations. */
import type { Emitter } from '../emit.ts'
import { type Float, node } from '../tensor.ts'
import { add, div, greater, mul, neg, sub, where } from './arithmetic.ts'

/** `derivative(gradient, y)` gives dL/dx from dL/dy; y is the function's own value. */
function unary(op: string, onnx: string, x: Float, derivative: (gradient: Float, y: Float) => Float): Float {
  const y: Float = node(
    op,
    [x],
    x,
    (emitter, inputs) => emitter.op(onnx, inputs),
    (gradient) => [derivative(gradient, y)],
  )
  return y
}

/** e^x */
export const exp = (x: Float): Float => unary('exp', 'Exp', x, (g, y) => mul(g, y))
/** ln x */
export const log = (x: Float): Float => unary('log', 'Log', x, (g) => div(g, x))
/** √x */
export const sqrt = (x: Float): Float => unary('sqrt', 'Sqrt', x, (g, y) => div(mul(g, 0.5), y))
/** tanh x */
export const tanh = (x: Float): Float => unary('tanh', 'Tanh', x, (g, y) => mul(g, sub(1, mul(y, y))))
/** 1 / (1 + e^-x), to the last digits also where it is nearly 0: e^-s with s = ln(1 + e^-x). */
export const sigmoid = (x: Float): Float =>
  node(
    'sigmoid',
    [x],
    x,
    (emitter, inputs) => emitter.op('Exp', emitter.op('Neg', softplusOfNegative(emitter, inputs))),
    (g) => [mul(g, mul(sigmoid(x), sigmoid(neg(x))))],
  )
/** ln sigmoid(x) = -ln(1 + e^-x), which neither overflows nor rounds to 0. */
export const logSigmoid = (x: Float): Float =>
  node(
    'logSigmoid',
    [x],
    x,
    (emitter, inputs) => emitter.op('Neg', softplusOfNegative(emitter, inputs)),
    (g) => [mul(g, sigmoid(neg(x)))],
  )
/**
 * The sigmoid of ONNX Runtime, in one pass: right to 1e-7 of 1, but with no right digit below x = -18. Enough where it is
 * multiplied into something of ordinary size.
 */
export const fastSigmoid = (x: Float): Float => unary('fastSigmoid', 'Sigmoid', x, (g, y) => mul(g, mul(y, sub(1, y))))

function softplusOfNegative(emitter: Emitter, inputs: readonly string[]): readonly string[] {
  return emitter.op('Softplus', emitter.op('Neg', inputs))
}
/** max(x, 0); its derivative at 0 is 0. */
export const relu = (x: Float): Float => unary('relu', 'Relu', x, (g) => where(greater(x, 0), g, 0))
/** |x|; its derivative at 0 is 0. */
export const abs = (x: Float): Float => unary('abs', 'Abs', x, (g) => mul(g, sign(x)))
/** sin x */
export const sin = (x: Float): Float => unary('sin', 'Sin', x, (g) => mul(g, cos(x)))
/** cos x */
export const cos = (x: Float): Float => unary('cos', 'Cos', x, (g) => neg(mul(g, sin(x))))
/** The error function. */
export const erf = (x: Float): Float =>
  unary('erf', 'Erf', x, (g) => mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI))))

/** The greatest whole number that is not above x; no gradient flows. */
export const floor = (x: Float): Float => node('floor', [x], x, (emitter, inputs) => emitter.op('Floor', inputs))

/** -1, 0 or 1; no gradient flows. */
export const sign = (x: Float): Float => node('sign', [x], x, (emitter, inputs) => emitter.op('Sign', inputs))

/** x sigmoid(x) (swish). ONNX Runtime's QuickGelu with alpha 1 is the same function in one pass. */
export function silu(x: Float): Float {
  const y: Float = node(
    'silu',
    [x],
    x,
    (emitter, inputs) => emitter.op('QuickGelu', inputs, { alpha: 1 }, { domain: 'com.microsoft' }),
    (g) => {
      // s (1 + x (1 - s)) with x s = y: one pass over memory fewer.
      const s = fastSigmoid(x)
      return [mul(g, add(y, mul(s, sub(1, y))))]
    },
  )
  return y
}

/** x Φ(x), with the normal distribution's Φ itself, not the tanh approximation. */
export function gelu(x: Float): Float {
  return node(
    'gelu',
    [x],
    x,
    (emitter, inputs) => emitter.op('Gelu', inputs, { approximate: 'none' }),
    (g) => {
      const cumulative = mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))))
      const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
      return [mul(g, add(cumulative, mul(x, density)))]
    },
  )
}
