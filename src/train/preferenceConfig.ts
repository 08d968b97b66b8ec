/** A run on preferences as a file says it: `export default defineConfig({ kind: 'preference', ... })`, or YAML or JSON. */
import { z } from 'zod'
import type { FeedbackObjective } from '../objectives/feedback.ts'
import type { PairObjective } from '../objectives/pair.ts'
import type { Adam } from '../policy/policy.ts'
import { type AskedPolicy, adamSchema, type Named, policySchema, seedSchema } from './config.ts'
import type { PreferenceData } from './preferenceExamples.ts'
import { keyed, positive, share, whole } from './schema.ts'

/** Pairs (prompt, chosen, rejected) or judged answers (prompt, completion, label) from a file, with columns of other names. */
export interface PreferenceFile {
  readonly file: string
  readonly prompt?: string
  readonly chosen?: string
  readonly rejected?: string
  readonly completion?: string
  readonly label?: string
  /** Default 'throw'. */
  readonly broken?: 'throw' | 'skip'
}

export interface PreferenceConfig {
  readonly kind: 'preference'
  /** A new nano model, the folder of a model, or a policy made in code. Its state at the start is the reference. */
  readonly policy: AskedPolicy
  /** A file's name, a file with its columns, or preferences made in code. */
  readonly data: string | PreferenceFile | PreferenceData
  readonly objective: PairObjective | FeedbackObjective | Named
  /** Supervised steps on the preferred answers before anything else; the policy after them is the reference. */
  readonly warmup?: { readonly steps: number; readonly batch?: number; readonly learningRate?: number }
  /** Pairs, or judged answers, a step. Default 32. */
  readonly batch?: number
  /** Passes over the data. Default 1. */
  readonly epochs?: number
  /** Steps in all. Default: `epochs`. */
  readonly steps?: number
  /** Default: learning rate 3e-4 (for nano models; 5e-7 suits real ones), clip norm 1. */
  readonly adam?: Partial<Adam>
  readonly evaluation?: {
    /** Held-out preferences: a file, or this share of the data, drawn by the seed. */
    readonly data?: string | PreferenceFile | PreferenceData
    /** Default 0.1 where no data are given. */
    readonly share?: number
    /** Steps between evaluations. Default 25. */
    readonly every?: number
  }
  /** A folder for reference log-probs that several runs share. Default: within the run's folder. */
  readonly cache?: string
  readonly checkpointEvery?: number
  /** Default 1. */
  readonly seed?: number | string
  /** Where the run leaves its files. Default: a new folder under runs/. */
  readonly folder?: string
}

/** How the parts are read: what they are made of is known on the floors above. */
export interface PreferenceSchemas {
  readonly data: z.ZodType<PreferenceFile | PreferenceData>
  readonly objective: z.ZodType<PairObjective | FeedbackObjective>
}

/** The schema of a configuration of this kind; its output has all defaults that are not the loop's own. */
export function preferenceConfigSchema({ data, objective }: PreferenceSchemas) {
  return keyed({
    kind: z.literal('preference'),
    policy: policySchema,
    data,
    objective,
    warmup: keyed({ steps: whole(1), batch: whole(1).optional(), learningRate: positive().optional() }).optional(),
    batch: whole(1).optional(),
    epochs: whole(1).optional(),
    steps: whole(1).optional(),
    adam: adamSchema(3e-4),
    evaluation: keyed({ data: data.optional(), share: share().optional(), every: whole(1).optional() }).optional(),
    cache: z.string().optional(),
    checkpointEvery: whole(1).optional(),
    seed: seedSchema().default(1),
    folder: z.string().optional(),
  } satisfies Record<keyof PreferenceConfig, z.ZodType>)
}

export type CheckedPreference = z.output<ReturnType<typeof preferenceConfigSchema>>
