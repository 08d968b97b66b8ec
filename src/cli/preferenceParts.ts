/** The objectives on preferences that can be named in YAML or with a flag, and where preferences may come from. */
import { resolve } from 'node:path'
import { z } from 'zod'
import type { FeedbackObjective } from '../objectives/feedback.ts'
import * as objectives from '../objectives/index.ts'
import type { PairObjective } from '../objectives/pair.ts'
import type { PreferenceFile, PreferenceSchemas } from '../train/preferenceConfig.ts'
import type { PreferenceData } from '../train/preferenceExamples.ts'
import { chosen, keyed, positive, share } from '../train/schema.ts'
import { choice, type Parts, part } from './parts.ts'

type PreferenceObjective = PairObjective | FeedbackObjective

const beta = positive().optional()
const reduction = z.enum(['class-mean', 'sample-mean']).optional()

/** Objectives that need nothing which only code can give. */
export const preferenceObjectives: Parts<PreferenceObjective> = {
  dpo: part(
    {
      beta,
      loss: z.enum(objectives.dpoLosses).optional(),
      labelSmoothing: share().optional(),
      lengthNormalised: z.boolean().optional(),
    },
    objectives.dpo,
  ),
  simpo: part({ beta, gamma: z.number().optional() }, objectives.simpo),
  orpo: part({ lambda: positive().optional() }, objectives.orpo),
  kto: part(
    {
      beta,
      desirableWeight: positive().optional(),
      undesirableWeight: positive().optional(),
      baseline: z.enum(['mismatched', 'batch', 'none']).optional(),
      reduction,
    },
    objectives.kto,
  ),
  bco: part(
    { beta, shift: z.enum(['midpoint', 'running-mean', 'none']).optional(), decay: share().optional(), reduction },
    objectives.bco,
  ),
}

const isObjective = (value: object): value is PreferenceObjective =>
  'over' in value && 'evaluate' in value && typeof value.evaluate === 'function'

/** The parts of a configuration on preferences; files they name are looked for from `base`. */
export function preferenceSchemas(base: string): PreferenceSchemas {
  const name = z.string().optional()
  const file = keyed({
    file: z.string().transform((path) => resolve(base, path)),
    prompt: name,
    chosen: name,
    rejected: name,
    completion: name,
    label: name,
    broken: z.enum(['throw', 'skip']).optional(),
  })
  const path = z.string().transform((written): PreferenceFile => ({ file: resolve(base, written) }))
  const made = z.custom<PreferenceData>((value) => Array.isArray(value) && value.length > 0, {
    error: 'expected the name of a file, { file, ... } or a list of preferences',
  })
  return {
    data: chosen<PreferenceFile | PreferenceData>((value) => {
      if (typeof value === 'string') return path
      return typeof value === 'object' && value !== null && 'file' in value ? file : made
    }),
    objective: choice('objective on preferences', preferenceObjectives, isObjective),
  }
}
