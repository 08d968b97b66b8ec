/** One arm of a comparison of credits: the loop with this arm's parts on what all arms share, and the numbers it is judged by. */
import type { Credit } from 'guerdon/credit'
import type { Prompt } from 'guerdon/data'
import { random } from 'guerdon/data'
import { decoderLayout, initialise, nanoConfig, type Schedule } from 'guerdon/nn'
import { clipped, type Objective } from 'guerdon/objectives'
import { copyOf, type LocalPolicy, localPolicy } from 'guerdon/policy'
import type { Shaping } from 'guerdon/shaping'
import type { Task } from 'guerdon/tasks'
import { characterTokenizer } from 'guerdon/text'
import { type ArmRun, type Companion, policyGradient, type StepProgress } from 'guerdon/train'

/** What all arms of a seed start from. */
export interface Start {
  readonly task: Task
  readonly model: LocalPolicy
  readonly heldOut: readonly Prompt[]
}

/** What all arms may spend. */
export interface Budget {
  readonly prompts: number
  readonly groupSize: number
  readonly steps: number
  readonly maxTokens: number
  readonly learningRate: number
  /** Steps between evaluations. */
  readonly every: number
  /** Answers to a held-out prompt: one is greedy, several are drawn. */
  readonly samples: number
  readonly stepSeparator?: string
}

/** An arm's choices. */
export interface ArmParts {
  readonly credit: Credit
  /** Default: PPO's clip with 0.2 and 0.28. */
  readonly objective?: Objective
  readonly shaping?: readonly Shaping[]
  readonly companions?: readonly Companion[]
  readonly schedule?: Schedule
  /** Steps beyond the budget, in which the policy stands still. */
  readonly moreSteps?: number
}

/** Gives a further model that starts as the policy does, freed after the run. */
export type CopyModel = (options?: { readonly valueHead?: boolean }) => LocalPolicy

/** Makes an arm's parts. */
export type MakeParts = (copy: CopyModel, start: Start, seed: number) => ArmParts | Promise<ArmParts>

export interface Trained {
  readonly history: readonly StepProgress[]
  readonly policy: LocalPolicy
  readonly accuracy: number
}

/** A model of two layers of width 64: 0.1 million parameters. */
export function tinyModel(alphabet: string, seed: number, context: number): LocalPolicy {
  const tokenizer = characterTokenizer(alphabet)
  const config = { ...nanoConfig('0.2M', tokenizer.vocabularySize, { context }), layers: 2 }
  return localPolicy(config, initialise(decoderLayout(config), random(`weights ${seed}`)), tokenizer)
}

/**
 * Trains a copy of the start's model and gives held-out accuracy, its curve, the sampled tokens (in thousands) and the seconds of
 * training; `measure` adds numbers of its own.
 */
export function creditArm(
  budget: Budget,
  make: MakeParts,
  measure: (trained: Trained, start: Start, seed: number) => Partial<ArmRun> | Promise<Partial<ArmRun>> = () => ({}),
): (start: Start, seed: number) => Promise<ArmRun> {
  return async (start, seed) => {
    const policy = copyOf(start.model)
    const copies: LocalPolicy[] = []
    const copy = (options: { readonly valueHead?: boolean } = {}) => {
      const model = copyOf(start.model, { ...options, seed })
      copies.push(model)
      return model
    }
    try {
      const { moreSteps = 0, objective = clipped({ low: 0.2, high: 0.28 }), ...parts } = await make(copy, start, seed)
      const result = await policyGradient({
        ...parts,
        policy,
        task: start.task,
        objective,
        prompts: budget.prompts,
        groupSize: budget.groupSize,
        steps: budget.steps + moreSteps,
        maxTokens: budget.maxTokens,
        adam: { learningRate: budget.learningRate, clipNorm: 1 },
        evaluation: { prompts: start.heldOut, every: budget.every, samples: budget.samples },
        stepSeparator: budget.stepSeparator,
        seed,
        folder: false,
      })
      const accuracy = result.accuracyAfter ?? Number.NaN
      const own = await measure({ history: result.history, policy, accuracy }, start, seed)
      const tokens = result.history.reduce(
        (sum, { metrics }) => sum + (metrics.completionLength ?? 0) * budget.prompts * budget.groupSize,
        0,
      )
      return {
        value: own.value ?? accuracy,
        curves: { 'Held-out accuracy': curve(result.history, 'accuracy'), ...own.curves },
        extra: { ...own.extra, 'tokens, thousands': tokens / 1000, seconds: result.seconds },
      }
    } finally {
      for (const model of [policy, ...copies]) await model.close()
    }
  }
}

/** A metric over the steps that have it. */
export function curve(history: readonly StepProgress[], metric: string) {
  const found = history.filter(({ metrics }) => metrics[metric] !== undefined)
  return { steps: found.map(({ step }) => step), values: found.map(({ metrics }) => metrics[metric]) }
}

/** Success at sampling, the mean over the last steps: the area under the learning curve. */
export function success(history: readonly StepProgress[], { steps }: Budget): number {
  return late(history, 'parts/answer', steps)
}

/** The mean of a metric's last values. */
export function late(history: readonly StepProgress[], metric: string, steps = 10): number {
  const values = curve(history, metric).values.slice(-steps)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
