/**
 * Tensors of a program that is being built: no numbers yet, only what they come from. Every operation makes a Node
 * that knows how to write itself as ONNX and how gradients flow back through it.
 */
import { GuerdonError } from '../data/error.ts'
import type { Emitter } from './emit.ts'
import { type Shape, shapeText } from './shape.ts'

export type DType = 'float32' | 'int64' | 'bool'

/** A value of a program: its element type, its shape, and the node it comes out of. */
export interface Tensor<T extends DType = DType> {
  readonly dtype: T
  readonly shape: Shape
  readonly node: Node
}

export type Float = Tensor<'float32'>
export type Int = Tensor<'int64'>
export type Bool = Tensor<'bool'>

/** One application of an operation. */
export interface Node {
  /** The operation's name as its user wrote it. */
  readonly op: string
  readonly inputs: readonly Tensor[]
  /** Holds the stack of the call that built it, unread until an error needs it. */
  readonly built: Error
  /** Writes ONNX nodes; gets the names of its inputs and gives those of its outputs. */
  emit(emitter: Emitter, inputs: readonly string[]): readonly string[]
  /** One gradient per input from one gradient per output; undefined: no gradient flows there. */
  backward?(outputs: readonly (Float | undefined)[]): readonly (Float | undefined)[]
  /** Set on a program's inputs. */
  readonly inputName?: string
  /** Which of a many-output node's outputs a tensor is. */
  readonly of?: { readonly node: Node; readonly index: number }
}

/** Raised while a program is built: the operation, its operands' shapes and the line that asked for it. */
export class ShapeError extends GuerdonError {
  constructor(op: string, operands: readonly Tensor[], rule: string) {
    const shapes = operands.map((operand) => `${operand.dtype}${shapeText(operand.shape)}`).join(', ')
    const site = userLine(new Error('site'))
    super(`${op}(${shapes}): ${rule}`, site === undefined ? {} : { where: site })
    this.name = 'ShapeError'
  }
}

const captureDepth = 12

/** A node with one output. */
export function node<T extends DType>(
  op: string,
  inputs: readonly Tensor[],
  output: { readonly dtype: T; readonly shape: Shape },
  emit: Node['emit'],
  backward?: (gradient: Float) => readonly (Float | undefined)[],
  extra: { readonly inputName?: string } = {},
): Tensor<T> {
  const made: Node = {
    op,
    inputs,
    built: capture(),
    emit,
    ...(backward === undefined
      ? {}
      : { backward: ([gradient]) => (gradient === undefined ? inputs.map(() => undefined) : backward(gradient)) }),
    ...extra,
  }
  return { dtype: output.dtype, shape: output.shape, node: made }
}

/** What one output of a node is. */
export interface OutputSpec<T extends DType = DType> {
  readonly dtype: T
  readonly shape: Shape
}

/** A node with several outputs: one tensor for each. */
export function manyNode<const O extends readonly OutputSpec[]>(
  op: string,
  inputs: readonly Tensor[],
  outputs: O,
  emit: Node['emit'],
  backward?: Node['backward'],
): { readonly [K in keyof O]: Tensor<O[K]['dtype']> } {
  const made: Node = { op, inputs, built: capture(), emit, ...(backward === undefined ? {} : { backward }) }
  const tensors = outputs.map((output, index) => ({
    dtype: output.dtype,
    shape: output.shape,
    node: { op, inputs: [], built: made.built, emit: () => [], of: { node: made, index } },
  }))
  // map keeps the list's length and order, which its type forgets.
  return tensors as { readonly [K in keyof O]: Tensor<O[K]['dtype']> }
}

function capture(): Error {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = captureDepth
  const held = new Error('built here')
  Error.stackTraceLimit = before
  return held
}

/** file:line:column of the first frame outside this room: the line of the user's code. */
export function userLine(error: Error): string | undefined {
  for (const frame of (error.stack ?? '').split('\n').slice(1)) {
    if (/[\\/](src|dist)[\\/]graph[\\/]|node:internal/.test(frame)) continue
    const place = /\(?((?:file:|[/\\]|\w:).*:\d+:\d+)\)?$/.exec(frame)
    if (place !== null) return place[1].replace(/^file:\/\//, '')
  }
  return undefined
}
