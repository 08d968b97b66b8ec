/** ONNX's own form of a graph: the few protobuf messages a program needs (onnx.proto, IR version 10). */
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { Dim } from './shape.ts'
import type { DType } from './tensor.ts'

export type Attribute = number | string | { readonly int: number } | readonly number[]

export interface OnnxNode {
  readonly type: string
  readonly domain: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export interface OnnxValue {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly Dim[]
}

export interface OnnxInitializer {
  readonly name: string
  readonly dtype: DType | 'uint8'
  readonly dims: readonly number[]
  readonly bytes: Uint8Array
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly OnnxInitializer[]
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** What is known of the values between. */
  readonly values: readonly OnnxValue[]
}

/** TensorProto.DataType */
const elementTypes: Readonly<Record<OnnxInitializer['dtype'], number>> = { float32: 1, uint8: 2, int64: 7, bool: 9 }
const opset = 21
const irVersion = 10

/** The bytes of a ModelProto. */
export function encodeModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter()
  writer.uint32((1 << 3) | 0).int64(irVersion)
  writer.uint32((2 << 3) | 2).string('guerdon')
  writer.uint32((7 << 3) | 2).fork()
  for (const node of graph.nodes) writeNode(writer, node)
  writer.uint32((2 << 3) | 2).string('guerdon')
  for (const initializer of graph.initializers) writeInitializer(writer, initializer)
  for (const input of graph.inputs) writeValue(writer, 11, input)
  for (const output of graph.outputs) writeValue(writer, 12, output)
  for (const value of graph.values) writeValue(writer, 13, value)
  writer.join()
  for (const [domain, version] of [
    ['', opset],
    ['com.microsoft', 1],
  ] as const) {
    writer.uint32((8 << 3) | 2).fork()
    writer.uint32((1 << 3) | 2).string(domain)
    writer.uint32((2 << 3) | 0).int64(version)
    writer.join()
  }
  return writer.finish()
}

function writeNode(writer: BinaryWriter, node: OnnxNode): void {
  writer.uint32((1 << 3) | 2).fork()
  for (const input of node.inputs) writer.uint32((1 << 3) | 2).string(input)
  for (const output of node.outputs) writer.uint32((2 << 3) | 2).string(output)
  writer.uint32((3 << 3) | 2).string(node.name)
  writer.uint32((4 << 3) | 2).string(node.type)
  for (const [name, value] of Object.entries(node.attributes)) {
    writer.uint32((5 << 3) | 2).fork()
    writer.uint32((1 << 3) | 2).string(name)
    writeAttribute(writer, value)
    writer.join()
  }
  if (node.domain !== '') writer.uint32((7 << 3) | 2).string(node.domain)
  writer.join()
}

/** Numbers are floats, { int } and lists are integers: what the operators used here need. */
function writeAttribute(writer: BinaryWriter, value: Attribute): void {
  const type = (code: number) => writer.uint32((20 << 3) | 0).int32(code)
  if (typeof value === 'number') {
    writer.uint32((2 << 3) | 5).float(value)
    type(1)
  } else if (typeof value === 'string') {
    writer.uint32((4 << 3) | 2).string(value)
    type(3)
  } else if ('int' in value) {
    writer.uint32((3 << 3) | 0).int64(value.int)
    type(2)
  } else {
    for (const item of value) writer.uint32((8 << 3) | 0).int64(item)
    type(7)
  }
}

function writeInitializer(writer: BinaryWriter, initializer: OnnxInitializer): void {
  writer.uint32((5 << 3) | 2).fork()
  for (const dim of initializer.dims) writer.uint32((1 << 3) | 0).int64(dim)
  writer.uint32((2 << 3) | 0).int32(elementTypes[initializer.dtype])
  writer.uint32((8 << 3) | 2).string(initializer.name)
  writer.uint32((9 << 3) | 2).bytes(initializer.bytes)
  writer.join()
}

function writeValue(writer: BinaryWriter, field: number, value: OnnxValue): void {
  writer.uint32((field << 3) | 2).fork()
  writer.uint32((1 << 3) | 2).string(value.name)
  writer.uint32((2 << 3) | 2).fork()
  writer.uint32((1 << 3) | 2).fork()
  writer.uint32((1 << 3) | 0).int32(elementTypes[value.dtype])
  writer.uint32((2 << 3) | 2).fork()
  for (const dim of value.shape) {
    writer.uint32((1 << 3) | 2).fork()
    if (typeof dim === 'number') writer.uint32((1 << 3) | 0).int64(dim)
    else writer.uint32((2 << 3) | 2).string(dim)
    writer.join()
  }
  writer.join().join().join().join()
}
