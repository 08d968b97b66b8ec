/** A training step (forward, loss, backward, clip, AdamW) at 1M and 3M parameters, against PyTorch eager and compiled. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { random } from '../src/data/random.ts'
import { nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { pythonWith, quartiles, requireQuiet, type Side, shown, side } from './measure.ts'

const shape = { batch: 32, length: 128, vocabulary: 96, threads: 2 }
const rounds = 9
const stepsARound = 4
/** Both sides must agree on this many losses before anything is timed. */
const agreement = { steps: 20, tolerance: 1e-4 }

const stepsAnswer = z.object({ losses: z.array(z.number()), seconds: z.array(z.number()), peakRss: z.number() })
const loadAnswer = z.object({ parameters: z.int() })

export async function trainingBench(anyway: boolean): Promise<string> {
  const lines = [
    '| parameters | Guerdon, ms a step | PyTorch eager, ms | compiled, ms | eager / Guerdon | compiled / Guerdon | tokens/s | peak MB (Guerdon, eager, compiled) |',
    '|---|---|---|---|---|---|---|---|',
  ]
  for (const size of ['1M', '3M'] as const) lines.push(await compare(size, anyway))
  return lines.join('\n')
}

async function compare(size: '1M' | '3M', anyway: boolean): Promise<string> {
  // Before this benchmark's own work loads the machine.
  await requireQuiet(anyway)
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bench-'))
  try {
    const { model, data, parameters } = await prepare(size, folder)
    await using ours = ownSide()
    const sides: Record<string, Side> = { guerdon: ours }
    await ours.ask({ cmd: 'load', folder: model, threads: shape.threads }, loadAnswer)
    const python = await pythonWith(['torch', 'safetensors'])
    await using eager = python === undefined ? undefined : peer(python)
    await using compiled = python === undefined ? undefined : peer(python)
    for (const [mode, each] of Object.entries({ eager, compile: compiled }))
      if (each !== undefined) {
        await each.ask({ cmd: 'load', folder: model, mode, threads: shape.threads }, loadAnswer)
        sides[mode] = each
      }
    const losses: Record<string, number[]> = {}
    for (const [name, each] of Object.entries(sides)) {
      await each.ask(
        { cmd: 'data', file: data, batch: shape.batch, length: shape.length },
        z.object({ batches: z.int() }),
      )
      losses[name] = (await each.ask({ cmd: 'steps', n: agreement.steps }, stepsAnswer)).losses
    }
    checkAgreement(losses)
    const times: Record<string, number[]> = Object.fromEntries(Object.keys(sides).map((name) => [name, []]))
    const memory: Record<string, number> = {}
    for (let round = 0; round < rounds; round++)
      for (const [name, each] of Object.entries(sides)) {
        const { seconds, peakRss } = await each.ask({ cmd: 'steps', n: stepsARound }, stepsAnswer)
        times[name].push((1000 * seconds.reduce((total, value) => total + value, 0)) / seconds.length)
        memory[name] = peakRss
      }
    const ms = (name: string) => (times[name] === undefined ? '–' : shown(quartiles(times[name]), 0))
    const ratio = (name: string) =>
      times[name] === undefined ? '–' : shown(quartiles(times[name].map((value, i) => value / times.guerdon[i])))
    const tokens = (1000 * shape.batch * (shape.length - 1)) / quartiles(times.guerdon).median
    const megabytes = ['guerdon', 'eager', 'compile'].map((name) =>
      memory[name] === undefined ? '–' : (memory[name] / 2 ** 20).toFixed(0),
    )
    return `| ${parameters} | ${ms('guerdon')} | ${ms('eager')} | ${ms('compile')} | ${ratio('eager')} | ${ratio('compile')} | ${tokens.toFixed(0)} | ${megabytes.join(', ')} |`
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function prepare(size: '1M' | '3M', folder: string) {
  const alphabet = Array.from({ length: shape.vocabulary - 2 }, (_, i) => String.fromCodePoint(33 + i)).join('')
  const policy = nano(size, characterTokenizer(alphabet), { seed: 1 })
  const model = join(folder, 'model')
  await policy.save(model)
  await rm(join(model, 'optimizer.safetensors'))
  const parameters = policy.weights().length
  await policy.close()
  const rng = random(1)
  // Text with something to learn in it: each token likely follows from the one before.
  const ids = new Int32Array(8 * shape.batch * shape.length)
  for (let i = 1; i < ids.length; i++)
    ids[i] = rng.next() < 0.7 ? 2 + ((7 * ids[i - 1] + 3) % (shape.vocabulary - 2)) : rng.int(2, shape.vocabulary - 1)
  const data = join(folder, 'tokens.int32')
  await writeFile(data, new Uint8Array(ids.buffer))
  return { model, data, parameters }
}

export function ownSide(): Side {
  return side(process.execPath, ['--conditions=guerdon-source', join(import.meta.dirname, 'trainStep.ts')])
}

function peer(python: string): Side {
  return side(python, [join(import.meta.dirname, 'python', 'train_step.py')], {
    OMP_NUM_THREADS: String(shape.threads),
  })
}

function checkAgreement(losses: Readonly<Record<string, readonly number[]>>): void {
  for (const [name, theirs] of Object.entries(losses))
    theirs.forEach((loss, i) => {
      if (Math.abs(loss - losses.guerdon[i]) > agreement.tolerance)
        throw new Error(`step ${i + 1}: the loss is ${losses.guerdon[i]}, ${name} says ${loss}: nothing is timed`)
    })
}
