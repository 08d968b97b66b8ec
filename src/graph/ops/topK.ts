/** The greatest values along the last axis. */
import { type Float, type Int, manyNode, ShapeError } from '../tensor.ts'

/** The k greatest values of each row, greatest first, and their places. No gradient flows. */
export function topK(x: Float, k: number): { readonly values: Float; readonly indices: Int } {
  const width = x.shape.at(-1)
  if (width === undefined || (typeof width === 'number' && width < k))
    throw new ShapeError('topK', [x], `a row has no ${k} values`)
  const shape = [...x.shape.slice(0, -1), k]
  const [values, indices] = manyNode(
    'topK',
    [x],
    [
      { dtype: 'float32', shape },
      { dtype: 'int64', shape },
    ],
    (emitter, [value]) => emitter.op('TopK', [value, emitter.ints([k])], { axis: { int: -1 } }, { outputs: 2 }),
  )
  return { values, indices }
}
