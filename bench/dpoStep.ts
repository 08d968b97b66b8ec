/** Our side of the DPO benchmark: the preference loop, driven line by line as bench/python/dpo_step.py is. */
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Preference } from '../src/data/rollout.ts'
import { dpo } from '../src/objectives/dpo.ts'
import { type LocalPolicy, local } from '../src/policy/local/local.ts'
import type { FrozenPolicy } from '../src/policy/policy.ts'
import { preferenceFile } from '../src/tasks/preferenceFile.ts'
import { preference } from '../src/train/preference.ts'

const commandSchema = z.discriminatedUnion('cmd', [
  z.object({ cmd: z.literal('load'), folder: z.string(), pairs: z.string(), batch: z.int(), threads: z.int() }),
  z.object({ cmd: z.literal('steps'), n: z.int() }),
  z.object({ cmd: z.literal('quit') }),
])

const adam = { learningRate: 3e-4, clipNorm: 1 }
let loaded: { policy: LocalPolicy; reference: FrozenPolicy; pairs: readonly Preference[]; batch: number } | undefined

for await (const line of createInterface({ input: process.stdin })) {
  const command = commandSchema.parse(JSON.parse(line))
  if (command.cmd === 'quit') break
  const answer = command.cmd === 'load' ? await load(command) : await steps(command.n)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)

async function load({
  folder,
  pairs: file,
  batch,
  threads,
}: {
  folder: string
  pairs: string
  batch: number
  threads: number
}) {
  const policy = await local(folder, { threads })
  const pairs = (await preferenceFile(file)).filter((each) => 'chosen' in each)
  loaded = { policy, reference: policy.freeze(), pairs, batch }
  return { parameters: policy.weights().length }
}

/** So many steps of the loop; the reference's pass is not counted, as it is not where it is precomputed. */
async function steps(n: number) {
  if (loaded === undefined) throw new Error('load a model first')
  const { policy, reference, pairs: data, batch } = loaded
  const { history, seconds } = await preference({
    ...{ policy, reference, data, batch, adam },
    objective: dpo({ beta: 0.1 }),
    steps: n,
    seed: 1,
    folder: false,
  })
  return { losses: history.map(({ metrics }) => metrics.loss), seconds, peakRss: process.resourceUsage().maxRSS * 1024 }
}
