/** Where a training step goes: ONNX Runtime's own time for each operator, and the floor that matrix products set. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { random } from '../src/data/random.ts'
import { nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { quartiles, requireQuiet } from './measure.ts'
import { isProduct, productsAlone, readTrace } from './products.ts'

const shape = { batch: 32, length: 127, threads: 2 }
const runs = 10

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
    const { spent, products } = await readTrace(folder, runs + 2)
    const inProducts = [...spent].reduce((total, [name, ms]) => total + (isProduct(name) ? ms : 0), 0)
    const inOthers = [...spent].reduce((total, [name, ms]) => total + (isProduct(name) ? 0 : ms), 0)
    const alone = await productsAlone(products, threads)
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
