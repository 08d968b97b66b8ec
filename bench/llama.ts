/** SmolLM2-135M against llama.cpp at the same precision: one stream, eight and thirty-two side by side. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { exportModel } from '../src/policy/local/exportModel.ts'
import { quartiles, requireQuiet, type Side, shown, side } from './measure.ts'
import { generated, samplingSide } from './sampling.ts'

const threads = 2
const rounds = 5
const file = process.env.GUERDON_SMOLLM2 ?? join(homedir(), '.cache/guerdon/models/SmolLM2-135M-Instruct.Q4_1.gguf')
const streams = [
  { count: 1, tokens: 64 },
  { count: 8, tokens: 32 },
  { count: 32, tokens: 32 },
]
/** Both must choose the same first tokens in full precision; in 8 bits each rounds in its own way. */
const agreeing = 12

const questions = ['a dragon', 'the sea', 'a lighthouse', 'two friends', 'a clock', 'the moon', 'a train', 'winter']

export async function llamaBench(anyway: boolean): Promise<string> {
  if (!existsSync(file)) return `${file} is not there: set GUERDON_SMOLLM2 to the GGUF file of SmolLM2-135M-Instruct`
  const lines = [
    '| weights | streams | Guerdon, tokens/s | llama.cpp, tokens/s | Guerdon / llama.cpp |',
    '|---|---|---|---|---|',
  ]
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bench-'))
  try {
    for (const [sampling, type] of [
      ['float32', 'F32'],
      ['int8', 'Q8_0'],
    ] as const) {
      await requireQuiet(anyway)
      const peerFile = join(folder, `${type}.gguf`)
      await exportModel(file, peerFile, { type })
      await using ours = samplingSide()
      await using theirs = llamaSide()
      const loaded = z.object({ parameters: z.number() })
      await ours.ask({ cmd: 'load', model: file, threads, sampling }, loaded)
      await theirs.ask({ cmd: 'load', model: peerFile, threads }, loaded)
      for (const each of streams) lines.push(await compare(ours, theirs, { sampling, ...each }))
    }
    return lines.join('\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}

function llamaSide(): Side {
  return side(process.execPath, [join(import.meta.dirname, 'llamaSide.ts')])
}

interface Streams {
  readonly sampling: 'float32' | 'int8'
  readonly count: number
  readonly tokens: number
}

async function compare(ours: Side, theirs: Side, { sampling, count, tokens }: Streams): Promise<string> {
  const prompts = Array.from({ length: count }, (_, i) => `Tell me a story about ${questions[i % questions.length]}.`)
  const draw = () => ours.ask({ cmd: 'generate', prompts, tokens }, generated)
  const first = await draw()
  const theirDraw = () => theirs.ask({ cmd: 'generate', prompts: first.prompts, tokens }, generated)
  const second = await theirDraw()
  const same = first.ids.filter((ids, i) => ids.slice(0, agreeing).join() === second.ids[i].slice(0, agreeing).join())
  if (sampling === 'float32' && same.length < count)
    throw new Error(`${count - same.length} streams differ: nothing is timed`)
  const speeds: number[] = []
  const theirSpeeds: number[] = []
  // A stream that ends by itself ends on both sides, or counts what it has.
  const speed = ({ ids, seconds }: z.infer<typeof generated>) => ids.reduce((sum, row) => sum + row.length, 0) / seconds
  for (let round = 0; round < rounds; round++) {
    speeds.push(speed(await draw()))
    theirSpeeds.push(speed(await theirDraw()))
  }
  const ratio = quartiles(speeds.map((value, i) => value / theirSpeeds[i]))
  return `| ${sampling === 'int8' ? '8 bits' : 'float32'} | ${count} | ${shown(quartiles(speeds), 1)} | ${shown(quartiles(theirSpeeds), 1)} | ${shown(ratio)} |`
}
