/** A training run as a file says it: `export default defineConfig({ ... })`, or the same keys in YAML or JSON. */
import { z } from 'zod'
import type { Credit } from '../credit/credit.ts'
import type { Json } from '../data/message.ts'
import { type NanoSize, nanoSizes } from '../nn/config.ts'
import { type LoraOptions, loraTargets } from '../nn/lora.ts'
import type { Objective } from '../objectives/objective.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import type { Reward } from '../rewards/reward.ts'
import type { Shaping } from '../shaping/shaping.ts'
import type { Task } from '../tasks/task.ts'
import type { Companion, NamedCompanion } from './companion.ts'
import type { PreferenceConfig } from './preferenceConfig.ts'
import { chosen, expected, keyed, positive, share, whole } from './schema.ts'

/** A part by its name: 'grpo', 'grpo(normalise=none)', or { name: 'grpo', normalise: 'none' }. */
export type Named = string | { readonly name: string; readonly [option: string]: Json }

/** A new model of 0.2, 1 or 3 million parameters with a vocabulary of characters. */
export interface NanoPolicy {
  readonly nano: {
    readonly size: NanoSize
    /** Draws its weights. Default: the run's seed. */
    readonly seed?: number | string
    /** Most tokens of prompt and answer together. Default 256. */
    readonly context?: number
    /** The characters it knows, where the task does not say which it uses. */
    readonly alphabet?: string
  }
}

/** A model that is there already: what learns of it, and how it is run. */
export interface ModelPolicy {
  /** The folder of a model, of adapters or of a run; a .gguf file; a name on the hub. */
  readonly model: string
  readonly lora?: LoraOptions
  readonly sampling?: 'float32' | 'int8'
  readonly threads?: number
  /** Megabytes of one microbatch. */
  readonly memoryBudget?: number
  /** Most completions that decode together. */
  readonly rows?: number
}

/** What a policy is made from. */
export type AskedPolicy = NanoPolicy | ModelPolicy | string | Policy

/** Prompts from a file: columns by name, nested ones as 'a.b'. */
export interface DataFileTask {
  readonly dataFile: string
  readonly prompt: string
  readonly reference?: string
  readonly id?: string
  readonly meta?: readonly string[]
  readonly order?: 'shuffled' | 'file'
  /** Default 'throw'. */
  readonly broken?: 'throw' | 'skip'
}

/** A reward that a file exports, run in worker threads: past its deadline a call is killed. */
export interface RewardModule {
  readonly module: string
  /** Milliseconds for one answer. Default 10 000. */
  readonly deadlineMs?: number
  /** Default: one less than the processor has. */
  readonly workers?: number
}

export interface TrainConfig {
  /** A new nano model, a model that is there already (by its name alone, or with how it learns), or a policy made in code. */
  readonly policy: AskedPolicy
  readonly task: Task | DataFileTask | Named
  /** Default: the task's own. */
  readonly reward?: Reward | RewardModule | Named
  readonly credit: Credit | Named
  readonly objective: Objective | Named
  readonly shaping?: readonly (Shaping | Named)[]
  readonly companions?: readonly (Companion | Named)[]
  /** Supervised steps on the task's demonstrations before training on the reward. */
  readonly warmup?: {
    readonly steps: number
    /** Demonstrations a step. Default 32. */
    readonly batch?: number
    /** Default 2e-3. */
    readonly learningRate?: number
  }
  /** Prompts a step. Default 8. */
  readonly prompts?: number
  /** Answers a prompt. Default 8. */
  readonly groupSize?: number
  readonly steps: number
  /** Default: learning rate 1e-3 (for nano models; 1e-6 suits real ones), clip norm 1. */
  readonly adam?: Partial<Adam>
  /** Most tokens of an answer. Default 64. */
  readonly maxTokens?: number
  /** Default 1. */
  readonly temperature?: number
  /** The text that ends a step of an answer. Default: answers have no steps. */
  readonly stepSeparator?: string
  /** Passes over each step's answers. Default 1. */
  readonly epochs?: number
  /** Updates a pass. Default 1. */
  readonly minibatches?: number
  /** Success on prompts that training never sees. */
  readonly evaluation?: {
    readonly prompts: number
    /** Steps between evaluations. Default 25. */
    readonly every?: number
    /** Answers a prompt, for pass@k. Default 1, greedy. */
    readonly samples?: number
    readonly passAt?: readonly number[]
    /** Ends the run once held-out accuracy reaches this. */
    readonly stopAt?: number
  }
  /** Milliseconds one call of the reward may take. Default 60 000. */
  readonly deadlineMs?: number
  /** Most calls of the reward in flight. Default 64. */
  readonly inFlight?: number
  /** The run stops when a larger share of a step's answers could not be scored. Default 0.5. */
  readonly unscoredLimit?: number
  /** Steps between checkpoints. Default 50. */
  readonly checkpointEvery?: number
  /** Default 1. */
  readonly seed?: number | string
  /** Where the run leaves its files. Default: a new folder under runs/. */
  readonly folder?: string
}

/** Gives the configuration back: lets an editor check and complete it. */
export function defineConfig<Config extends TrainConfig | PreferenceConfig>(config: Config): Config {
  return config
}

/** How the parts of a configuration are read: what they are made of is known on the floors above. */
export interface PartSchemas {
  readonly task: z.ZodType<Task>
  readonly reward: z.ZodType<Reward | RewardModule>
  readonly credit: z.ZodType<Credit>
  readonly objective: z.ZodType<Objective>
  readonly shaping: z.ZodType<Shaping>
  readonly companion: z.ZodType<Companion | NamedCompanion>
}

/** The schema of a configuration, whatever wrote it; its output has all defaults that are not the loop's own. */
export function trainConfigSchema({ task, reward, credit, objective, shaping, companion }: PartSchemas) {
  return keyed({
    policy: policySchema,
    task,
    reward: reward.optional(),
    credit,
    objective,
    shaping: z.array(shaping).optional(),
    companions: z.array(companion).optional(),
    warmup: keyed({
      steps: whole(1),
      batch: whole(1).optional(),
      learningRate: positive().optional(),
    }).optional(),
    prompts: whole(1).default(8),
    groupSize: whole(1).default(8),
    steps: whole(1),
    adam: adamSchema(1e-3),
    maxTokens: whole(1).default(64),
    temperature: positive().optional(),
    stepSeparator: z.string().min(1).optional(),
    epochs: whole(1).optional(),
    minibatches: whole(1).optional(),
    evaluation: keyed({
      prompts: whole(1),
      every: whole(1).optional(),
      samples: whole(1).optional(),
      passAt: z.array(whole(1)).optional(),
      stopAt: share().optional(),
    }).optional(),
    deadlineMs: positive().optional(),
    inFlight: whole(1).optional(),
    unscoredLimit: share().optional(),
    checkpointEvery: whole(1).optional(),
    seed: seedSchema().default(1),
    folder: z.string().optional(),
  } satisfies Record<keyof TrainConfig, z.ZodType>)
}

export type CheckedConfig = z.output<ReturnType<typeof trainConfigSchema>>

const nanoSchema = keyed({
  nano: keyed({
    size: z.enum(nanoSizes),
    seed: seedSchema().optional(),
    context: whole(8).optional(),
    alphabet: z.string().optional(),
  }),
})

export const loraSchema = keyed({
  rank: whole(1),
  alpha: positive().optional(),
  dropout: share().optional(),
  targets: z.array(z.enum(loraTargets)).min(1).optional(),
  seed: z.number().optional(),
}) satisfies z.ZodType<LoraOptions>

const modelSchema = keyed({
  model: z.string(),
  lora: loraSchema.optional(),
  sampling: z.enum(['float32', 'int8']).optional(),
  threads: whole(1).optional(),
  memoryBudget: positive().optional(),
  rows: whole(1).optional(),
}) satisfies z.ZodType<ModelPolicy>

export const policySchema: z.ZodType<AskedPolicy> = chosen<AskedPolicy>((value) => {
  if (typeof value === 'string') return z.string()
  if (has(value, 'backward')) return made<Policy>('a policy', 'backward')
  return typeof value === 'object' && value !== null && 'model' in value ? modelSchema : nanoSchema
})

/** The optimiser's settings, with this learning rate and this clip norm where none are given. */
export function adamSchema(learningRate: number, clipNorm = 1) {
  return keyed({
    learningRate: positive().default(learningRate),
    beta1: share().optional(),
    beta2: share().optional(),
    epsilon: positive().optional(),
    weightDecay: z.number().min(0).optional(),
    clipNorm: positive().default(clipNorm),
  }).default({ learningRate, clipNorm })
}

export function seedSchema() {
  return z.union([z.number(), z.string()], { error: ({ input }) => expected('a number or a text', input) })
}

/** Something made in code, recognised by one of its functions. */
function made<T>(what: string, verb: string): z.ZodType<T> {
  return z.custom<T>((value) => has(value, verb), { error: ({ input }) => expected(what, input) })
}

function has(value: unknown, verb: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, verb) === 'function'
}
