/**
 * The loop of every policy-gradient method: sample, score, shape, credit, objective, step, companions. GRPO, BNPO,
 * TEMPO, PPO with a critic are choices of its parts.
 */
import type { Credit } from '../credit/credit.ts'
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Want } from '../data/readout.ts'
import type { Group } from '../data/rollout.ts'
import type { Schedule } from '../nn/schedule.ts'
import type { Objective } from '../objectives/objective.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'
import type { Run, RunSummary } from '../runs/index.ts'
import type { Shaping } from '../shaping/shaping.ts'
import { promptStream, type Task } from '../tasks/task.ts'
import { census, censusMetrics, requireScores } from './census.ts'
import { collect } from './collect.ts'
import type { Companion } from './companion.ts'
import { evaluate } from './evaluate.ts'
import { batchMetrics } from './metrics.ts'
import { gatherReadouts } from './readouts.ts'
import { openTrainingRun, type Place, snapshot } from './trainingRun.ts'
import { update } from './update.ts'

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
  /** Goes on from the latest checkpoint in `folder`. */
  readonly resume?: boolean
  /** Steps between checkpoints; the last step always has one. Default 50. */
  readonly checkpointEvery?: number
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

export interface TrainingResult {
  /** Steps made. */
  readonly step: number
  readonly stopped: 'steps' | 'accuracy' | 'aborted'
  /** Metrics of every step made by this process, and of its evaluations (accuracy, pass@k). */
  readonly history: readonly StepProgress[]
  readonly accuracyBefore?: number
  readonly accuracyAfter?: number
  readonly seconds: number
  /** Sampled tokens per second of training, evaluations aside. */
  readonly tokensPerSecond: number
  readonly folder?: string
  /** The path of report.html. */
  readonly report?: string
}

/** Trains the policy on the task's reward. With the same seed and machine, every number but the times is the same. */
export async function policyGradient(options: PolicyGradientOptions): Promise<TrainingResult> {
  const { policy, companions = [], credit, objective } = options
  const wants = (need: Want) => credit.needs.includes(need) || objective.needs.includes(need)
  // Frozen before a checkpoint is loaded: the reference is the policy that the run was started with.
  const reference = wants('reference') ? policy.freeze() : undefined
  const { run, place } = await openTrainingRun(options)
  const stream = promptStream(options.task, options.seed)
  for (let i = 0; i < place.taken; i++) await stream.next()
  const loop: Loop = { options, run, place, stream, history: [] }
  const sources = { policy, companions, ...(reference === undefined ? {} : { reference }) }
  let stopped: TrainingResult['stopped'] = 'steps'
  try {
    if (place.step === 0) await measure(loop)
    while (place.step < options.steps) {
      if (reachedGoal(loop)) {
        stopped = 'accuracy'
        break
      }
      if (options.signal?.aborted === true) {
        stopped = 'aborted'
        break
      }
      await trainStep(loop, sources)
    }
    if (stopped === 'steps' && options.signal?.aborted === true) stopped = 'aborted'
    return await finish(loop, stopped)
  } finally {
    await run?.close()
  }
}

interface Loop {
  readonly options: PolicyGradientOptions
  readonly run: Run | undefined
  readonly place: Place
  readonly stream: AsyncGenerator<Prompt, never, undefined>
  readonly history: StepProgress[]
}

async function trainStep(loop: Loop, sources: Parameters<typeof gatherReadouts>[0]): Promise<void> {
  const { options, run, place } = loop
  const { policy, credit, shaping = [], companions = [], seed } = options
  const began = performance.now()
  const step = place.step + 1
  const { prompts, skipped } = await nextPrompts(loop)
  const collected = await collect(prompts, {
    policy,
    reward: options.task.reward,
    groupSize: options.groupSize,
    sampling: {
      maxTokens: options.maxTokens ?? 64,
      temperature: options.temperature ?? 1,
      seed: `${seed}/step ${step}`,
    },
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    ...(options.inFlight === undefined ? {} : { inFlight: options.inFlight }),
  })
  const found = census(collected)
  requireScores(found, options.unscoredLimit ?? 0.5)
  const groups = shaping.reduce<readonly Group[]>((shaped, each) => each.shape(shaped), collected)
  const sequences = groups.flatMap((group) => group.rollouts.map((rollout) => rollout.sequence))
  const read = await gatherReadouts(sources, sequences, credit.needs)
  const outputs = byGroup(groups, read)
  const reported: Record<string, number> = {}
  const advantages = credit.assign(groups, outputs, (name, value) => {
    reported[name] = value
  })
  const factor = options.schedule?.(place.step) ?? 1
  const adam = options.adam ?? { learningRate: 1e-3, clipNorm: 1 }
  const learned = await update(groups, advantages, outputs, {
    policy,
    objective: options.objective,
    sources,
    adam: { ...adam, learningRate: adam.learningRate * factor },
    epochs: options.epochs ?? 1,
    minibatches: options.minibatches ?? 1,
  })
  for (const companion of companions)
    for (const [name, value] of Object.entries(await companion.learn({ groups, outputs, advantages })))
      reported[`${companion.name}/${name}`] = value
  const seconds = (performance.now() - began) / 1000
  const tokens = sequences.reduce((total, { tokens, promptLength }) => total + tokens.length - promptLength, 0)
  place.step = step
  place.tokens += tokens
  place.seconds += seconds
  const metrics = {
    ...batchMetrics(collected, advantages),
    ...learned,
    ...reported,
    ...censusMetrics(found),
    ...(skipped === 0 ? {} : { skippedPrompts: skipped }),
  }
  record(loop, { step, steps: options.steps, metrics })
  await run?.log(step, metrics, { seconds, tokensPerSecond: tokens / seconds })
  const text = new Map<number, string>()
  await run?.rollouts(step, groups, advantages, (id) => tokenText(policy, text, id))
  if (dueForEvaluation(options, step)) await measure(loop)
  const ends = step === options.steps || options.signal?.aborted === true || reachedGoal(loop)
  if (ends || step % (options.checkpointEvery ?? 50) === 0) await saveCheckpoint(loop)
}

function saveCheckpoint({ options, run, place }: Loop): Promise<void> | undefined {
  return run?.checkpoint(place.step, snapshot(options, place), async (folder) => {
    await options.policy.save(`${folder}/policy`)
    for (const companion of options.companions ?? []) await companion.save(`${folder}/${companion.name}`)
  })
}

/** The next prompts that fit the policy's context; longer ones are passed over and counted. */
async function nextPrompts({ options, place, stream }: Loop): Promise<{ prompts: Prompt[]; skipped: number }> {
  const prompts: Prompt[] = []
  let skipped = 0
  while (prompts.length < options.prompts) {
    const { value: prompt } = await stream.next()
    place.taken++
    try {
      promptTokens(options.policy, prompt)
      prompts.push(prompt)
    } catch (thrown) {
      if (!(thrown instanceof GuerdonError) || ++skipped > 1000) throw thrown
    }
  }
  return { prompts, skipped }
}

/** Evaluates on the held-out prompts, where there are any, and records the result under the step at hand. */
async function measure(loop: Loop): Promise<void> {
  const { options, run, place } = loop
  if (options.evaluation === undefined) return
  const { prompts, samples, passAt } = options.evaluation
  const began = performance.now()
  const found = await evaluate({
    policy: options.policy,
    reward: options.task.reward,
    prompts,
    maxTokens: options.maxTokens ?? 64,
    seed: `${options.seed}/evaluation`,
    ...(samples === undefined ? {} : { samples }),
    ...(passAt === undefined ? {} : { passAt }),
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
  })
  requireScores(found.census, options.unscoredLimit ?? 0.5)
  place.accuracies.push({ step: place.step, accuracy: found.accuracy })
  const metrics = {
    accuracy: found.accuracy,
    ...Object.fromEntries(Object.entries(found.passAt).map(([k, value]) => [`accuracy/pass@${k}`, value])),
  }
  record(loop, { step: place.step, steps: options.steps, metrics })
  await run?.log(place.step, metrics, { evaluationSeconds: (performance.now() - began) / 1000 })
}

function dueForEvaluation({ evaluation, steps }: PolicyGradientOptions, step: number): boolean {
  return evaluation !== undefined && (step === steps || step % (evaluation.every ?? 25) === 0)
}

function reachedGoal({ options, place }: Loop): boolean {
  const goal = options.evaluation?.stopAt
  const latest = place.accuracies.at(-1)
  return goal !== undefined && latest !== undefined && latest.accuracy >= goal
}

function record({ options, history }: Loop, progress: StepProgress): void {
  history.push(progress)
  options.onStep?.(progress)
}

async function finish(
  { options, run, place, history }: Loop,
  stopped: TrainingResult['stopped'],
): Promise<TrainingResult> {
  const before = place.accuracies.at(0)?.accuracy
  const after = place.accuracies.at(-1)?.accuracy
  const tokensPerSecond = place.seconds === 0 ? 0 : place.tokens / place.seconds
  const summary: RunSummary = {
    task: `${options.credit.name} with ${options.objective.name} on ${options.task.name}`,
    ...(before === undefined ? {} : { before: { accuracy: before } }),
    ...(after === undefined ? {} : { after: { accuracy: after } }),
    seconds: place.seconds,
    tokensPerSecond,
  }
  const report = await run?.report(summary)
  return {
    step: place.step,
    stopped,
    history,
    seconds: place.seconds,
    tokensPerSecond,
    ...(before === undefined ? {} : { accuracyBefore: before }),
    ...(after === undefined ? {} : { accuracyAfter: after }),
    ...(run === undefined ? {} : { folder: run.folder }),
    ...(report === undefined ? {} : { report }),
  }
}

function byGroup<T>(groups: readonly Group[], flat: readonly T[]): T[][] {
  let start = 0
  return groups.map((group) => flat.slice(start, (start += group.rollouts.length)))
}

function tokenText(policy: Policy, known: Map<number, string>, id: number): string {
  let text = known.get(id)
  if (text === undefined) known.set(id, (text = policy.tokenizer.tokenText(id)))
  return text
}
