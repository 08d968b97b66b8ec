/** A GRPO step end to end (sample, reward, advantages, update) of a 1M nano model, against TRL's GRPOTrainer on the same CPU. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { random } from '../src/data/random.ts'
import { decoderLayout } from '../src/nn/decoder.ts'
import { nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { pythonWith, quartiles, requireQuiet, type Side, shown, side } from './measure.ts'
import { productsAlone, readTrace } from './products.ts'

const shape = { prompts: 8, samples: 8, tokens: 32, promptLength: 16, threads: 2 }
const rounds = 7
const stepsARound = 3
const warmUp = 2
/** How far the two sides' log-probs of the same tokens may lie apart before anything is timed. */
const tolerance = 1e-4
const alphabet = Array.from({ length: 94 }, (_, i) => String.fromCodePoint(33 + i)).join('')

const loadAnswer = z.object({ parameters: z.int() })
const readAnswer = z.object({ logprobs: z.array(z.array(z.number())) })
const stepsAnswer = z.object({ seconds: z.number(), lengths: z.array(z.number()), peakRss: z.number() })

export async function grpoBench(anyway: boolean): Promise<string> {
  await requireQuiet(anyway)
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bench-'))
  try {
    const { model, file, asked } = await prepare(folder)
    await using ours = side(process.execPath, ['--conditions=guerdon-source', join(import.meta.dirname, 'grpoStep.ts')])
    const python = await pythonWith(['torch', 'trl', 'datasets'])
    await using theirs = python === undefined ? undefined : peer(python)
    const sides: Record<string, Side> = { guerdon: ours, ...(theirs === undefined ? {} : { trl: theirs }) }
    const load = { cmd: 'load', folder: model, file, ...shape }
    let parameters = 0
    const read: Record<string, number[][]> = {}
    for (const [name, each] of Object.entries(sides)) {
      parameters = (await each.ask(load, loadAnswer)).parameters
      read[name] = (await each.ask({ cmd: 'logprobs', ...asked }, readAnswer)).logprobs
    }
    checkAgreement(read)
    const times: Record<string, number[]> = { guerdon: [], trl: [] }
    const memory: Record<string, number> = {}
    const steps = async (name: string, n: number) => {
      const { seconds, lengths, peakRss } = await sides[name].ask({ cmd: 'steps', n }, stepsAnswer)
      const short = lengths.find((length) => length !== shape.tokens)
      if (short !== undefined) throw new Error(`${name} drew answers of ${short} tokens: nothing is timed`)
      memory[name] = peakRss
      return (1000 * seconds) / n
    }
    for (const name of Object.keys(sides)) await steps(name, warmUp)
    for (let round = 0; round < rounds; round++)
      for (const name of Object.keys(sides)) times[name].push(await steps(name, stepsARound))
    const cell = (values: readonly number[], of: (value: number, i: number) => number, digits: number) =>
      values.length === 0 ? '–' : shown(quartiles(values.map(of)), digits)
    const megabytes = ['guerdon', 'trl'].map((name) =>
      memory[name] === undefined ? '–' : (memory[name] / 2 ** 20).toFixed(0),
    )
    const floor = await productsFloor(join(folder, 'trace'))
    return [
      '| parameters | Guerdon, ms a step | TRL, ms a step | TRL / Guerdon | products alone, ms | step / products alone | peak MB (Guerdon, TRL) |',
      '|---|---|---|---|---|---|---|',
      `| ${parameters} | ${cell(times.guerdon, (ms) => ms, 0)} | ${cell(times.trl, (ms) => ms, 0)} | ${cell(times.trl, (ms, i) => ms / times.guerdon[i], 2)} | ${floor.toFixed(0)} | ${cell(times.guerdon, (ms) => ms / floor, 2)} | ${megabytes.join(', ')} |`,
    ].join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/**
 * Milliseconds of a step's matrix products, each run alone: those of the backward pass from a trace, those of sampling by the
 * weights' shapes (the prompts at once, then a row per answer and token) and attention at the mean length.
 */
async function productsFloor(trace: string): Promise<number> {
  const { prompts, samples, tokens, promptLength, threads } = shape
  const rows = prompts * samples
  await mkdir(trace)
  const policy = nano('1M', characterTokenizer(alphabet), { seed: 1, threads, profile: join(trace, 'trace') })
  const ids = Int32Array.from({ length: promptLength + tokens }, (_, i) => 2 + (i % 90))
  const sequences = Array.from({ length: rows }, () => ({ tokens: ids, promptLength }))
  await policy.backward(
    sequences,
    sequences.map(() => ({ logprobs: new Float32Array(tokens).fill(1) })),
  )
  const { config } = policy
  await policy.close()
  const { products } = await readTrace(trace, 1)
  const more = (left: readonly number[], right: readonly number[], times: number) => {
    const key = JSON.stringify([left, right])
    products.set(key, (products.get(key) ?? 0) + times)
  }
  // The embedding is the language head's weight too.
  for (const { shape: of } of decoderLayout(config).ofPart.values())
    if (of.length === 2) {
      const [outputs, inputs] = of
      more([prompts * promptLength, inputs], [inputs, outputs], 1)
      more([rows, inputs], [inputs, outputs], tokens - 1)
    }
  const { heads, headSize, layers } = config
  const seen = promptLength + tokens / 2
  more([rows, heads, 1, headSize], [rows, heads, headSize, seen], layers * (tokens - 1))
  more([rows, heads, 1, seen], [rows, heads, seen, headSize], layers * (tokens - 1))
  return productsAlone(products, threads)
}

/** The model's folder, a file of prompts, and prompts with answers for both sides to read. */
async function prepare(folder: string) {
  const tokenizer = characterTokenizer(alphabet)
  const policy = nano('1M', tokenizer, { seed: 1 })
  const model = join(folder, 'model')
  await policy.save(model)
  await rm(join(model, 'optimizer.safetensors'))
  await policy.close()
  const rng = random(1)
  const word = (length: number) => Array.from({ length }, () => rng.pick([...alphabet])).join('')
  const texts = Array.from({ length: 512 }, () => word(shape.promptLength))
  const file = join(folder, 'prompts.json')
  await writeFile(file, JSON.stringify(texts))
  const some = texts.slice(0, shape.prompts)
  return { model, file, asked: { texts: some, answers: some.map(() => [...tokenizer.encode(word(shape.tokens))]) } }
}

function peer(python: string): Side {
  return side(python, [join(import.meta.dirname, 'python', 'grpo_step.py')], { OMP_NUM_THREADS: String(shape.threads) })
}

function checkAgreement(read: Readonly<Record<string, readonly (readonly number[])[]>>): void {
  read.trl?.flat().forEach((theirs, i) => {
    const ours = read.guerdon.flat()[i]
    if (!(Math.abs(ours - theirs) <= tolerance))
      throw new Error(`token ${i + 1}: the log-prob is ${ours}, TRL's model says ${theirs}: nothing is timed`)
  })
}
