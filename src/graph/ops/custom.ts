/** A value with a gradient of one's own: for compositions whose derivative is shorter than the chain rule makes it. */
import { type Float, node } from '../tensor.ts'

/**
 * `value`, as a function of `inputs` alone: gradients go through `backward` (one per input) instead of through what
 * `value` was built from.
 */
export function withGradient(
  op: string,
  value: Float,
  inputs: readonly Float[],
  backward: (gradient: Float) => readonly (Float | undefined)[],
): Float {
  return node(
    op,
    [value, ...inputs],
    value,
    (_, [name]) => [name],
    (gradient) => [undefined, ...backward(gradient)],
  )
}
