/** Reading and adding by index. Negative indices count from the end. */
import { multiplyDims, type Shape, sameShape } from '../shape.ts'
import { type Float, type Int, node, ShapeError } from '../tensor.ts'
import { broadcastInts, filled } from './constant.ts'
import { reshape, transpose, unsqueeze } from './layout.ts'
import { matmul } from './matmul.ts'
import { axisOf } from './reduce.ts'

/** Up to this many rows a gradient of `gather` is a product with a one-hot matrix: faster than scattering. */
const oneHotRows = 1024

/** The slices of x at these places of one axis: the axis is replaced by the indices' own shape. */
export function gather(x: Float, indices: Int, axis = 0): Float {
  const along = axisOf('gather', x, axis)
  const [before, after] = [x.shape.slice(0, along), x.shape.slice(along + 1)]
  return node(
    'gather',
    [x, indices],
    { dtype: 'float32', shape: [...before, ...indices.shape, ...after] },
    (emitter, inputs) => emitter.op('Gather', inputs, { axis: { int: along } }),
    (g) => {
      const count = multiplyDims(...indices.shape)
      const flat = reshape(g, [...before, count, ...after])
      const order = [along, ...flat.shape.map((_, i) => i).filter((i) => i !== along)]
      const rows = reshape(transpose(flat, order), [count, multiplyDims(...before, ...after)])
      const summed = scatterRows(rows, reshape(indices, [count]), x.shape[along])
      const back = order.map((_, i) => order.indexOf(i))
      return [transpose(reshape(summed, [x.shape[along], ...before, ...after]), back), undefined]
    },
  )
}

/** Rows added up by where they belong: row r of the result is the sum of the rows whose index is r. [n, width] -> [size, width] */
function scatterRows(rows: Float, indices: Int, size: Shape[number]): Float {
  if (typeof size === 'number' && size <= oneHotRows) return matmul(oneHot(indices, size), rows, { transposeA: true })
  // ScatterND with a reduction would take the rows as they are, but ONNX Runtime shares them out among threads, and two
  // rows of one index then race. ScatterElements adds one number after another.
  const { shape } = rows
  return scatterAdd(filled(0, [size, shape[1]]), broadcastInts(unsqueeze(indices, 1), shape), rows, 0)
}

/**
 * These rows of x [size, width], none of them named twice: [count, width]. The gradient then writes rows where `gather`'s
 * must add them up; a row named twice would keep only one of its gradients.
 */
export function gatherRows(x: Float, indices: Int): Float {
  if (x.shape.length !== 2 || indices.shape.length !== 1)
    throw new ShapeError('gatherRows', [x, indices], 'it takes a matrix and a line of indices')
  return node(
    'gatherRows',
    [x, indices],
    { dtype: 'float32', shape: [indices.shape[0], x.shape[1]] },
    (emitter, inputs) => emitter.op('Gather', inputs, { axis: { int: 0 } }),
    (g) => [placeRows(g, indices, x.shape[0]), undefined],
  )
}

/** The opposite of `gatherRows`: rows [count, width] at their places among zeros [size, width]. */
function placeRows(rows: Float, indices: Int, size: Shape[number]): Float {
  return node(
    'placeRows',
    [filled(0, [size, rows.shape[1]]), unsqueeze(indices, 1), rows],
    { dtype: 'float32', shape: [size, rows.shape[1]] },
    (emitter, inputs) => emitter.op('ScatterND', inputs),
    (g) => [undefined, undefined, gatherRows(g, indices)],
  )
}

/** y[i][j] = x[i][indices[i][j]] for axis 1, and likewise for any other: one value per index. */
export function gatherAlong(x: Float, indices: Int, axis = -1): Float {
  const along = axisOf('gatherAlong', x, axis)
  checkAlong('gatherAlong', x, indices, along)
  return node(
    'gatherAlong',
    [x, indices],
    { dtype: 'float32', shape: indices.shape },
    (emitter, inputs) => emitter.op('GatherElements', inputs, { axis: { int: along } }),
    (g) => [scatterAdd(filled(0, x.shape), indices, g, along), undefined],
  )
}

/** x with updates[i][j] added at x[i][indices[i][j]] for axis 1, and likewise for any other. */
export function scatterAdd(x: Float, indices: Int, updates: Float, axis = -1): Float {
  const along = axisOf('scatterAdd', x, axis)
  checkAlong('scatterAdd', x, indices, along)
  if (!sameShape(updates.shape, indices.shape))
    throw new ShapeError('scatterAdd', [x, indices, updates], 'there must be one update per index')
  return node(
    'scatterAdd',
    [x, indices, updates],
    x,
    (emitter, inputs) => emitter.op('ScatterElements', inputs, { axis: { int: along }, reduction: 'add' }),
    (g) => [g, undefined, gatherAlong(g, indices, along)],
  )
}

/** 1 at the index, 0 elsewhere, along a new last axis of this size. */
export function oneHot(indices: Int, size: number): Float {
  return node('oneHot', [indices], { dtype: 'float32', shape: [...indices.shape, size] }, (emitter, [value]) =>
    emitter.op('OneHot', [value, emitter.ints([size]), emitter.floats([0, 1], [2])], { axis: { int: -1 } }),
  )
}

function checkAlong(op: string, x: Float, indices: Int, axis: number): void {
  const fits =
    x.shape.length === indices.shape.length && x.shape.every((dim, i) => i === axis || dim === indices.shape[i])
  if (!fits) throw new ShapeError(op, [x, indices], `indices must have x's shape off axis ${axis}`)
}
