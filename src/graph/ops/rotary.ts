/** Rotary position embedding (Su et al. 2021), in the half-split layout of LLaMA: pairs (i, i + size/2). */
import { type Float, type Int, node, ShapeError } from '../tensor.ts'
import { neg } from './arithmetic.ts'

/**
 * Turns each pair of each head by its position's angle: (a, b) -> (a cos - b sin, b cos + a sin).
 * x: [batch, heads, length, size]; positions: [batch, length]; cosines and sines: [context, size / 2].
 * The gradient is the turn back; none flows to the tables.
 */
export function rotary(x: Float, positions: Int, cosines: Float, sines: Float): Float {
  const half = cosines.shape[1]
  if (x.shape.length !== 4 || typeof half !== 'number' || x.shape[3] !== 2 * half)
    throw new ShapeError(
      'rotary',
      [x, positions, cosines, sines],
      'expected [batch, heads, length, size], size/2 angles',
    )
  return node(
    'rotary',
    [x, positions, cosines, sines],
    x,
    (emitter, inputs) => emitter.op('RotaryEmbedding', inputs, {}, { domain: 'com.microsoft' }),
    (g) => [rotary(g, positions, cosines, neg(sines)), undefined, undefined, undefined],
  )
}
