/** Two-dimensional convolution and its transpose, channels first. */
import { addDims, type Dim, divideDims } from '../shape.ts'
import { type Float, node, ShapeError } from '../tensor.ts'
import { withGradient } from './custom.ts'
import { slice, transpose } from './layout.ts'

export interface ConvolutionOptions {
  /** Step between places. Default 1. */
  readonly stride?: number
  /** Zeros added on every side. Default 0. */
  readonly padding?: number
}

/**
 * Cross-correlation. x: [batch, in, height, width]; kernel: [out, in, kh, kw]. Result height:
 * (height + 2 padding - kh) / stride + 1, rounded down. A stride above 1 needs heights and widths that are known.
 */
export function conv2d(x: Float, kernel: Float, options: ConvolutionOptions = {}): Float {
  const { stride = 1, padding = 0 } = options
  const [batch, channels, ...size] = checked('conv2d', x, kernel)
  if (kernel.shape[1] !== channels)
    throw new ShapeError('conv2d', [x, kernel], `the kernel reads ${kernel.shape[1]} channels`)
  const place = (axis: number): Dim => {
    const steps = addDims(size[axis], 2 * padding - Number(kernel.shape[axis + 2]))
    const whole = typeof steps === 'number' ? Math.floor(steps / stride) : divideDims(steps, stride)
    if (whole === undefined || (typeof whole === 'number' && whole < 0))
      throw new ShapeError('conv2d', [x, kernel], `axis ${axis + 2} has no whole number of places`)
    return addDims(whole, 1)
  }
  const shape = [batch, kernel.shape[0], place(0), place(1)]
  return node(
    'conv2d',
    [x, kernel],
    { dtype: 'float32', shape },
    (emitter, inputs) => emitter.op('Conv', inputs, attributes(stride, padding)),
    (g) => [
      transposed(g, kernel, { stride, padding, spare: spareOf(x, kernel, stride, padding) }),
      kernelGradient(x, g, kernel, stride, padding),
    ],
  )
}

/** Places that the last stride of conv2d does not reach, which its transpose must add back. */
function spareOf(x: Float, kernel: Float, stride: number, padding: number): number[] {
  return [2, 3].map((axis) => {
    const covered = addDims(x.shape[axis], 2 * padding - Number(kernel.shape[axis]))
    return typeof covered === 'number' ? covered % stride : 0
  })
}

/**
 * The transpose of `conv2d` as a linear map. x: [batch, in, height, width]; kernel: [in, out, kh, kw]. Result height:
 * (height - 1) stride - 2 padding + kh.
 */
export function convTranspose2d(x: Float, kernel: Float, options: ConvolutionOptions = {}): Float {
  const { stride = 1, padding = 0 } = options
  const [, channels] = checked('convTranspose2d', x, kernel)
  if (kernel.shape[0] !== channels)
    throw new ShapeError('convTranspose2d', [x, kernel], `the kernel reads ${kernel.shape[0]} channels`)
  return transposed(x, kernel, { stride, padding, spare: [0, 0] })
}

interface TransposedOptions {
  readonly stride: number
  readonly padding: number
  readonly spare: readonly number[]
}

function transposed(x: Float, kernel: Float, { stride, padding, spare }: TransposedOptions): Float {
  const size = [2, 3].map((axis) => {
    const steps = addDims(x.shape[axis], -1)
    const spread = typeof steps === 'number' ? steps * stride : stride === 1 ? steps : undefined
    if (spread === undefined) throw new ShapeError('convTranspose2d', [x, kernel], 'a stride needs known sizes')
    return addDims(spread, Number(kernel.shape[axis]) - 2 * padding + spare[axis - 2])
  })
  return node(
    'convTranspose2d',
    [x, kernel],
    { dtype: 'float32', shape: [x.shape[0], kernel.shape[1], ...size] },
    (emitter, inputs) => emitter.op('ConvTranspose', inputs, { ...attributes(stride, padding), output_padding: spare }),
    (g) => [conv2d(g, kernel, { stride, padding }), kernelGradient(g, x, kernel, stride, padding)],
  )
}

/** dL/dkernel of conv2d(x, kernel): a correlation of x with the gradient, channels and batch swapped, stride as dilation. */
function kernelGradient(x: Float, g: Float, kernel: Float, stride: number, padding: number): Float {
  const [read, written] = [transpose(x, [1, 0, 2, 3]), transpose(g, [1, 0, 2, 3])]
  const [kh, kw] = kernel.shape.slice(2).map(Number)
  const raw = node(
    'conv2d kernel gradient',
    [read, written],
    { dtype: 'float32', shape: [read.shape[0], written.shape[0], 'raw_height', 'raw_width'] },
    (emitter, inputs) =>
      emitter.op('Conv', inputs, { pads: [padding, padding, padding, padding], dilations: [stride, stride] }),
  )
  // Places beyond the last stride give extra rows and columns, which belong to no kernel entry.
  const cut = slice(slice(raw, 2, 0, kh), 3, 0, kw)
  // <v, it> = <g, conv2d(x, v)>: linear in x and in g.
  return withGradient('conv2d kernel gradient', transpose(cut, [1, 0, 2, 3]), [x, g], (v) => [
    transposed(g, v, { stride, padding, spare: spareOf(x, v, stride, padding) }),
    conv2d(x, v, { stride, padding }),
  ])
}

function attributes(stride: number, padding: number) {
  return { strides: [stride, stride], pads: [padding, padding, padding, padding] }
}

function checked(op: string, x: Float, kernel: Float) {
  if (x.shape.length !== 4 || kernel.shape.length !== 4 || kernel.shape.slice(2).some((dim) => typeof dim !== 'number'))
    throw new ShapeError(op, [x, kernel], 'expected [batch, channels, height, width] and a kernel of known size')
  return x.shape
}
