/** A preference run's folder: opened, taken up again, and what must travel in a checkpoint. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import { openRun, type Run } from '../runs/index.ts'
import type { Examples } from './preferenceExamples.ts'
import type { ResolvedPreference } from './preferenceOptions.ts'
import { freshFolder, memoryOf, memorySchema, type Place, placeSchema, remind } from './trainingRun.ts'

const stateSchema = z.object({ place: placeSchema, objective: memorySchema })

/** What must be remembered between steps beside the policy's and the companions' own files. */
export function preferenceState({ objective }: ResolvedPreference, place: Place): Json {
  return JSON.parse(JSON.stringify({ place, objective: memoryOf(objective) }))
}

/** Opens the run's folder and goes back to where it was left. */
export async function openPreferenceRun(
  options: ResolvedPreference,
  data: Examples,
  steps: number,
): Promise<{ run: Run | undefined; place: Place }> {
  const fresh: Place = { step: 0, taken: 0, tokens: 0, seconds: 0, accuracies: [] }
  const { policy, objective, companions } = options
  if (options.folder === false) return { run: undefined, place: fresh }
  const folder = options.folder ?? freshFolder(objective.name)
  const config = settings(options, data, steps)
  const run = await openRun(folder, { config, seed: options.seed, resume: options.resume })
  if (run.resumed === undefined) return { run, place: fresh }
  try {
    const read = stateSchema.safeParse(run.resumed.state)
    if (!read.success)
      throw new GuerdonError(`this is not the state of a run on preferences: ${z.prettifyError(read.error)}`, {
        where: join(run.resumed.folder, 'state.json'),
        fix: 'resume it with what began it, or start another run in a folder of its own',
      })
    await policy.load(join(run.resumed.folder, 'policy'))
    for (const companion of companions) await companion.load(join(run.resumed.folder, companion.name))
    remind(objective, read.data.objective)
    return { run, place: read.data.place }
  } catch (thrown) {
    await run.close()
    throw thrown
  }
}

/** What config.json says: every choice by name, and the data by their digest. */
function settings(
  options: ResolvedPreference,
  { examples }: Examples,
  steps: number,
): { readonly [key: string]: Json } {
  const { objective, tokenScores, companions, batch, adam, evaluation } = options
  const digest = createHash('sha256')
  for (const { sequences } of examples) for (const { tokens } of sequences) digest.update(`${tokens} `)
  return {
    objective: objective.name,
    ...(tokenScores === undefined ? {} : { tokenScores: tokenScores.name }),
    companions: companions.map((each) => each.name),
    examples: examples.length,
    data: digest.digest('hex').slice(0, 16),
    batch,
    steps,
    adam: { ...adam },
    ...(evaluation === undefined ? {} : { evaluation: { examples: evaluation.data.length, every: evaluation.every } }),
  }
}
