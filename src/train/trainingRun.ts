/** A training loop's folder: opened, taken up again, and everything that must travel in a checkpoint. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import { openRun, type Run } from '../runs/index.ts'
import type { PolicyGradientOptions } from './policyGradient.ts'

/** Where a loop is: all its counters. Random streams need no state, since each is named by its seed and step. */
export interface Place {
  step: number
  /** Prompts taken from the task's stream. */
  taken: number
  tokens: number
  seconds: number
  accuracies: { step: number; accuracy: number }[]
}

const placeSchema = z.object({
  step: z.int(),
  taken: z.int(),
  tokens: z.int(),
  seconds: z.number(),
  accuracies: z.array(z.object({ step: z.int(), accuracy: z.number() })),
})

const stateSchema = z.object({
  place: placeSchema,
  credit: z.unknown(),
  shaping: z.array(z.unknown()),
})

/** What must be remembered between steps beside the policy's and the companions' own files. */
export function snapshot({ credit, shaping = [] }: PolicyGradientOptions, place: Place): Json {
  const state = { place, credit: credit.state?.() ?? null, shaping: shaping.map((each) => each.state?.() ?? null) }
  // Through JSON and back: a state that JSON cannot hold is found here, not when the run is resumed.
  return JSON.parse(JSON.stringify(state))
}

/** Opens the run's folder and goes back to where it was left. */
export async function openTrainingRun(options: PolicyGradientOptions): Promise<{ run: Run | undefined; place: Place }> {
  const fresh: Place = { step: 0, taken: 0, tokens: 0, seconds: 0, accuracies: [] }
  if (options.folder === false) {
    if (options.resume === true) throw new GuerdonError('a run without a folder cannot be resumed')
    return { run: undefined, place: fresh }
  }
  const folder = options.folder ?? freshFolder(`${options.task.name}-${options.credit.name}`)
  const run = await openRun(folder, {
    config: settings(options),
    seed: options.seed,
    ...(options.resume === undefined ? {} : { resume: options.resume }),
  })
  if (run.resumed === undefined) return { run, place: fresh }
  try {
    return { run, place: await restore(options, run.resumed.folder, run.resumed.state) }
  } catch (thrown) {
    await run.close()
    throw thrown
  }
}

/** Loads a checkpoint into the policy, the companions, the credit and the shapings. */
export async function restore(options: PolicyGradientOptions, folder: string, state: Json): Promise<Place> {
  const read = stateSchema.safeParse(state)
  if (!read.success)
    throw new GuerdonError(`this is not the state of a policy-gradient run: ${read.error.issues[0].message}`, {
      where: join(folder, 'state.json'),
    })
  await options.policy.load(join(folder, 'policy'))
  for (const companion of options.companions ?? []) await companion.load(join(folder, companion.name))
  options.credit.restore?.(read.data.credit)
  options.shaping?.forEach((each, i) => {
    each.restore?.(read.data.shaping[i])
  })
  return read.data.place
}

/** runs/<name>, or the first of runs/<name>-2, runs/<name>-3, ... that is not there yet. */
export function freshFolder(name: string): string {
  const base = join('runs', name.replaceAll(/[^\w.-]+/g, '-'))
  if (!existsSync(base)) return base
  for (let i = 2; ; i++) if (!existsSync(`${base}-${i}`)) return `${base}-${i}`
}

/** What config.json says: every choice by name. */
function settings(options: PolicyGradientOptions): { readonly [key: string]: Json } {
  const { task, credit, objective, evaluation, shaping = [], companions = [] } = options
  return {
    task: task.name,
    reward: task.reward.name,
    credit: credit.name,
    objective: objective.name,
    shaping: shaping.map((each) => each.name),
    companions: companions.map((each) => each.name),
    prompts: options.prompts,
    groupSize: options.groupSize,
    steps: options.steps,
    adam: { learningRate: 1e-3, clipNorm: 1, ...options.adam },
    maxTokens: options.maxTokens ?? 64,
    temperature: options.temperature ?? 1,
    epochs: options.epochs ?? 1,
    minibatches: options.minibatches ?? 1,
    unscoredLimit: options.unscoredLimit ?? 0.5,
    ...(evaluation === undefined
      ? {}
      : {
          evaluation: {
            prompts: evaluation.prompts.length,
            every: evaluation.every ?? 25,
            samples: evaluation.samples ?? 1,
            ...(evaluation.stopAt === undefined ? {} : { stopAt: evaluation.stopAt }),
          },
        }),
  }
}
