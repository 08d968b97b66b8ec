/** Sampling with nano models against transformers' generate: 64 sequences of 128 tokens, and one alone. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { NanoSize } from '../src/nn/config.ts'
import { localPolicy, nano } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { pythonWith, quartiles, requireQuiet, type Side, shown, side } from './measure.ts'

const threads = 2
const rounds = 7
const tokens = 128
const alphabet = Array.from({ length: 94 }, (_, i) => String.fromCodePoint(33 + i)).join('')

const loaded = z.object({ parameters: z.int() })
export const generated = z.object({
  seconds: z.number(),
  ids: z.array(z.array(z.int())),
  prompts: z.array(z.array(z.int())).default([]),
})

export async function samplingBench(anyway: boolean): Promise<string> {
  const lines = [
    '| parameters | sequences | Guerdon, tokens/s | transformers, tokens/s | Guerdon / transformers |',
    '|---|---|---|---|---|',
  ]
  for (const size of ['1M', '3M'] as const) for (const rows of [64, 1]) lines.push(await compare(size, rows, anyway))
  return lines.join('\n')
}

export function samplingSide(): Side {
  return side(process.execPath, ['--conditions=guerdon-source', join(import.meta.dirname, 'sampleSide.ts')])
}

async function compare(size: NanoSize, rows: number, anyway: boolean): Promise<string> {
  await requireQuiet(anyway)
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bench-'))
  try {
    await saveModel(size, folder)
    await using ours = samplingSide()
    const { parameters } = await ours.ask({ cmd: 'load', model: folder, threads }, loaded)
    const prompts = Array.from({ length: rows }, (_, i) =>
      Array.from({ length: 16 }, (_, k) => alphabet[(i * 31 + k * 17) % alphabet.length]).join(''),
    )
    const draw = () => ours.ask({ cmd: 'generate', prompts, tokens }, generated)
    const first = await draw()
    const python = await pythonWith(['torch', 'transformers'])
    await using peer =
      python === undefined
        ? undefined
        : side(python, [join(import.meta.dirname, 'python', 'generate.py')], { OMP_NUM_THREADS: String(threads) })
    const theirDraw = async () => peer?.ask({ cmd: 'generate', prompts: first.prompts, tokens }, generated)
    await peer?.ask({ cmd: 'load', model: folder, threads }, loaded)
    checkSame(first.ids, (await theirDraw())?.ids)
    const speeds: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round++) {
      speeds.push((rows * tokens) / (await draw()).seconds)
      const told = await theirDraw()
      if (told !== undefined) theirs.push((rows * tokens) / told.seconds)
    }
    const figure = (values: readonly number[]) => (values.length === 0 ? '–' : shown(quartiles(values), 0))
    const ratio = theirs.length === 0 ? '–' : shown(quartiles(speeds.map((speed, i) => speed / theirs[i])))
    return `| ${parameters} | ${rows} | ${figure(speeds)} | ${figure(theirs)} | ${ratio} |`
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A model that never ends by itself: the end token's logit is always 0, and some other one is above. */
async function saveModel(size: NanoSize, folder: string): Promise<void> {
  const tokenizer = characterTokenizer(alphabet)
  const drawn = nano(size, tokenizer, { seed: 1 })
  const { width } = drawn.config
  const values = drawn.weights().slice()
  // The embedding, which the head is tied to, comes first in the layout.
  values.fill(0, tokenizer.endId * width, (tokenizer.endId + 1) * width)
  const policy = localPolicy(drawn.config, values, tokenizer)
  await policy.save(folder)
  for (const each of [drawn, policy]) await each.close()
}

/** Greedy tokens of both sides. A near tie may fall either way, and what follows it differs: nine rows in ten must agree. */
function checkSame(ours: readonly (readonly number[])[], theirs: readonly (readonly number[])[] | undefined): void {
  if (ours.some((row) => row.length !== tokens)) throw new Error('a row ended early: nothing is timed')
  if (theirs === undefined) return
  const same = ours.filter((row, i) => row.join() === theirs[i].join()).length
  if (same < 0.9 * ours.length) throw new Error(`only ${same} of ${ours.length} rows agree: nothing is timed`)
}
