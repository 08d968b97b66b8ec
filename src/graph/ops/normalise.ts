/** RMSNorm (Zhang & Sennrich 2019) and LayerNorm (Ba et al. 2016) over the last axis. */
import type { Dim } from '../shape.ts'
import { type Float, manyNode, ShapeError, type Tensor } from '../tensor.ts'
import { add, div, mul, sub } from './arithmetic.ts'
import { withGradient } from './custom.ts'
import { reshape } from './layout.ts'
import { matmul } from './matmul.ts'
import { expand, mean, sizeOf, sumTo } from './reduce.ts'

/** x / √(mean(x²) + ε) · gain */
export function rmsNorm(x: Float, gain: Float, epsilon = 1e-5): Float {
  const width = lastAxis('rmsNorm', x, [gain])
  const outputs: readonly Float[] = manyNode(
    'rmsNorm',
    [x, gain],
    [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] },
    ],
    (emitter, inputs) =>
      emitter.op(
        'SimplifiedLayerNormalization',
        inputs,
        { axis: { int: -1 }, epsilon, stash_type: { int: 1 } },
        { outputs: 2 },
      ),
    ([, dInverse]) => [dInverse && inverseGradient(dInverse, x, outputs[1])],
  )
  const [y, inverse] = outputs
  return withGradient('rmsNorm', y, [x, gain], (g) => {
    // With t = g x and r = 1/√…: dgain = Σ_rows r t, dx = r gain g - x r³ mean(gain t). Both sums over t are products
    // with a vector, which read it once and write nothing of its size.
    const flat = (tensor: Float) => reshape(tensor, [-1, tensor.shape[tensor.shape.length - 1]])
    const t = flat(mul(g, x))
    const along = reshape(matmul(t, reshape(div(gain, sizeOf(width)), [width, 1])), inverse.shape)
    const cube = mul(inverse, mul(inverse, inverse))
    const dx = sub(mul(mul(g, gain), inverse), mul(x, mul(cube, along)))
    return [dx, reshape(matmul(flat(inverse), t, { transposeA: true }), [width])]
  })
}

/** (x - mean) / √(variance + ε) · gain + bias */
export function layerNorm(x: Float, gain: Float, bias: Float, epsilon = 1e-5): Float {
  const width = lastAxis('layerNorm', x, [gain, bias])
  const statistic = { dtype: 'float32', shape: [...x.shape.slice(0, -1), 1] } as const
  const outputs: readonly Float[] = manyNode(
    'layerNorm',
    [x, gain, bias],
    [{ dtype: 'float32', shape: x.shape }, statistic, statistic],
    (emitter, inputs) =>
      emitter.op('LayerNormalization', inputs, { axis: { int: -1 }, epsilon, stash_type: { int: 1 } }, { outputs: 3 }),
    ([, dCentre, dInverse]) => {
      const fromCentre = dCentre && expand(div(dCentre, sizeOf(width)), x.shape)
      const fromInverse = dInverse && inverseGradient(dInverse, sub(x, outputs[1]), outputs[2])
      return [fromCentre && fromInverse ? add(fromCentre, fromInverse) : (fromCentre ?? fromInverse)]
    },
  )
  const [y, centre, inverse] = outputs
  return withGradient('layerNorm', y, [x, gain, bias], (g) => {
    const normal = mul(sub(x, centre), inverse)
    const scaled = mul(g, gain)
    const along = mul(normal, mean(mul(scaled, normal), -1, true))
    const dx = mul(inverse, sub(sub(scaled, mean(scaled, -1, true)), along))
    return [dx, sumTo(mul(g, normal), [width]), sumTo(g, [width])]
  })
}

/** Through 1 / √(mean(c²) + ε), c the (centred) input. Only gradients of gradients come this way. */
function inverseGradient(dInverse: Float, c: Float, inverse: Float): Float {
  return mul(div(mul(dInverse, mul(-1, mul(inverse, mul(inverse, inverse)))), sizeOf(c.shape[c.shape.length - 1])), c)
}

function lastAxis(op: string, x: Tensor, parameters: readonly Tensor[]): Dim {
  const width = x.shape.at(-1)
  if (width === undefined) throw new ShapeError(op, [x], 'it needs at least one axis')
  if (parameters.some((each) => each.shape.length !== 1 || each.shape[0] !== width))
    throw new ShapeError(op, [x, ...parameters], `gain and bias must have the last axis's size, ${width}`)
  return width
}
