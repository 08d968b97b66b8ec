/** Where a training step goes: ONNX Runtime's own time for each operator, and the floor that matrix products set. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { random } from '../src/data/random.ts'
import * as g from '../src/graph/index.ts'
import { nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { quartiles, requireQuiet } from './measure.ts'

const shape = { batch: 32, length: 127, threads: 2 }
const runs = 10

const eventSchema = z.object({
  cat: z.string(),
  name: z.string(),
  dur: z.number(),
  args: z
    .object({
      op_name: z.string().optional(),
      input_type_shape: z.array(z.record(z.string(), z.array(z.number()))).optional(),
    })
    .optional(),
})

export async function profileBench(anyway: boolean): Promise<string> {
  const lines = [
    '| parameters | step, ms | products alone, ms | step / products alone | traced step, ms | matrix products | their share | other operators, ms | outside ONNX Runtime, ms |',
    '|---|---|---|---|---|---|---|---|---|',
  ]
  const details: string[] = []
  for (const size of ['1M', '3M'] as const) {
    await requireQuiet(anyway)
    const { line, operators } = await profiled(size)
    lines.push(line)
    details.push(`${size}: ${operators}`)
  }
  return `${lines.join('\n')}\n\n${details.join('\n\n')}`
}

async function profiled(size: '1M' | '3M'): Promise<{ line: string; operators: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-profile-'))
  const alphabet = Array.from({ length: 94 }, (_, i) => String.fromCodePoint(33 + i)).join('')
  const { threads, batch, length } = shape
  const rng = random(3)
  const sequences = Array.from({ length: batch }, () => ({
    tokens: Int32Array.from({ length: length + 1 }, () => rng.int(2, 95)),
    promptLength: 1,
  }))
  const coefficients = sequences.map(() => ({ logprobs: new Float32Array(length).fill(-1 / (batch * length)) }))
  const times = async (profile?: string) => {
    const policy = nano(size, characterTokenizer(alphabet), {
      seed: 1,
      threads,
      ...(profile === undefined ? {} : { profile }),
    })
    const seconds: number[] = []
    for (let i = 0; i < runs + 2; i++) {
      const began = performance.now()
      await policy.backward(sequences, coefficients)
      await policy.step({ learningRate: 1e-4, clipNorm: 1 })
      seconds.push(performance.now() - began)
    }
    await policy.close()
    return quartiles(seconds.slice(2)).median
  }
  try {
    const step = await times()
    // A trace is of one engine: the step that is not divided among lanes.
    const traced = await times(join(folder, 'trace'))
    const [file] = await readdir(folder)
    const events = z.array(z.unknown()).parse(JSON.parse(await readFile(join(folder, file), 'utf8')))
    const spent = new Map<string, number>()
    const products = new Map<string, number>()
    for (const raw of events) {
      const event = eventSchema.safeParse(raw)
      if (!event.success || event.data.cat !== 'Node' || !event.data.name.endsWith('_kernel_time')) continue
      const { op_name = '?', input_type_shape = [] } = event.data.args ?? {}
      spent.set(op_name, (spent.get(op_name) ?? 0) + event.data.dur / 1000 / (runs + 2))
      if (!isProduct(op_name)) continue
      const key = JSON.stringify(input_type_shape.slice(0, 2).map((each) => Object.values(each)[0]))
      products.set(key, (products.get(key) ?? 0) + 1 / (runs + 2))
    }
    const inProducts = [...spent].reduce((total, [name, ms]) => total + (isProduct(name) ? ms : 0), 0)
    const inOthers = [...spent].reduce((total, [name, ms]) => total + (isProduct(name) ? 0 : ms), 0)
    const alone = await productsAlone(products)
    const outside = traced - inProducts - inOthers
    const operators = [...spent]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 14)
      .map(([name, ms]) => `${name} ${ms.toFixed(1)}`)
      .join(', ')
    return {
      line: `| ${size} | ${step.toFixed(0)} | ${alone.toFixed(0)} | ${(step / alone).toFixed(2)} | ${traced.toFixed(0)} | ${inProducts.toFixed(0)} ms | ${((100 * inProducts) / traced).toFixed(0)} % | ${inOthers.toFixed(0)} | ${outside.toFixed(0)} |`,
      operators: `milliseconds a step by operator: ${operators}`,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

// ONNX Runtime makes Gemm of a product and the sum behind it.
const isProduct = (name: string) => name === 'MatMul' || name === 'FusedMatMul' || name === 'Gemm'

/**
 * The floor: the multiplications of those shapes and nothing else, each as the plain product of ready operands at the
 * best rate ONNX Runtime reaches here on that much work.
 */
async function productsAlone(products: ReadonlyMap<string, number>): Promise<number> {
  let total = 0
  for (const [key, count] of products) {
    const [left, right] = z.tuple([z.array(z.number()), z.array(z.number())]).parse(JSON.parse(key))
    total += count * (await productTime(left, right))
  }
  return total
}

async function productTime(left: readonly number[], right: readonly number[]): Promise<number> {
  // Which sides are transposed is not in the trace: of the products that these sizes can make, the smallest is meant
  // (the gradient of a square weight, [4096, 192] with [4096, 192], is no product of 4096 by 4096).
  const [a, b, lead] = [left.slice(-2), right.slice(-2), left.slice(0, -2)]
  const [form] = (
    [
      [a[0], a[1], b[0], b[1]],
      [a[0], a[1], b[1], b[0]],
      [a[1], a[0], b[0], b[1]],
      [a[1], a[0], b[1], b[0]],
    ] as const
  )
    .filter(([, inner, rows]) => inner === rows)
    .sort(([rows, , , columns], [others, , , more]) => rows * columns - others * more)
  if (form === undefined) throw new Error(`no product fits ${JSON.stringify([left, right])}`)
  const [rows, inner, , columns] = form
  const x = g.input('x', 'float32', [...lead, rows, inner])
  const y = g.input('y', 'float32', [...(right.length > 2 ? lead : []), inner, columns])
  // Only one number leaves the program, so that no copy is counted.
  const program = await g.compile(
    { x, y },
    { z: g.slice(g.reshape(g.matmul(x, y), [-1]), 0, 0, 1) },
    { threads: shape.threads },
  )
  const value = (dims: readonly g.Dim[]) => {
    const sizes = dims.map(Number)
    return { data: new Float32Array(sizes.reduce((product, size) => product * size, 1)).fill(0.01), dims: sizes }
  }
  const inputs = { x: value(x.shape), y: value(y.shape) }
  const times: number[] = []
  for (let i = 0; i < 12; i++) {
    const began = performance.now()
    await program.run(inputs)
    times.push(performance.now() - began)
  }
  await program.close()
  return quartiles(times.slice(2)).low
}
