/**
 * A compiled program: one ONNX Runtime session that serves every size of its named dimensions. Compile once, run for
 * any batch and length; `onnx()` is the same program as the bytes of a standard .onnx file.
 */
import { availableParallelism } from 'node:os'
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common'
import { GuerdonError, messageOf } from '../data/error.ts'
import { type Device, deviceError, executionProviders } from './device.ts'
import { emitNodes } from './emit.ts'
import { encodeModel } from './onnx.ts'
import { loadRuntime } from './runtime.ts'
import { evaluateDim, isDim, isName, multipleOf, type Shape, shapeText } from './shape.ts'
import { type DType, type Node, node, ShapeError, type Tensor, userLine } from './tensor.ts'

/** The array that carries a dtype's numbers. */
export type ArrayOf<T extends DType> = T extends 'float32'
  ? Float32Array
  : T extends 'int64'
    ? BigInt64Array
    : Uint8Array

/** Numbers with their sizes. */
export interface Value<T extends DType = DType> {
  readonly data: ArrayOf<T>
  readonly dims: readonly number[]
}

type ValueOf<T extends Tensor> = T extends Tensor<infer D> ? Value<D> : never

export interface Program<
  I extends Readonly<Record<string, Tensor>> = Readonly<Record<string, Tensor>>,
  O extends Readonly<Record<string, Tensor>> = Readonly<Record<string, Tensor>>,
> {
  /** Runs the program. Each input's sizes must fit its shape and agree on every named dimension. */
  run(inputs: { readonly [K in keyof I]: ValueOf<I[K]> }): Promise<{ [K in keyof O]: ValueOf<O[K]> }>
  /** The program as a .onnx file. */
  onnx(): Uint8Array<ArrayBuffer>
  /** Frees the session. */
  close(): Promise<void>
}

export interface CompileOptions<C extends string = string> {
  /** Threads inside an operator. Default: the machine's cores. */
  readonly threads?: number
  /** Where it runs. Default 'cpu'. */
  readonly device?: Device
  /** Named float inputs fixed to these numbers: packed once, not at every run, and not to be given to it. */
  readonly constants?: Readonly<Record<C, Value<'float32'>>>
  /** Writes a trace of each operator's time to `<prefix>_<date>.json` when the program is closed. */
  readonly profile?: string
}

/**
 * A named input of a program. Named dimensions in its shape are bound at each run; names are identifiers, and sums and
 * products of them are written as addDims and multiplyDims give them.
 */
export function input<T extends DType>(name: string, dtype: T, shape: Shape): Tensor<T> {
  for (const dim of shape)
    if (!isDim(dim))
      throw new ShapeError(
        `input '${name}'`,
        [],
        `'${dim}' is no size, no name and nothing that addDims or multiplyDims gives`,
      )
  return node('input', [], { dtype, shape }, () => [name], undefined, { inputName: name })
}

/** Compiles the outputs, as functions of the inputs. Throws where an input is used that is not listed. */
export async function compile<
  const I extends Readonly<Record<string, Tensor>>,
  const O extends Readonly<Record<string, Tensor>>,
  const C extends string = never,
>(inputs: I, outputs: O, options: CompileOptions<C> = {}): Promise<Program<Omit<I, C>, O>> {
  const order = topologicalOrder(Object.values(outputs))
  checkInputs(order, inputs)
  const constants: Readonly<Record<string, Value<'float32'>>> = options.constants ?? {}
  const fed = Object.entries(inputs).filter(([name]) => !(name in constants))
  const fixedSizes = bindAll(checkConstants(constants, inputs), constants, new Map())
  const sources = new Map<string, { input: string; axis: number; factor: number }>()
  for (const [input, tensor] of Object.entries(inputs))
    tensor.shape.forEach((dim, axis) => {
      const multiple = multipleOf(dim)
      if (multiple !== undefined && !sources.has(multiple.name))
        sources.set(multiple.name, { input, axis, factor: multiple.factor })
    })
  const emission = emitNodes(order, sources)
  const outputNodes = Object.entries(outputs).map(([name, tensor]) => ({
    type: 'Identity',
    domain: '',
    name: `output_${name}`,
    inputs: [emission.nameOf(tensor)],
    outputs: [outputName(name)],
    attributes: {},
  }))
  const model = () =>
    encodeModel({
      nodes: [...emission.nodes, ...outputNodes],
      initializers: [
        ...emission.initializers,
        ...Object.entries(constants).map(([name, value]) => ({
          name,
          dtype: 'float32' as const,
          dims: value.dims,
          bytes: new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength),
        })),
      ],
      inputs: fed.map(([name, tensor]) => ({ name, dtype: tensor.dtype, shape: tensor.shape })),
      outputs: Object.entries(outputs).map(([name, tensor]) => ({
        name: outputName(name),
        dtype: tensor.dtype,
        shape: tensor.shape,
      })),
      values: emission.values,
    })

  const ort = await loadRuntime()
  const session = await ort.InferenceSession.create(model(), sessionOptions(options)).catch((thrown: unknown) => {
    const { device = 'cpu' } = options
    throw device === 'cpu' ? explain('compiling', thrown, emission.origins) : deviceError(device, thrown)
  })
  const outputNames = Object.keys(outputs)

  return {
    async run(given) {
      const values: Readonly<Record<string, Value | undefined>> = given
      const fixed = Object.keys(constants).find((name) => name in values)
      if (fixed !== undefined) throw new GuerdonError(`input '${fixed}' was fixed when the program was compiled`)
      bindAll(fed, values, fixedSizes)
      const feeds: Record<string, OrtTensor> = {}
      for (const [name, { dtype }] of fed) {
        const value = values[name]
        if (value !== undefined) feeds[name] = new ort.Tensor(dtype, value.data, value.dims)
      }
      let results: InferenceSession.OnnxValueMapType
      try {
        results = await session.run(feeds)
      } catch (thrown) {
        throw explain('running', thrown, emission.origins)
      }
      const read = Object.fromEntries(
        outputNames.map((name) => {
          const result = results[outputName(name)]
          return [name, { data: result.data, dims: result.dims }]
        }),
      )
      // ONNX Runtime gives each output the element type its graph declares, which is the one the types here promise.
      return read as { [K in keyof O]: ValueOf<O[K]> }
    },
    onnx: model,
    close: () => session.release(),
  }
}

const outputName = (name: string) => `out:${name}`

/** ONNX Runtime's settings: every graph optimisation, spinning threads, denormals to zero (they cost 100x); what it throws is not printed as well. */
function sessionOptions(options: CompileOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: executionProviders(options.device ?? 'cpu'),
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 4,
    enableMemPattern: false,
    extra: { session: { set_denormal_as_zero: '1' } },
    ...(options.profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: options.profile }),
  }
}

/** Nodes in an order in which each comes after what it reads. */
export function topologicalOrder(outputs: readonly Tensor[]): Node[] {
  const order: Node[] = []
  const state = new Set<Node>()
  const stack: { node: Node; next: number }[] = []
  const visit = (tensor: Tensor) => {
    const origin = tensor.node.of?.node ?? tensor.node
    if (!state.has(origin)) {
      state.add(origin)
      stack.push({ node: origin, next: 0 })
    }
  }
  for (const output of outputs) {
    visit(output)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next < top.node.inputs.length) visit(top.node.inputs[top.next++])
      else {
        order.push(top.node)
        stack.pop()
      }
    }
  }
  return order
}

function checkInputs(order: readonly Node[], inputs: Readonly<Record<string, Tensor>>): void {
  for (const each of order) {
    if (each.inputName === undefined) continue
    if (inputs[each.inputName]?.node !== each)
      throw new GuerdonError(`compile: the outputs depend on input '${each.inputName}', which is not in the list`, {
        where: userLine(each.built),
        fix: 'list every input under its own name',
      })
  }
}

type NamedTensors = readonly (readonly [string, Tensor])[]

function checkConstants(
  constants: Readonly<Record<string, Value<'float32'>>>,
  inputs: Readonly<Record<string, Tensor>>,
): NamedTensors {
  return Object.keys(constants).map((name) => {
    const tensor = inputs[name]
    if (tensor?.dtype !== 'float32')
      throw new GuerdonError(`compile: constant '${name}' is no float input of the program`, {
        fix: 'list it among the inputs, under the same name',
      })
    return [name, tensor]
  })
}

/**
 * Checks every value's sizes against its input's shape and gives the sizes of named dimensions. Multiples of a name
 * come after the names, and sums and products last, when the names in them have sizes.
 */
function bindAll(
  tensors: NamedTensors,
  values: Readonly<Record<string, Value | undefined>>,
  known: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const sizes = new Map(known)
  const multiples: (() => void)[] = []
  const derived: (() => void)[] = []
  for (const [name, { shape }] of tensors) {
    const value = values[name]
    if (value === undefined)
      throw new GuerdonError(`the program's input '${name}' was not given: only ${Object.keys(values).join(', ')}`)
    const { dims, data } = value
    const complain = (what: string) =>
      new GuerdonError(`input '${name}' has shape ${shapeText(shape)} but was given ${shapeText(dims)}: ${what}`)
    if (dims.length !== shape.length) throw complain(`${dims.length} axes instead of ${shape.length}`)
    const count = dims.reduce((product, size) => product * size, 1)
    if (count !== data.length) throw complain(`${data.length} numbers do not fill it`)
    shape.forEach((dim, axis) => {
      const check = () => {
        const expected = evaluateDim(dim, sizes)
        if (expected !== undefined && expected !== dims[axis])
          throw complain(`axis ${axis} must be ${dim}${typeof dim === 'string' ? ` = ${expected}` : ''}`)
      }
      if (isName(dim) && !sizes.has(dim)) sizes.set(dim, dims[axis])
      else if (typeof dim === 'number' || isName(dim)) check()
      else {
        const multiple = multipleOf(dim)
        if (multiple !== undefined)
          multiples.push(() => {
            if (sizes.has(multiple.name)) return
            if (dims[axis] % multiple.factor !== 0)
              throw complain(`axis ${axis} must be a multiple of ${multiple.factor}`)
            sizes.set(multiple.name, dims[axis] / multiple.factor)
          })
        derived.push(check)
      }
    })
  }
  for (const bind of multiples) bind()
  for (const check of derived) check()
  return sizes
}

/** ONNX Runtime's error, with the operation, its operands and the user's line put in front. */
function explain(doing: string, thrown: unknown, origins: ReadonlyMap<string, Node>): GuerdonError {
  const message = messageOf(thrown)
  const name = /Name:\s*'([^']+)'|Node \(([^)]+)\)/.exec(message)
  const origin = origins.get(name?.[1] ?? name?.[2] ?? '')
  if (origin === undefined) return new GuerdonError(`${doing} a program failed: ${message}`, { cause: thrown })
  const shapes = origin.inputs.map((operand) => `${operand.dtype}${shapeText(operand.shape)}`).join(', ')
  return new GuerdonError(`${doing} ${origin.op}(${shapes}) failed: ${message}`, {
    where: userLine(origin.built),
    cause: thrown,
  })
}
