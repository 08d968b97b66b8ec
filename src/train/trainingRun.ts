/** A training loop's folder: opened, taken up again, and everything that must travel in a checkpoint. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import { openRun, type Run } from '../runs/index.ts'
import type { ResolvedOptions } from './options.ts'

/** Where a loop is: all its counters. Random streams need no state, since each is named by its seed and step. */
export interface Place {
  step: number
  /** Prompts taken from the task's stream, or examples from the data. */
  taken: number
  tokens: number
  seconds: number
  accuracies: { step: number; accuracy: number }[]
}

export const placeSchema = z.object({
  step: z.int(),
  taken: z.int(),
  tokens: z.int(),
  seconds: z.number(),
  accuracies: z.array(z.object({ step: z.int(), accuracy: z.number() })),
})

/** What a credit or a shaping remembers, under its name. */
export const memorySchema = z.object({ name: z.string(), state: z.unknown() })

const stateSchema = z.object({ place: placeSchema, credit: memorySchema, shaping: z.array(memorySchema) })

/** Something with a memory of its own. */
interface Keeper {
  readonly name: string
  state?(): unknown
  restore?(state: unknown): void
}

/** What must be remembered between steps beside the policy's and the companions' own files. */
export function snapshot({ credit, shaping }: ResolvedOptions, place: Place): Json {
  // Through JSON and back: what is kept is then all JSON, and shares nothing with a state that goes on changing.
  return JSON.parse(JSON.stringify({ place, credit: memoryOf(credit), shaping: shaping.map(memoryOf) }))
}

export function memoryOf(keeper: Keeper): { readonly name: string; readonly state: Json } {
  const read = z.json().safeParse(keeper.state?.() ?? null)
  // A typed array, a Map, a NaN: JSON would turn each into something else, and the run would resume as another.
  if (!read.success)
    throw new GuerdonError(`the state of '${keeper.name}' is more than JSON can hold: a checkpoint cannot keep it`, {
      fix: 'make state() return plain objects, lists, texts and finite numbers',
    })
  return { name: keeper.name, state: read.data }
}

/** Opens the run's folder and goes back to where it was left. */
export async function openTrainingRun(options: ResolvedOptions): Promise<{ run: Run | undefined; place: Place }> {
  const fresh: Place = { step: 0, taken: 0, tokens: 0, seconds: 0, accuracies: [] }
  if (options.folder === false) return { run: undefined, place: fresh }
  const folder = options.folder ?? freshFolder(`${options.task.name}-${options.credit.name}`)
  const run = await openRun(folder, { config: settings(options), seed: options.seed, resume: options.resume })
  if (run.resumed === undefined) return { run, place: fresh }
  try {
    return { run, place: await restore(options, run.resumed.folder, run.resumed.state) }
  } catch (thrown) {
    await run.close()
    throw thrown
  }
}

/** Loads a checkpoint into the policy, the companions, the credit and the shapings. */
async function restore(options: ResolvedOptions, folder: string, state: Json): Promise<Place> {
  const read = stateSchema.safeParse(state)
  if (!read.success)
    throw new GuerdonError(`this is not the state of a policy-gradient run: ${z.prettifyError(read.error)}`, {
      where: join(folder, 'state.json'),
      fix: 'resume it with what began it, or start another run in a folder of its own',
    })
  await options.policy.load(join(folder, 'policy'))
  for (const companion of options.companions) await companion.load(join(folder, companion.name))
  const { place, credit, shaping } = read.data
  remind(options.credit, credit)
  options.shaping.forEach((each, i) => {
    remind(each, shaping[i])
  })
  return place
}

/** Gives a memory back to whom it belongs: what took another's place in a resumed run starts without one. */
export function remind(keeper: Keeper, memory: z.output<typeof memorySchema> | undefined): void {
  if (memory?.name === keeper.name && memory.state !== null) keeper.restore?.(memory.state)
}

/** runs/<name>, or the first of runs/<name>-2, runs/<name>-3, ... that is not there yet. */
export function freshFolder(name: string): string {
  return unusedFolder(join('runs', name.replaceAll(/[^\w.-]+/g, '-')))
}

/** The folder itself where it is not there yet, else the first of <base>-2, <base>-3, ... that is not. */
export function unusedFolder(base: string): string {
  if (!existsSync(base)) return base
  for (let i = 2; ; i++) if (!existsSync(`${base}-${i}`)) return `${base}-${i}`
}

/** What config.json says: every choice by name. */
function settings(options: ResolvedOptions): { readonly [key: string]: Json } {
  const { task, credit, objective, evaluation, shaping, companions, recorded } = options
  return {
    ...recorded,
    task: task.name,
    reward: task.reward.name,
    credit: credit.name,
    objective: objective.name,
    shaping: shaping.map((each) => each.name),
    companions: companions.map((each) => each.name),
    prompts: options.prompts,
    groupSize: options.groupSize,
    steps: options.steps,
    adam: { ...options.adam },
    maxTokens: options.maxTokens,
    temperature: options.temperature,
    ...(options.stepSeparator === undefined ? {} : { stepSeparator: options.stepSeparator }),
    epochs: options.epochs,
    minibatches: options.minibatches,
    unscoredLimit: options.unscoredLimit,
    ...(evaluation === undefined
      ? {}
      : {
          evaluation: {
            prompts: evaluation.prompts.length,
            every: evaluation.every,
            samples: evaluation.samples,
            ...(evaluation.stopAt === undefined ? {} : { stopAt: evaluation.stopAt }),
          },
        }),
  }
}
