/** What the policy-gradient loop is told: the choices, their defaults, and what they may not be. */
import { z } from 'zod'
import type { Credit } from '../credit/credit.ts'
import { GuerdonError } from '../data/error.ts'
import type { Json, Prompt } from '../data/message.ts'
import type { Schedule } from '../nn/schedule.ts'
import type { Objective } from '../objectives/objective.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import type { Shaping } from '../shaping/shaping.ts'
import type { Task } from '../tasks/task.ts'
import type { Companion } from './companion.ts'
import { check, share, whole } from './schema.ts'

export interface PolicyGradientOptions {
  readonly policy: Policy
  readonly task: Task
  readonly credit: Credit
  readonly objective: Objective
  readonly shaping?: readonly Shaping[]
  readonly companions?: readonly Companion[]
  /** Prompts a step. */
  readonly prompts: number
  /** Answers a prompt (G). */
  readonly groupSize: number
  readonly steps: number
  readonly seed: number | string
  /** Default: learning rate 1e-3 (nano models; a thousandth of it for real ones), clip norm 1. */
  readonly adam?: Adam
  /** Factor of the learning rate by step. Default: always 1. */
  readonly schedule?: Schedule
  /** Most tokens of an answer. Default 64. */
  readonly maxTokens?: number
  /** Default 1. */
  readonly temperature?: number
  /** The text that ends a step of an answer: rewards see the steps, and scores of steps land on the tokens that end them. */
  readonly stepSeparator?: string
  /** Passes over each step's rollouts. Default 1. */
  readonly epochs?: number
  /** Updates a pass; groups are dealt out to them evenly. Default 1. */
  readonly minibatches?: number
  readonly evaluation?: EvaluationPlan
  /** Milliseconds one call of the reward may take. Default 60 000. */
  readonly deadlineMs?: number
  /** Most calls of the reward in flight. Default 64. */
  readonly inFlight?: number
  /** The run stops when a larger share of a step's answers could not be scored. Default 0.5. */
  readonly unscoredLimit?: number
  /** Where the run leaves its files; false: nowhere. Default: a new folder under runs/. */
  readonly folder?: string | false
  /**
   * Goes on from the latest checkpoint in `folder`. The policy given must be the one that the run was started with: it is
   * the reference, and takes its weights from the checkpoint.
   */
  readonly resume?: boolean
  /** Steps between checkpoints; the last step always has one. Default 50. */
  readonly checkpointEvery?: number
  /** Further choices for the run's config.json: what made the policy, for example. */
  readonly recorded?: { readonly [key: string]: Json }
  /** Aborted: the step at hand is finished, a checkpoint written, and the run returns. */
  readonly signal?: AbortSignal
  readonly onStep?: (progress: StepProgress) => void
}

export interface EvaluationPlan {
  /** Prompts that the task's own stream never gives (see `heldOut`). */
  readonly prompts: readonly Prompt[]
  /** Steps between evaluations; the first is before training, one is always after the last step. Default 25. */
  readonly every?: number
  /** Answers a prompt, for pass@k. Default 1, greedy. */
  readonly samples?: number
  /** The k's of pass@k, at most `samples`. Default: samples. */
  readonly passAt?: readonly number[]
  /** Ends the run once held-out accuracy reaches this. */
  readonly stopAt?: number
}

export interface StepProgress {
  /** Counted from 1; 0 is the evaluation before training. */
  readonly step: number
  readonly steps: number
  readonly metrics: Readonly<Record<string, number>>
}

/** The options with every default filled in. */
export type ResolvedOptions = PolicyGradientOptions &
  Required<
    Pick<
      PolicyGradientOptions,
      | 'shaping'
      | 'companions'
      | 'adam'
      | 'maxTokens'
      | 'temperature'
      | 'epochs'
      | 'minibatches'
      | 'unscoredLimit'
      | 'checkpointEvery'
    >
  > & { readonly evaluation?: EvaluationPlan & Required<Pick<EvaluationPlan, 'every' | 'samples'>> }

/** Fills in the defaults. Throws a GuerdonError that names each number out of its bounds. */
export function resolveOptions(options: PolicyGradientOptions): ResolvedOptions {
  const { evaluation } = options
  const resolved: ResolvedOptions = {
    ...options,
    shaping: options.shaping ?? [],
    companions: options.companions ?? [],
    adam: options.adam ?? { learningRate: 1e-3, clipNorm: 1 },
    maxTokens: options.maxTokens ?? 64,
    temperature: options.temperature ?? 1,
    epochs: options.epochs ?? 1,
    minibatches: options.minibatches ?? 1,
    unscoredLimit: options.unscoredLimit ?? 0.5,
    checkpointEvery: options.checkpointEvery ?? 50,
    evaluation: evaluation && { ...evaluation, every: evaluation.every ?? 25, samples: evaluation.samples ?? 1 },
  }
  const read = check(bounds, resolved)
  if ('problems' in read)
    throw new GuerdonError(read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  const names = resolved.companions.map(({ name }) => name)
  if (new Set([...names, 'policy']).size <= names.length)
    throw new GuerdonError(`companions are saved by their names, and these cannot be told apart: ${names.join(', ')}`, {
      fix: "give each a name of its own, and none the name 'policy'",
    })
  const last = resolved.shaping.at(-1)
  if (last?.affine === true && resolved.credit.standardises === true)
    throw new GuerdonError(`${resolved.credit.name} standardises each group and so undoes the shaping ${last.name}`, {
      fix: 'use rloo, reinforce or grpo with normalise: none, or leave the shaping out',
    })
  if (options.resume === true && typeof options.folder !== 'string')
    throw new GuerdonError('a run without a folder cannot be resumed', { fix: 'name the folder of the run' })
  return resolved
}

const bounds = z.object({
  prompts: whole(1),
  groupSize: whole(1),
  steps: whole(),
  maxTokens: whole(1),
  epochs: whole(1),
  minibatches: whole(1),
  unscoredLimit: share(),
  checkpointEvery: whole(1),
  evaluation: z.object({ prompts: z.array(z.unknown()).min(1), every: whole(1), samples: whole(1) }).optional(),
})
