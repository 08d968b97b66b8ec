/** How training and sampling speed and memory grow with parameters, batch, length and group size, on the nano presets. */
import { fork } from 'node:child_process'
import { z } from 'zod'
import { userPrompt } from '../src/data/message.ts'
import { random } from '../src/data/random.ts'
import { type NanoSize, nanoSizes } from '../src/nn/config.ts'
import { nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { quartiles, requireQuiet } from './measure.ts'

const setting = z.object({
  size: z.enum(nanoSizes as readonly [NanoSize, ...NanoSize[]]),
  batch: z.int(),
  length: z.int(),
  /** Completions sampled from one prompt. */
  group: z.int(),
})
type Setting = z.infer<typeof setting>

const base: Setting = { size: '1M', batch: 32, length: 128, group: 64 }

const axes: Readonly<Record<string, readonly Partial<Setting>[]>> = {
  parameters: nanoSizes.map((size) => ({ size })),
  batch: [8, 32, 128].map((batch) => ({ batch })),
  length: [32, 128, 256].map((length) => ({ length })),
  'group size': [1, 8, 64, 128].map((group) => ({ group })),
}

const figures = z.object({ training: z.number(), sampling: z.number(), megabytes: z.number() })

/** Each setting runs in a process of its own, so that its peak memory is its own. */
export async function growthBench(anyway: boolean): Promise<string> {
  const lines = [
    '| grows with | parameters | batch x length | group | training tokens/s | sampling tokens/s | peak MB |',
    '|---|---|---|---|---|---|---|',
  ]
  await requireQuiet(anyway)
  for (const [axis, changes] of Object.entries(axes))
    for (const change of changes) {
      const each = { ...base, ...change }
      const { training, sampling, megabytes } = await inChild(each)
      lines.push(
        `| ${axis} | ${each.size} | ${each.batch} x ${each.length} | ${each.group} | ${training.toFixed(0)} | ${sampling.toFixed(0)} | ${megabytes.toFixed(0)} |`,
      )
    }
  return lines.join('\n')
}

async function inChild(each: Setting): Promise<z.infer<typeof figures>> {
  const child = fork(import.meta.filename, [JSON.stringify(each)], { execArgv: ['--conditions=guerdon-source'] })
  const answer = new Promise<unknown>((resume, reject) => {
    child.once('message', resume)
    child.once('exit', (code) => reject(new Error(`a setting ended with code ${code}: ${JSON.stringify(each)}`)))
  })
  return figures.parse(await answer)
}

if (process.send !== undefined) {
  process.send(await measured(setting.parse(JSON.parse(process.argv[2]))))
  process.exit(0)
}

async function measured({ size, batch, length, group }: Setting): Promise<z.infer<typeof figures>> {
  const alphabet = Array.from({ length: 94 }, (_, i) => String.fromCodePoint(33 + i)).join('')
  const policy = nano(size, characterTokenizer(alphabet), { seed: 1, context: 512, threads: 2 })
  const rng = random(2)
  const sequences = Array.from({ length: batch }, () => ({
    tokens: Int32Array.from({ length: length + 1 }, () => rng.int(2, 95)),
    promptLength: 1,
  }))
  const coefficients = sequences.map(() => ({ logprobs: new Float32Array(length).fill(-1 / (batch * length)) }))
  const training = await perSecond(batch * length, async () => {
    await policy.backward(sequences, coefficients)
    await policy.step({ learningRate: 1e-4, clipNorm: 1 })
  })
  let drawn = 0
  const times: number[] = []
  for (let i = 0; i < 4; i++) {
    const began = performance.now()
    let tokens = 0
    const request = { prompt: userPrompt('p', 'abcdefghijklmnop'), count: group, maxTokens: 128, seed: i }
    for await (const { rollout } of policy.sample([request])) tokens += rollout.logprobs.length
    times.push((1000 * tokens) / (performance.now() - began))
    drawn += tokens
  }
  if (drawn === 0) throw new Error('nothing was sampled')
  const result = {
    training,
    sampling: quartiles(times.slice(1)).median,
    megabytes: process.resourceUsage().maxRSS / 1024,
  }
  await policy.close()
  return result
}

/** Tokens per second: the median of five runs after two that warm up. */
async function perSecond(tokens: number, run: () => Promise<void>): Promise<number> {
  const rates: number[] = []
  for (let i = 0; i < 7; i++) {
    const began = performance.now()
    await run()
    rates.push((1000 * tokens) / (performance.now() - began))
  }
  return quartiles(rates.slice(2)).median
}
