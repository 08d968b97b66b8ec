/** Recipes: one paper's claim put to the test, its method beside its baselines on the same data, budget and seeds. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { openJsonlLog } from '../data/appendJsonl.ts'
import { readJsonl } from '../data/jsonl.ts'
import type { Json } from '../data/message.ts'
import { type ArmCurves, type TokenPicture, writeComparisonReport } from '../runs/index.ts'
import { mean } from './metrics.ts'

/** One number a step. */
export interface Curve {
  /** What `steps` counts, where it is not steps. */
  readonly axis?: string
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/** What one arm measured with one seed. */
export interface ArmRun {
  /** The number the arms are compared by. */
  readonly value: number
  readonly curves?: Readonly<Record<string, Curve>>
  /** Further numbers worth a line in the table. */
  readonly extra?: Readonly<Record<string, number>>
}

/** What an arm measured over the seeds; the spread is the sample standard deviation. */
export interface ArmResult {
  readonly name: string
  readonly mean: number
  readonly sd: number
  readonly n: number
  readonly runs: readonly ArmRun[]
}

export type Holds = 'yes' | 'no' | 'mixed'

export interface Verdict {
  readonly holds: Holds
  /** One sentence with the numbers it rests on. */
  readonly because: string
}

export interface Recipe<Setup = unknown> {
  /** Its paper's; none where it compares methods of several. */
  readonly number?: number
  readonly title: string
  readonly paper: string
  /** The paper's claim in one sentence. */
  readonly claim: string
  /** What `value` is. */
  readonly measure: string
  readonly format?: 'share' | 'number'
  /** The seeds that are reported; others are chosen from outside. */
  readonly seeds: readonly number[]
  readonly settings: { readonly [key: string]: Json }
  /** What all arms of a seed start from: data, a warmed-up policy. */
  readonly prepare: (seed: number) => Promise<Setup>
  /** Frees what `prepare` opened, once the seed's arms are done or one of them threw. */
  readonly close?: (setup: Setup) => Promise<void>
  readonly arms: Readonly<Record<string, (setup: Setup, seed: number) => Promise<ArmRun>>>
  readonly verdict: (arms: Readonly<Record<string, ArmResult>>) => Verdict
  readonly notes?: readonly string[]
  /** What the arms say of the same answers, token by token, for the report; from the first seed's setup. */
  readonly pictures?: (setup: Setup, seed: number) => Promise<readonly TokenPicture[]>
}

/** Checks nothing but the types: lets a recipe file infer its own setup. */
export function recipe<Setup>(choices: Recipe<Setup>): Recipe<Setup> {
  return choices
}

export interface RecipeProgress {
  readonly arm: string
  readonly seed: number
  readonly done: number
  readonly of: number
  readonly run?: ArmRun
}

export interface RecipeOptions {
  /** Where results and the report go; results already there for the same seeds are kept. */
  readonly folder: string
  readonly seeds?: readonly number[]
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: RecipeProgress) => void
}

export interface RecipeResult extends Verdict {
  readonly recipe?: number
  readonly arms: Readonly<Record<string, ArmResult>>
  readonly claim: string
  readonly seconds: number
  readonly report: string
  /** False where the signal stopped it before all seeds were run: the same command goes on from there. */
  readonly complete: boolean
}

/** Runs every arm with every seed, writes the report and says whether the claim's direction held. */
export async function runRecipe<Setup>(choices: Recipe<Setup>, options: RecipeOptions): Promise<RecipeResult> {
  const began = performance.now()
  const seeds = options.seeds ?? choices.seeds
  const names = Object.keys(choices.arms)
  const file = join(options.folder, 'results.jsonl')
  await mkdir(options.folder, { recursive: true })
  const known = await finishedRuns(file, choices)
  const log = await openJsonlLog(file)
  const stopped = () => options.signal?.aborted === true
  let done = 0
  try {
    for (const seed of seeds) {
      const open = names.filter((name) => !known.has(`${name} ${seed}`))
      done += names.length - open.length
      if (open.length === 0 || stopped()) continue
      const setup = await choices.prepare(seed)
      try {
        for (const arm of open) {
          if (stopped()) break
          options.onProgress?.({ arm, seed, done, of: names.length * seeds.length })
          const line: Json = JSON.parse(JSON.stringify(await choices.arms[arm](setup, seed)))
          // As a later call will read it: the numbers of an interrupted recipe are those of an unbroken one.
          const run = runSchema.parse(line)
          known.set(`${arm} ${seed}`, run)
          await log.append({ arm, seed, settings: choices.settings, run: line })
          done++
          options.onProgress?.({ arm, seed, done, of: names.length * seeds.length, run })
        }
      } finally {
        await choices.close?.(setup)
      }
    }
  } finally {
    await log.close()
  }
  const arms = Object.fromEntries(names.map((name) => [name, summarise(name, seeds, known)]))
  const complete = done === names.length * seeds.length
  const verdict: Verdict = complete
    ? choices.verdict(arms)
    : {
        holds: 'mixed',
        because: `stopped after ${done} of ${names.length * seeds.length} runs: the same command goes on`,
      }
  const report = join(options.folder, 'report.html')
  await writeComparisonReport(report, {
    title: choices.title,
    paper: choices.paper,
    claim: choices.claim,
    verdict: verdict.holds,
    measure: choices.measure,
    ...(choices.format === undefined ? {} : { format: choices.format }),
    arms: Object.values(arms).map(({ name, mean, sd, n, runs }) => ({
      name,
      mean,
      sd,
      n,
      values: runs.map((run) => run.value),
      extra: extraMeans(runs),
    })),
    curves: curvesOf(Object.values(arms)),
    ...(complete && choices.pictures !== undefined
      ? { pictures: await choices.pictures(await choices.prepare(seeds[0]), seeds[0]) }
      : {}),
    notes: [verdict.because, ...(choices.notes ?? [])],
    settings: { ...choices.settings, seeds: [...seeds] },
  })
  const seconds = (performance.now() - began) / 1000
  return {
    ...(choices.number === undefined ? {} : { recipe: choices.number }),
    arms,
    claim: choices.claim,
    ...verdict,
    seconds,
    report,
    complete,
  }
}

/** JSON has no word for a number that is not finite: null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN)
const runSchema = z.object({
  value: measured,
  curves: z
    .record(
      z.string(),
      z.object({ axis: z.string().optional(), steps: z.array(z.number()), values: z.array(measured) }),
    )
    .optional(),
  extra: z.record(z.string(), measured).optional(),
})
const lineSchema = z.object({ arm: z.string(), seed: z.number(), settings: z.unknown(), run: runSchema })

/** Runs of an earlier, interrupted call with the very same settings. */
async function finishedRuns(file: string, { settings }: Pick<Recipe, 'settings'>): Promise<Map<string, ArmRun>> {
  const known = new Map<string, ArmRun>()
  const wanted = JSON.stringify(settings)
  if (!existsSync(file)) return known
  for await (const { value } of readJsonl(file, { tornTail: 'drop' })) {
    const line = lineSchema.safeParse(value)
    if (line.success && JSON.stringify(line.data.settings) === wanted)
      known.set(`${line.data.arm} ${line.data.seed}`, line.data.run)
  }
  return known
}

function summarise(name: string, seeds: readonly number[], known: ReadonlyMap<string, ArmRun>): ArmResult {
  const runs = seeds.flatMap((seed) => known.get(`${name} ${seed}`) ?? [])
  const values = runs.map((run) => run.value)
  return { name, mean: mean(values), sd: sampleDeviation(values), n: runs.length, runs }
}

/** Standard deviation with n - 1; 0 for a single value. */
export function sampleDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const centre = mean(values)
  return Math.sqrt(values.reduce((total, value) => total + (value - centre) ** 2, 0) / (values.length - 1))
}

/**
 * Whether a's mean beats b's on the same seeds: the mean difference over its standard error (paired t, with n - 1
 * degrees of freedom). Where seeds are paired by their common start, this is the test that uses it. A single pair shows
 * no spread to measure the difference by: t is NaN.
 */
export function pairedT(a: ArmResult, b: ArmResult): { readonly difference: number; readonly t: number } {
  const differences = a.runs.map((run, i) => run.value - b.runs[i].value)
  const difference = mean(differences)
  const error = sampleDeviation(differences) / Math.sqrt(differences.length)
  if (differences.length < 2) return { difference, t: Number.NaN }
  if (difference === 0) return { difference, t: 0 }
  return { difference, t: error === 0 ? Math.sign(difference) * Number.POSITIVE_INFINITY : difference / error }
}

function axisOf(arms: readonly ArmResult[], title: string): Pick<ArmCurves, 'axis'> {
  const axis = arms.flatMap(({ runs }) => runs.flatMap((run) => run.curves?.[title]?.axis ?? [])).at(0)
  return axis === undefined ? {} : { axis }
}

/** The mean of each further number over the runs that have it. */
export function extraMeans(runs: readonly ArmRun[]): Record<string, number> {
  const names = new Set(runs.flatMap(({ extra = {} }) => Object.keys(extra)))
  return Object.fromEntries([...names].map((name) => [name, mean(runs.flatMap(({ extra }) => extra?.[name] ?? []))]))
}

function curvesOf(arms: readonly ArmResult[]): ArmCurves[] {
  const names = new Set(arms.flatMap((arm) => arm.runs.flatMap((run) => Object.keys(run.curves ?? {}))))
  return [...names].map((title) => ({
    title,
    ...axisOf(arms, title),
    arms: arms.map(({ name, runs }) => {
      const curves = runs.flatMap((run) => run.curves?.[title] ?? [])
      const steps = [...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b)
      const at = steps.map((step) =>
        curves.flatMap((curve) => {
          const i = curve.steps.indexOf(step)
          return i < 0 ? [] : [curve.values[i]]
        }),
      )
      return { name, steps, mean: at.map(mean), sd: at.map(sampleDeviation) }
    }),
  }))
}
