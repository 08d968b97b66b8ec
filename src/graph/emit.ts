/** From nodes to an ONNX graph: names, constants (each written once), and shapes computed at run time where needed. */
import { GuerdonError } from '../data/error.ts'
import type { Attribute, OnnxInitializer, OnnxNode, OnnxValue } from './onnx.ts'
import { type Dim, type Shape, termsOf } from './shape.ts'
import { type Node, type Tensor, userLine } from './tensor.ts'

export interface EmitOptions {
  readonly domain?: string
  readonly outputs?: number
}

/** What a node writes itself with. */
export interface Emitter {
  /** Adds an ONNX operator; gives the names of its outputs. */
  op(
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: EmitOptions,
  ): readonly string[]
  floats(data: readonly number[] | Float32Array, dims: readonly number[]): string
  ints(data: readonly number[], dims?: readonly number[]): string
  /** A constant of unsigned bytes. */
  bytes(data: Uint8Array, dims: readonly number[]): string
  /** A float scalar (no axes), so that it broadcasts without adding any. */
  scalar(value: number): string
  /** An int64 vector holding a shape; constant where it can be. */
  shape(shape: Shape): string
}

/** Where the size of a named dimension can be read at run time: an input's axis whose size is it, `factor` times. */
export type DimSources = ReadonlyMap<string, { readonly input: string; readonly axis: number; readonly factor: number }>

export interface Emission {
  readonly nodes: OnnxNode[]
  readonly initializers: OnnxInitializer[]
  /** The shapes of the values that ONNX nodes hand on: without them ONNX Runtime plans no reuse of their memory. */
  readonly values: readonly OnnxValue[]
  /** The node of this program that each ONNX node came from. */
  readonly origins: ReadonlyMap<string, Node>
  /** The ONNX name of a tensor's value. */
  nameOf(tensor: Tensor): string
}

/** Writes the nodes, which come in topological order. */
export function emitNodes(order: readonly Node[], sources: DimSources): Emission {
  const nodes: OnnxNode[] = []
  const initializers: OnnxInitializer[] = []
  const origins = new Map<string, Node>()
  const names = new Map<Node, readonly string[]>()
  const constants = new Map<string, string>()
  const dims = new Map<Dim, string>()
  const values = new Map<string, OnnxValue>()
  let current: Node | undefined
  let serial = 0

  const nameOf = (tensor: Tensor): string => {
    const { node } = tensor
    const name = node.of === undefined ? names.get(node)?.[0] : names.get(node.of.node)?.[node.of.index]
    if (name === undefined) throw new Error(`${node.op} is used before it is written`)
    if (!values.has(name)) values.set(name, { name, dtype: tensor.dtype, shape: tensor.shape })
    return name
  }

  const constant = (dtype: OnnxInitializer['dtype'], dimensions: readonly number[], bytes: Uint8Array): string => {
    const key = bytes.length <= 64 ? `${dtype}:${dimensions.join()}:${bytes.join()}` : `#${serial++}`
    let name = constants.get(key)
    if (name === undefined) {
      name = `constant_${initializers.length}`
      initializers.push({ name, dtype, dims: dimensions, bytes })
      constants.set(key, name)
    }
    return name
  }
  const bytesOf = (array: Float32Array | BigInt64Array) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

  /** A one-element int64 vector with a dimension's size. */
  const dimension = (dim: Dim): string => {
    if (typeof dim === 'number') return emitter.ints([dim])
    const known = dims.get(dim)
    if (known !== undefined) return known
    let total: string | undefined
    for (const [coefficient, symbols] of termsOf(dim)) {
      let product = coefficient === 1 && symbols.length > 0 ? undefined : emitter.ints([coefficient])
      for (const symbol of symbols) {
        const size = symbolSize(symbol)
        product = product === undefined ? size : emitter.op('Mul', [product, size])[0]
      }
      if (product !== undefined) total = total === undefined ? product : emitter.op('Add', [total, product])[0]
    }
    const name = total ?? emitter.ints([0])
    dims.set(dim, name)
    return name
  }
  const symbolSize = (symbol: string): string => {
    const known = dims.get(symbol)
    if (known !== undefined) return known
    const source = sources.get(symbol)
    if (source === undefined)
      throw new GuerdonError(
        `${current?.op ?? 'shape'}: no input of the program gives the size of dimension '${symbol}'`,
        {
          ...(current === undefined ? {} : { where: userLine(current.built) }),
          fix: `give one input a shape in which '${symbol}', or a multiple of it, stands alone on an axis`,
        },
      )
    const [size] = emitter.op('Shape', [source.input], {
      start: { int: source.axis },
      end: { int: source.axis + 1 },
    })
    const name = source.factor === 1 ? size : emitter.op('Div', [size, emitter.ints([source.factor])])[0]
    dims.set(symbol, name)
    return name
  }

  const emitter: Emitter = {
    op(type, inputs, attributes = {}, { domain = '', outputs = 1 } = {}) {
      const name = `${current?.op ?? 'shape'}_${nodes.length}`
      const outs = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}.${i}`))
      nodes.push({ type, domain, name, inputs, outputs: outs, attributes })
      if (current !== undefined) origins.set(name, current)
      return outs
    },
    floats: (data, dimensions) => constant('float32', dimensions, bytesOf(Float32Array.from(data))),
    ints: (data, dimensions = [data.length]) =>
      constant('int64', dimensions, bytesOf(BigInt64Array.from(data, (value) => BigInt(value)))),
    bytes: (data, dimensions) => constant('uint8', dimensions, data),
    scalar: (value) => constant('float32', [], bytesOf(Float32Array.of(value))),
    shape(shape) {
      const fixed = shape.filter((dim) => typeof dim === 'number')
      if (fixed.length === shape.length) return emitter.ints(fixed)
      if (shape.length === 1) return dimension(shape[0])
      return emitter.op('Concat', shape.map(dimension), { axis: { int: 0 } })[0]
    },
  }

  for (const node of order) {
    current = node
    names.set(node, node.inputName === undefined ? node.emit(emitter, node.inputs.map(nameOf)) : [node.inputName])
  }
  const written = new Set(nodes.flatMap(({ outputs }) => outputs))
  return { nodes, initializers, values: [...values.values()].filter(({ name }) => written.has(name)), origins, nameOf }
}
