/** A DPO step at 1M and 3M parameters, against TRL's DPOTrainer on the same CPU; reference log-probs precomputed in both. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { random } from '../src/data/random.ts'
import { nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { pythonWith, quartiles, requireQuiet, type Side, shown, side } from './measure.ts'

/** One batch of pairs: its order then does not matter, and both sides go over it again and again. */
const shape = { pairs: 16, prompt: 32, answer: [64, 96], vocabulary: 96, threads: 2 } as const
const rounds = 9
const stepsARound = 4
/** Both sides must agree on this many losses before anything is timed. */
const agreement = { steps: 10, tolerance: 1e-3 }

const stepsAnswer = z.object({ losses: z.array(z.number()), seconds: z.number(), peakRss: z.number() })
const loadAnswer = z.object({ parameters: z.int() })

export async function dpoBench(anyway: boolean): Promise<string> {
  const lines = [
    '| parameters | Guerdon, ms a step | TRL, ms a step | TRL / Guerdon | Guerdon, tokens/s | TRL, tokens/s | peak MB (Guerdon, TRL) |',
    '|---|---|---|---|---|---|---|',
  ]
  for (const size of ['1M', '3M'] as const) lines.push(await compare(size, anyway))
  return lines.join('\n')
}

async function compare(size: '1M' | '3M', anyway: boolean): Promise<string> {
  await requireQuiet(anyway)
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bench-'))
  try {
    const { model, texts, ids, parameters, tokens } = await prepare(size, folder)
    const own = join(import.meta.dirname, 'dpoStep.ts')
    await using ours = side(process.execPath, ['--conditions=guerdon-source', own])
    const load = { cmd: 'load', folder: model, batch: shape.pairs, threads: shape.threads }
    await ours.ask({ ...load, pairs: texts }, loadAnswer)
    const python = await pythonWith(['torch', 'trl', 'datasets'])
    await using theirs = python === undefined ? undefined : peer(python)
    await theirs?.ask({ ...load, pairs: ids }, loadAnswer)
    const sides: Record<string, Side> = { guerdon: ours, ...(theirs === undefined ? {} : { trl: theirs }) }
    const times: Record<string, number[]> = { guerdon: [], trl: [] }
    const memory: Record<string, number> = {}
    const losses: Record<string, number[]> = {}
    for (const [name, each] of Object.entries(sides))
      losses[name] = (await each.ask({ cmd: 'steps', n: agreement.steps }, stepsAnswer)).losses
    losses.trl?.forEach((loss, i) => {
      if (Math.abs(loss - losses.guerdon[i]) > agreement.tolerance)
        throw new Error(`step ${i + 1}: the loss is ${losses.guerdon[i]}, TRL says ${loss}: nothing is timed`)
    })
    for (let round = 0; round < rounds; round++)
      for (const [name, each] of Object.entries(sides)) {
        const { seconds, peakRss } = await each.ask({ cmd: 'steps', n: stepsARound }, stepsAnswer)
        times[name].push((1000 * seconds) / stepsARound)
        memory[name] = peakRss
      }
    const cell = (values: readonly number[], of: (value: number, i: number) => number, digits: number) =>
      values.length === 0 ? '–' : shown(quartiles(values.map(of)), digits)
    const speed = (ms: number) => (1000 * tokens) / ms
    const megabytes = ['guerdon', 'trl'].map((name) =>
      memory[name] === undefined ? '–' : (memory[name] / 2 ** 20).toFixed(0),
    )
    return `| ${parameters} | ${cell(times.guerdon, (ms) => ms, 0)} | ${cell(times.trl, (ms) => ms, 0)} | ${cell(times.trl, (ms, i) => ms / times.guerdon[i], 2)} | ${cell(times.guerdon, speed, 0)} | ${cell(times.trl, speed, 0)} | ${megabytes.join(', ')} |`
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A model's folder, the pairs as texts for this side and as token ids for the other, and the tokens of a step. */
async function prepare(size: '1M' | '3M', folder: string) {
  const alphabet = Array.from({ length: shape.vocabulary - 2 }, (_, i) => String.fromCodePoint(33 + i)).join('')
  const tokenizer = characterTokenizer(alphabet)
  const policy = nano(size, tokenizer, { seed: 1 })
  const model = join(folder, 'model')
  await policy.save(model)
  await rm(join(model, 'optimizer.safetensors'))
  const parameters = policy.weights().length
  await policy.close()
  const rng = random(1)
  const word = (length: number) => Array.from({ length }, () => rng.pick([...alphabet])).join('')
  const rows = Array.from({ length: shape.pairs }, () => ({
    prompt: word(shape.prompt),
    chosen: word(rng.int(...shape.answer)),
    rejected: word(rng.int(...shape.answer)),
  }))
  const ids = rows.map(({ prompt, chosen, rejected }) => ({
    prompt_ids: [...tokenizer.encode(tokenizer.render([{ role: 'user', content: prompt }]))],
    chosen_ids: [...tokenizer.encode(chosen), tokenizer.endId],
    rejected_ids: [...tokenizer.encode(rejected), tokenizer.endId],
  }))
  const tokens = ids.reduce(
    (sum, row) => sum + 2 * row.prompt_ids.length + row.chosen_ids.length + row.rejected_ids.length,
    0,
  )
  await writeFile(join(folder, 'pairs.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await writeFile(join(folder, 'ids.json'), JSON.stringify(ids))
  return { model, texts: join(folder, 'pairs.jsonl'), ids: join(folder, 'ids.json'), parameters, tokens }
}

function peer(python: string): Side {
  return side(python, [join(import.meta.dirname, 'python', 'dpo_step.py')], { OMP_NUM_THREADS: String(shape.threads) })
}
