/** What the preference loop is told: the choices, their defaults, and what they may not be. */
import { z } from 'zod'
import type { TokenScorer } from '../credit/tokenScorer.ts'
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import type { Schedule } from '../nn/schedule.ts'
import type { FeedbackObjective } from '../objectives/feedback.ts'
import type { PairObjective } from '../objectives/pair.ts'
import type { Adam, FrozenPolicy, Policy } from '../policy/policy.ts'
import type { Companion } from './companion.ts'
import type { StepProgress } from './options.ts'
import type { Example, PreferenceData } from './preferenceExamples.ts'
import { check, whole } from './schema.ts'

/** A step as a companion of the loop sees it: `readouts[i][k]` is of sequence k of example i. */
export interface PreferenceLesson {
  readonly examples: readonly Example[]
  readonly readouts: readonly (readonly Readout[])[]
}

export type PreferenceCompanion = Companion<PreferenceLesson>

export interface PreferenceOptions {
  readonly policy: Policy
  /** Pairs or judged answers. Pairs serve an objective on single answers too, each as one of either kind. */
  readonly data: PreferenceData
  readonly objective: PairObjective | FeedbackObjective
  /** What stays near. Default: the policy as it is when the run begins. */
  readonly reference?: FrozenPolicy
  /** Gives `processRewards` to objectives that weigh tokens; asked once for each answer. */
  readonly tokenScores?: TokenScorer
  readonly companions?: readonly PreferenceCompanion[]
  /** Pairs, or judged answers, a step. Default 32. */
  readonly batch?: number
  /** Passes over the data. Default 1. */
  readonly epochs?: number
  /** Steps in all, however many passes that takes. Default: `epochs`. */
  readonly steps?: number
  readonly seed: number | string
  /** Default: learning rate 3e-4 (nano models; a thousandth of it for real ones), clip norm 1. */
  readonly adam?: Adam
  /** Factor of the learning rate by step. Default: always 1. */
  readonly schedule?: Schedule
  readonly evaluation?: PreferenceEvaluation
  /** Where fixed numbers are kept, for several runs to share. Default: within the run's folder. */
  readonly cache?: string
  /** Where the run leaves its files; false: nowhere. Default: a new folder under runs/. */
  readonly folder?: string | false
  /**
   * Goes on from the latest checkpoint in `folder`. The policy given must be the one that the run was started with: it is
   * the reference, and takes its weights from the checkpoint.
   */
  readonly resume?: boolean
  /** Steps between checkpoints; the last step always has one. Default 50. */
  readonly checkpointEvery?: number
  /** Aborted: the step at hand is finished, a checkpoint written, and the run returns. */
  readonly signal?: AbortSignal
  readonly onStep?: (progress: StepProgress) => void
}

export interface PreferenceEvaluation {
  /** Examples that training does not have. */
  readonly data: PreferenceData
  /** Steps between evaluations; the first is before training, one is always after the last step. Default 25. */
  readonly every?: number
  /** Further numbers to measure beside the margins, such as the success of sampled answers. */
  readonly measure?: (policy: Policy) => Promise<Readonly<Record<string, number>>>
}

/** The options with every default filled in. */
export type ResolvedPreference = PreferenceOptions &
  Required<Pick<PreferenceOptions, 'companions' | 'batch' | 'epochs' | 'adam' | 'checkpointEvery'>> & {
    readonly evaluation?: PreferenceEvaluation & Required<Pick<PreferenceEvaluation, 'every'>>
  }

/** Fills in the defaults. Throws a GuerdonError that names each number out of its bounds, and what does not fit together. */
export function resolvePreference(options: PreferenceOptions): ResolvedPreference {
  const { evaluation, objective } = options
  const resolved: ResolvedPreference = {
    ...options,
    companions: options.companions ?? [],
    batch: options.batch ?? 32,
    epochs: options.epochs ?? 1,
    adam: options.adam ?? { learningRate: 3e-4, clipNorm: 1 },
    checkpointEvery: options.checkpointEvery ?? 50,
    evaluation: evaluation && { ...evaluation, every: evaluation.every ?? 25 },
  }
  const read = check(bounds, resolved)
  if ('problems' in read)
    throw new GuerdonError(read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  const given =
    options.tokenScores !== undefined || resolved.companions.some(({ gives }) => gives.includes('processRewards'))
  if (objective.needs.includes('processRewards') && !given)
    throw new GuerdonError(`${objective.name} needs a score for each token, which nothing here gives`, {
      fix: 'give tokenScores: contrastivePrompts(...), dpoReward(...) or contrastiveEstimation(...)',
    })
  if (options.resume === true && typeof options.folder !== 'string')
    throw new GuerdonError('a run without a folder cannot be resumed', { fix: 'name the folder of the run' })
  return resolved
}

const bounds = z.object({
  batch: whole(1),
  epochs: whole(1),
  steps: whole().optional(),
  checkpointEvery: whole(1),
  evaluation: z.object({ every: whole(1) }).optional(),
})
