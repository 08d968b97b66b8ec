/** The tasks, credits and objectives that can be named in YAML or with a flag, and where a reward may come from. */
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Credit } from '../credit/credit.ts'
import * as credits from '../credit/index.ts'
import type { BrokenLine } from '../data/jsonl.ts'
import { unscored } from '../data/score.ts'
import * as objectives from '../objectives/index.ts'
import type { Objective } from '../objectives/objective.ts'
import type { KlEstimator } from '../policy/kl.ts'
import { defineReward, type Reward } from '../rewards/reward.ts'
import * as tasks from '../tasks/index.ts'
import type { Task } from '../tasks/task.ts'
import type { PartSchemas, RewardModule } from '../train/config.ts'
import { chosen, keyed, positive, share, whole } from '../train/schema.ts'
import { companionSchema } from './companionParts.ts'
import { choice, type Parts, part } from './parts.ts'
import { isReward, rewardChoice } from './rewardParts.ts'
import { shapingSchema } from './shapingParts.ts'

/** The parts of a configuration; files they name are looked for from `base`. */
export function partSchemas(base: string): PartSchemas {
  return {
    task: taskSchema(base),
    reward: rewardSchema(base),
    credit: creditSchema,
    objective: objectiveSchema,
    shaping: shapingSchema,
    companion: companionSchema(base),
  }
}

const range = z.union([z.int(), z.tuple([z.int(), z.int()])]).optional()
const formatWeight = share().optional()

export const taskParts: Parts<Task> = {
  addition: part({ digits: range, formatWeight }, tasks.addition),
  chainedArithmetic: part(
    {
      operations: range,
      operands: range,
      operators: z.array(z.enum(['+', '-', '*'])).optional(),
      modulus: whole(2).optional(),
      slips: share().optional(),
      formatWeight,
    },
    tasks.chainedArithmetic,
  ),
  countdown: part(
    {
      count: range,
      values: range,
      target: range,
      operators: z.array(z.enum(['+', '-', '*', '/'])).optional(),
      formatWeight,
    },
    tasks.countdown,
  ),
  digitPairs: part({}, () => tasks.digitPairs()),
  multipleChoice: part({ choices: range, holding: range, operands: range, formatWeight }, tasks.multipleChoice),
  needle: part(
    {
      questions: whole(1).optional(),
      length: whole(1).optional(),
      needles: whole(1).optional(),
      letters: whole(2).optional(),
      filler: share().optional(),
      seed: z.union([z.number(), z.string()]).optional(),
    },
    tasks.needle,
  ),
  sorting: part({ count: range, values: range, formatWeight }, tasks.sorting),
  thinkSolve: part(
    {
      sums: range,
      modulus: whole(2).optional(),
      process: keyed({
        think: share().optional(),
        right: share().optional(),
        wrong: share().optional(),
        solved: share().optional(),
        failed: share().optional(),
      }).optional(),
    },
    tasks.thinkSolve,
  ),
  stringEditing: part(
    {
      edits: z.array(z.enum(['reverse', 'rotate', 'replace', 'delete'])).optional(),
      length: range,
      letters: z.string().optional(),
      formatWeight,
    },
    tasks.stringEditing,
  ),
}

/** What a task has for a reward where none is given: it answers nothing, so it must be replaced. */
export const noReward: Reward = defineReward('none', () => unscored('reward', 'the task has no reward'))

const isTask = (value: object): value is Task => 'prompts' in value && typeof value.prompts === 'function'

function taskSchema(base: string): z.ZodType<Task> {
  const named = choice('task', taskParts, isTask)
  const file = keyed({
    dataFile: z.string(),
    prompt: z.string(),
    reference: z.string().optional(),
    id: z.string().optional(),
    meta: z.array(z.string()).optional(),
    order: z.enum(['shuffled', 'file']).optional(),
    broken: z.enum(['throw', 'skip']).optional(),
  }).transform(({ dataFile, broken, ...options }): Task => {
    const path = resolve(base, dataFile)
    const lines = broken === 'skip' ? ({ broken, onBroken: onceEach(path) } as const) : {}
    return tasks.dataFile(path, { ...options, ...lines, reward: noReward })
  })
  return chosen((value) => (typeof value === 'object' && value !== null && 'dataFile' in value ? file : named))
}

/** Tells of a file's broken lines, each once: a task reads its file again and again. */
function onceEach(path: string): (line: BrokenLine) => void {
  const told = new Set<number>()
  return ({ line, reason }) => {
    if (told.has(line) || told.size === mostTold) return
    told.add(line)
    const last = told.size === mostTold ? ' (further ones are left out without a word)' : ''
    process.stderr.write(`${path}:${line}: left out: ${reason}${last}\n`)
  }
}
const mostTold = 10

function rewardSchema(base: string): z.ZodType<Reward | RewardModule> {
  const module = keyed({
    module: z.string().transform((path) => resolve(base, path)),
    deadlineMs: positive().optional(),
    workers: whole(1).optional(),
  })
  const file = z.string().transform((path) => ({ module: resolve(base, path) }))
  return chosen<Reward | RewardModule>((value) => {
    if (typeof value === 'string' && /\.[cm]?[jt]s(#\w+)?$/.test(value)) return file
    return typeof value === 'object' && value !== null && 'module' in value && !isReward(value) ? module : rewardChoice
  })
}

const normalise = z.enum(['std', 'none']).optional()
const estimator: z.ZodType<KlEstimator> = z.enum(['k1', 'k2', 'k3'])

const isCredit = (value: object): value is Credit => 'assign' in value && typeof value.assign === 'function'
const creditSchema: z.ZodType<Credit> = z.lazy(() => choice('credit', creditParts, isCredit))

/** How a score says that its answer is right. */
const right = { part: z.string().optional(), threshold: z.number().optional() }

export const creditParts: Parts<Credit> = {
  grpo: part({ normalise, epsilon: positive().optional() }, credits.grpo),
  rloo: part({}, () => credits.rloo()),
  reinforce: part({ baseline: z.enum(['none', 'batch', 'group']).optional() }, credits.reinforce),
  bnpo: part(
    {
      parts: z.array(z.string()).optional(),
      range: z.tuple([z.number(), z.number()]).optional(),
      clamp: positive().optional(),
    },
    credits.bnpo,
  ),
  tempo: part({ weight: z.number().min(0).optional(), normalise, epsilon: positive().optional() }, credits.tempo),
  gae: part({ gamma: share().optional(), lambda: share().optional() }, credits.gae),
  pure: part(
    {
      form: z.enum(['min', 'strict', 'mean', 'sum', 'token-min']).optional(),
      temperature: positive().optional(),
      steps: z.enum(['probability', 'reward']).optional(),
      outcome: z.number().optional(),
      baseline: z.enum(['return', 'token', 'step']).optional(),
      length: whole(1).optional(),
    },
    credits.pure,
  ),
  prime: part(
    {
      advantage: z.enum(['rloo', 'reinforce', 'grpo', 'gae']).optional(),
      baseline: z.enum(['code', 'paper']).optional(),
      normalise: z.enum(['batch', 'none']).optional(),
      beta: positive().optional(),
      granularity: z.enum(['token', 'whole']).optional(),
      gamma: share().optional(),
      lambda: share().optional(),
      weight: z.number().min(0).optional(),
    },
    credits.prime,
  ),
  oreal: part(
    {
      baseline: z.enum(['rloo', 'grpo']).optional(),
      weights: z.union([z.enum(['threshold', 'none']), positive()]).optional(),
      select: z.enum(['pair', 'all']).optional(),
      positive: z.number().min(0).optional(),
      negative: z.number().min(0).optional(),
      weighPositives: z.boolean().optional(),
      seed: z.union([z.number(), z.string()]).optional(),
      ...right,
    },
    credits.oreal,
  ),
  rto: part(
    {
      credit: creditSchema,
      scale: z.number().min(0).optional(),
      clip: positive().optional(),
      spread: z.enum(['token', 'step', 'end', 'shaping']).optional(),
    },
    ({ credit, ...options }) => credits.rto(credit, options),
  ),
  thr: part(
    {
      credit: creditSchema,
      p: z.number().min(-1).max(1).optional(),
      tau: z.union([z.literal('influence'), z.number(), keyed({ keep: share() })]).optional(),
      beta: positive().optional(),
      ...right,
    },
    ({ credit, ...options }) => credits.thr(credit, options),
  ),
  nthr: part(
    {
      credit: creditSchema,
      beta: positive().optional(),
      eta: z.union([z.literal('balance'), z.number()]).optional(),
      ...right,
    },
    ({ credit, ...options }) => credits.nthr(credit, options),
  ),
  withinSuccess: part(
    { credit: creditSchema, low: share().optional(), high: share().optional(), ...right },
    ({ credit, ...options }) => credits.withinSuccess(credit, options),
  ),
  whiten: part({ credit: creditSchema }, ({ credit }) => credits.whiten(credit)),
  topEntropy: part({ credit: creditSchema, rho: share().optional() }, ({ credit, rho }) =>
    credits.topEntropy(credit, { rho }),
  ),
  matchNorm: part({ credit: creditSchema, like: creditSchema }, ({ credit, like }) => credits.matchNorm(credit, like)),
  withKl: part(
    { credit: creditSchema, beta: positive(), estimator: estimator.optional() },
    ({ credit, beta, estimator: by }) => credits.withKl(credit, { beta, estimator: by }),
  ),
}

const aggregate = z
  .union([z.enum(['token-mean', 'sequence-mean']), z.strictObject({ fixedLength: positive() })])
  .optional()
const isObjective = (value: object): value is Objective => 'evaluate' in value && typeof value.evaluate === 'function'

export const objectiveParts: Parts<Objective> = {
  clipped: part(
    {
      low: positive().optional(),
      high: positive().optional(),
      aggregate,
      level: z.enum(['token', 'sequence', 'sequence-token']).optional(),
      dualClip: z.number().min(1).optional(),
      kl: keyed({ coefficient: positive(), estimator }).optional(),
    },
    objectives.clipped,
  ),
  cispo: part({ low: positive().optional(), high: positive().optional(), aggregate }, objectives.cispo),
}
const objectiveSchema: z.ZodType<Objective> = choice('objective', objectiveParts, isObjective)
