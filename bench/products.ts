/** The floor that matrix products set: which ones a program makes, read from ONNX Runtime's trace, and how long they take alone. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import * as g from '../src/graph/index.ts'
import { quartiles } from './measure.ts'

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

/** How often each pair of shapes is multiplied, by the pair as JSON. */
export type Products = Map<string, number>

/** The trace in a folder, made by so many runs: milliseconds a run of each operator, and the products of one run. */
export async function readTrace(
  folder: string,
  runs: number,
): Promise<{ spent: Map<string, number>; products: Products }> {
  const [file] = await readdir(folder)
  const events = z.array(z.unknown()).parse(JSON.parse(await readFile(join(folder, file), 'utf8')))
  const spent = new Map<string, number>()
  const products: Products = new Map()
  for (const raw of events) {
    const event = eventSchema.safeParse(raw)
    if (!event.success || event.data.cat !== 'Node' || !event.data.name.endsWith('_kernel_time')) continue
    const { op_name = '?', input_type_shape = [] } = event.data.args ?? {}
    spent.set(op_name, (spent.get(op_name) ?? 0) + event.data.dur / 1000 / runs)
    if (!isProduct(op_name)) continue
    const key = JSON.stringify(input_type_shape.slice(0, 2).map((each) => Object.values(each)[0]))
    products.set(key, (products.get(key) ?? 0) + 1 / runs)
  }
  return { spent, products }
}

// ONNX Runtime makes Gemm of a product and the sum behind it.
export const isProduct = (name: string) => name === 'MatMul' || name === 'FusedMatMul' || name === 'Gemm'

/**
 * The floor: the multiplications of those shapes and nothing else, each as the plain product of ready operands at the
 * best rate ONNX Runtime reaches here on that much work.
 */
export async function productsAlone(products: ReadonlyMap<string, number>, threads: number): Promise<number> {
  let total = 0
  for (const [key, count] of products) {
    const [left, right] = z.tuple([z.array(z.number()), z.array(z.number())]).parse(JSON.parse(key))
    total += count * (await productTime(left, right, threads))
  }
  return total
}

async function productTime(left: readonly number[], right: readonly number[], threads: number): Promise<number> {
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
  const program = await g.compile({ x, y }, { z: g.slice(g.reshape(g.matmul(x, y), [-1]), 0, 0, 1) }, { threads })
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
