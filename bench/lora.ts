/** A LoRA step of SmolLM2-135M (rank 16, every linear layer) on 4 sequences of 256 tokens, against PyTorch with PEFT. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { random } from '../src/data/random.ts'
import { exportModel } from '../src/policy/local/exportModel.ts'
import { pythonWith, quartiles, requireQuiet, type Side, shown, side } from './measure.ts'
import { ownSide } from './training.ts'

const shape = { batch: 4, length: 256, rank: 16, threads: 2 }
const rounds = 5
/** Both sides must agree on this many losses before anything is timed: the second one has the first update in it. */
const agreement = { steps: 2, tolerance: 1e-3 }
const file = process.env.GUERDON_SMOLLM2 ?? join(homedir(), '.cache/guerdon/models/SmolLM2-135M-Instruct.Q4_1.gguf')

const loadAnswer = z.object({ vocabulary: z.int() })
const stepsAnswer = z.object({ losses: z.array(z.number()), seconds: z.array(z.number()), peakRss: z.number() })

export async function loraBench(anyway: boolean): Promise<string> {
  if (!existsSync(file)) return `${file} is not there: set GUERDON_SMOLLM2 to the GGUF file of SmolLM2-135M-Instruct`
  await requireQuiet(anyway)
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bench-'))
  try {
    const [base, adapter, data] = ['base', 'adapter', 'tokens.int32'].map((name) => join(folder, name))
    await using ours = ownSide()
    const { vocabulary } = await ours.ask(
      { cmd: 'load', folder: file, threads: shape.threads, rank: shape.rank },
      loadAnswer,
    )
    await writeFile(data, evenTokens(vocabulary))
    const python = await pythonWith(['torch', 'transformers', 'peft'])
    await using theirs = python === undefined ? undefined : peer(python)
    if (theirs !== undefined) {
      await exportModel(file, base, { type: 'F32' })
      await ours.ask({ cmd: 'save', folder: adapter }, z.object({}))
      await theirs.ask({ cmd: 'load', folder: base, adapter, threads: shape.threads }, loadAnswer)
    }
    const sides: Record<string, Side> = { guerdon: ours, ...(theirs === undefined ? {} : { peft: theirs }) }
    const losses: Record<string, number[]> = {}
    for (const [name, each] of Object.entries(sides)) {
      await each.ask(
        { cmd: 'data', file: data, batch: shape.batch, length: shape.length },
        z.object({ batches: z.int() }),
      )
      losses[name] = (await each.ask({ cmd: 'steps', n: agreement.steps }, stepsAnswer)).losses
    }
    losses.peft?.forEach((loss, i) => {
      if (!(Math.abs(loss - losses.guerdon[i]) <= agreement.tolerance))
        throw new Error(`step ${i + 1}: the loss is ${losses.guerdon[i]}, PEFT says ${loss}: nothing is timed`)
    })
    const times: Record<string, number[]> = { guerdon: [], peft: [] }
    const memory: Record<string, number> = {}
    for (let round = 0; round < rounds; round++)
      for (const [name, each] of Object.entries(sides)) {
        const { seconds, peakRss } = await each.ask({ cmd: 'steps', n: 1 }, stepsAnswer)
        times[name].push(seconds[0])
        memory[name] = peakRss
      }
    const cell = (values: readonly number[]) => (values.length === 0 ? '–' : shown(quartiles(values)))
    const megabytes = ['guerdon', 'peft'].map((name) =>
      memory[name] === undefined ? '–' : (memory[name] / 2 ** 20).toFixed(0),
    )
    return [
      '| rank | sequences x tokens | Guerdon, s a step | PyTorch with PEFT, s | PyTorch / Guerdon | peak MB (Guerdon, PyTorch) |',
      '|---|---|---|---|---|---|',
      `| ${shape.rank} | ${shape.batch} x ${shape.length} | ${cell(times.guerdon)} | ${cell(times.peft)} | ${cell(times.peft.map((seconds, i) => seconds / times.guerdon[i]))} | ${megabytes.join(', ')} |`,
    ].join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** One batch of tokens, any as likely as any other: a step's time does not depend on what they say. */
function evenTokens(vocabulary: number): Uint8Array {
  const rng = random(1)
  return new Uint8Array(
    Int32Array.from({ length: shape.batch * shape.length }, () => rng.int(0, vocabulary - 1)).buffer,
  )
}

function peer(python: string): Side {
  return side(python, [join(import.meta.dirname, 'python', 'lora_step.py')], { OMP_NUM_THREADS: String(shape.threads) })
}
