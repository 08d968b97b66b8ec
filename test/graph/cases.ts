/** The differentiable operations, each with shapes and numbers to try it on: what the gradient tests run through. */
import type { Random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'

/** One operation under test: its named dimensions' sizes vary with the seed. */
export interface Case {
  readonly name: string
  /** Shapes of the float inputs. */
  readonly shapes: readonly g.Shape[]
  /** Whole-number inputs: shape and greatest value (exclusive). */
  readonly indices?: readonly { readonly shape: g.Shape; readonly below: number }[]
  /** Draws a number that stays clear of the operation's kinks and poles. */
  readonly draw?: (rng: Random) => number
  /** Inputs that gradients flow to; all by default. */
  readonly differentiable?: readonly number[]
  readonly apply: (floats: readonly g.Float[], ints: readonly g.Int[]) => g.Float | readonly g.Float[]
}

const positive = (rng: Random) => 0.5 + rng.next()
/** Well apart from 0 and from each other. */
const apart = (rng: Random) => (rng.int(0, 1) === 0 ? -1 : 1) * (0.2 + rng.int(0, 1000) / 500)
const angles = (rng: Random) => rng.next() * 2 - 1
export const B = 'batch'
export const T = 'length'

export const cases: readonly Case[] = [
  { name: 'add', shapes: [[B, 3], [3]], apply: ([a, b]) => g.add(a, b) },
  {
    name: 'add a column',
    shapes: [
      [B, 3],
      [B, 1],
    ],
    apply: ([a, b]) => g.add(a, b),
  },
  { name: 'sub', shapes: [[3], [B, 3]], apply: ([a, b]) => g.sub(a, b) },
  {
    name: 'mul',
    shapes: [
      [B, T, 2],
      [T, 1],
    ],
    apply: ([a, b]) => g.mul(a, b),
  },
  { name: 'div', shapes: [[B, 3], [3]], draw: positive, apply: ([a, b]) => g.div(a, b) },
  { name: 'square of a shared operand', shapes: [[B, 2]], apply: ([a]) => g.mul(g.square(a), a) },
  { name: 'minimum', shapes: [[B, 3], [3]], draw: apart, apply: ([a, b]) => g.minimum(a, b) },
  { name: 'maximum', shapes: [[B, 3], []], draw: apart, apply: ([a, b]) => g.maximum(a, b) },
  { name: 'neg', shapes: [[B]], apply: ([a]) => g.neg(a) },
  { name: 'exp', shapes: [[B, 2]], apply: ([a]) => g.exp(a) },
  { name: 'log', shapes: [[B, 2]], draw: positive, apply: ([a]) => g.log(a) },
  { name: 'sqrt', shapes: [[B, 2]], draw: positive, apply: ([a]) => g.sqrt(a) },
  { name: 'tanh', shapes: [[B, 2]], apply: ([a]) => g.tanh(a) },
  { name: 'sigmoid', shapes: [[B, 2]], apply: ([a]) => g.sigmoid(a) },
  { name: 'logSigmoid', shapes: [[B, 2]], apply: ([a]) => g.logSigmoid(a) },
  { name: 'fastSigmoid', shapes: [[B, 2]], apply: ([a]) => g.fastSigmoid(a) },
  { name: 'silu', shapes: [[B, 3]], apply: ([a]) => g.silu(a) },
  { name: 'gelu', shapes: [[B, 3]], apply: ([a]) => g.gelu(a) },
  { name: 'relu', shapes: [[B, 3]], draw: apart, apply: ([a]) => g.relu(a) },
  { name: 'abs', shapes: [[B, 3]], draw: apart, apply: ([a]) => g.abs(a) },
  { name: 'sin', shapes: [[B, 3]], apply: ([a]) => g.sin(a) },
  { name: 'cos', shapes: [[B, 3]], apply: ([a]) => g.cos(a) },
  { name: 'erf', shapes: [[B, 3]], apply: ([a]) => g.erf(a) },
  {
    name: 'where with a comparison',
    shapes: [[B, 3], [3], [B, 1]],
    draw: apart,
    apply: ([a, b, c]) => g.where(g.and(g.greater(a, 0), g.not(g.less(b, 0))), g.mul(a, b), c),
  },
  { name: 'softmax', shapes: [[B, T]], apply: ([a]) => g.softmax(a) },
  { name: 'softmax over the middle', shapes: [[B, 3, 2]], apply: ([a]) => g.softmax(a, 1) },
  { name: 'logSoftmax', shapes: [[B, 4]], apply: ([a]) => g.logSoftmax(a) },
  { name: 'sum of everything', shapes: [[B, T, 2]], apply: ([a]) => g.sum(g.square(a)) },
  { name: 'sum over an axis', shapes: [[B, T, 2]], apply: ([a]) => g.square(g.sum(a, 1)) },
  { name: 'mean over named axes', shapes: [[B, T, 2]], apply: ([a]) => g.square(g.mean(a, [0, 1])) },
  { name: 'mean kept', shapes: [[B, 3]], apply: ([a]) => g.mul(a, g.mean(a, -1, true)) },
  {
    name: 'max',
    shapes: [[B, 5]],
    draw: (rng) => rng.next() * 0.4,
    apply: ([a]) => g.square(g.max(g.add(a, g.constant([0, 3, 1, 4, 2], [5])), -1)),
  },
  { name: 'cumulativeSum', shapes: [[B, T]], apply: ([a]) => g.square(g.cumulativeSum(a, 1)) },
  {
    name: 'cumulativeSum reversed',
    shapes: [[B, 3]],
    apply: ([a]) => g.square(g.cumulativeSum(a, 0, { reverse: true })),
  },
  { name: 'expand', shapes: [[1, 3]], apply: ([a]) => g.square(g.expand(a, [4, 3])) },
  {
    name: 'matmul',
    shapes: [
      [B, 3],
      [3, 4],
    ],
    apply: ([a, b]) => g.matmul(a, b),
  },
  {
    name: 'matmul of a stack by a matrix',
    shapes: [
      [B, T, 3],
      [3, 2],
    ],
    apply: ([a, b]) => g.matmul(a, b),
  },
  {
    name: 'matmul batched',
    shapes: [
      [B, 2, 3],
      [B, 3, 2],
    ],
    apply: ([a, b]) => g.matmul(a, b),
  },
  {
    name: 'matmul broadcast',
    shapes: [
      [B, 1, T, 3],
      [2, 3, 2],
    ],
    apply: ([a, b]) => g.matmul(a, b),
  },
  {
    name: 'matmul a transposed',
    shapes: [
      [B, 3, T],
      [B, 3, 2],
    ],
    apply: ([a, b]) => g.matmul(a, b, { transposeA: true }),
  },
  {
    name: 'matmul b transposed, scaled',
    shapes: [
      [B, T, 3],
      [2, 3],
    ],
    apply: ([a, b]) => g.matmul(a, b, { transposeB: true, scale: 0.3 }),
  },
  {
    name: 'matmul both transposed, scaled',
    shapes: [
      [B, 3, T],
      [B, 2, 3],
    ],
    apply: ([a, b]) => g.matmul(a, b, { transposeA: true, transposeB: true, scale: -2 }),
  },
  { name: 'rmsNorm', shapes: [[B, T, 5], [5]], apply: ([x, w]) => g.rmsNorm(x, w) },
  { name: 'layerNorm', shapes: [[B, 5], [5], [5]], apply: ([x, w, b]) => g.layerNorm(x, w, b) },
  {
    name: 'rotary',
    shapes: [
      [B, 2, 3, 4],
      [6, 2],
      [6, 2],
    ],
    indices: [{ shape: [B, 3], below: 6 }],
    differentiable: [0],
    draw: angles,
    apply: ([x, c, s], [at]) => g.rotary(x, at, c, s),
  },
  { name: 'reshape', shapes: [[B, T, 4]], apply: ([a]) => g.square(g.reshape(a, [B, T, 2, 2])) },
  { name: 'reshape to one inferred axis', shapes: [[B, T, 4]], apply: ([a]) => g.square(g.reshape(a, [-1, 4])) },
  { name: 'transpose', shapes: [[B, T, 2]], apply: ([a]) => g.square(g.transpose(a, [2, 0, 1])) },
  { name: 'slice', shapes: [[B, 5]], apply: ([a]) => g.square(g.slice(a, 1, 1, 4)) },
  { name: 'slice from a named axis', shapes: [[T, 2]], apply: ([a]) => g.square(g.slice(a, 0, 1)) },
  { name: 'slice counted from the end', shapes: [[T, 2]], apply: ([a]) => g.square(g.slice(a, 0, 0, -1)) },
  {
    name: 'concat',
    shapes: [
      [B, 2],
      [B, 3],
    ],
    apply: ([a, b]) => g.square(g.concat([a, b], 1)),
  },
  {
    name: 'concat of named axes',
    shapes: [
      [B, 2],
      [T, 2],
    ],
    apply: ([a, b]) => g.square(g.concat([a, b], 0)),
  },
  { name: 'split', shapes: [[B, 5]], apply: ([a]) => g.split(a, 1, [2, 3]).map((piece) => g.square(piece)) },
  { name: 'split, one piece unused', shapes: [[B, 5]], apply: ([a]) => g.square(g.split(a, -1, [2, 3])[1]) },
  {
    name: 'gather rows',
    shapes: [[6, 3]],
    indices: [{ shape: [B, T], below: 6 }],
    apply: ([a], [at]) => g.square(g.gather(a, at)),
  },
  {
    name: 'rows of which none is named twice',
    shapes: [[T, 3]],
    apply: ([a]) => g.square(g.gatherRows(a, g.iota(T))),
  },
  {
    name: 'slice up to a named size',
    shapes: [
      [B, 2],
      [T, 2],
    ],
    apply: ([a, b]) => g.mul(a, g.slice(g.concat([g.square(a), b], 0), 0, 0, B)),
  },
  {
    name: 'gather rows of a large table',
    shapes: [[1100, 2]],
    indices: [{ shape: [B], below: 1100 }],
    apply: ([a], [at]) => g.square(g.gather(a, at)),
  },
  {
    name: 'gather columns',
    shapes: [[B, 4, 2]],
    indices: [{ shape: [3], below: 4 }],
    apply: ([a], [at]) => g.square(g.gather(a, at, 1)),
  },
  {
    name: 'gatherAlong',
    shapes: [[B, 4]],
    indices: [{ shape: [B, 3], below: 4 }],
    apply: ([a], [at]) => g.square(g.gatherAlong(a, at)),
  },
  {
    name: 'scatterAdd',
    shapes: [
      [B, 4],
      [B, 3],
    ],
    indices: [{ shape: [B, 3], below: 4 }],
    apply: ([a, u], [at]) => g.square(g.scatterAdd(a, at, u)),
  },
  {
    name: 'oneHot',
    shapes: [[B, 4]],
    indices: [{ shape: [B], below: 4 }],
    apply: ([a], [at]) => g.square(g.mul(a, g.oneHot(at, 4))),
  },
  {
    name: 'conv2d',
    shapes: [
      [B, 2, 5, 4],
      [3, 2, 3, 2],
    ],
    apply: ([x, k]) => g.conv2d(x, k),
  },
  {
    name: 'conv2d with stride and padding',
    shapes: [
      [B, 2, 6, 5],
      [2, 2, 3, 3],
    ],
    apply: ([x, k]) => g.conv2d(x, k, { stride: 2, padding: 1 }),
  },
  {
    name: 'conv2d of a named size',
    shapes: [
      [2, 1, T, T],
      [2, 1, 2, 2],
    ],
    apply: ([x, k]) => g.conv2d(x, k),
  },
  {
    name: 'convTranspose2d',
    shapes: [
      [B, 2, 3, 3],
      [2, 3, 2, 2],
    ],
    apply: ([x, k]) => g.convTranspose2d(x, k),
  },
  {
    name: 'convTranspose2d with stride and padding',
    shapes: [
      [B, 2, 3, 4],
      [2, 1, 3, 3],
    ],
    apply: ([x, k]) => g.convTranspose2d(x, k, { stride: 2, padding: 1 }),
  },
  {
    name: 'stopGradient',
    shapes: [
      [B, 3],
      [B, 3],
    ],
    differentiable: [0],
    apply: ([a, b]) => g.mul(a, g.stopGradient(b)),
  },
  {
    name: 'withGradient',
    shapes: [[B, 3]],
    apply: ([a]) => g.withGradient('cube', g.mul(a, g.mul(a, a)), [a], (d) => [g.mul(d, g.mul(3, g.mul(a, a)))]),
  },
]
