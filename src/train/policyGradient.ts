/**
 * The loop of every policy-gradient method: sample, score, shape, credit, objective, step, companions. GRPO, BNPO,
 * TEMPO, PPO with a critic are choices of its parts.
 */
import { join } from 'node:path'
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Want } from '../data/readout.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'
import type { Run } from '../runs/index.ts'
import { promptStream } from '../tasks/task.ts'
import { census, censusMetrics, requireScores } from './census.ts'
import { collect } from './collect.ts'
import { evaluate } from './evaluate.ts'
import { batchMetrics } from './metrics.ts'
import { type PolicyGradientOptions, type ResolvedOptions, resolveOptions, type StepProgress } from './options.ts'
import { gatherReadouts, type Sources } from './readouts.ts'
import { type TrainingResult, trainingResult } from './trainingResult.ts'
import { openTrainingRun, type Place, snapshot } from './trainingRun.ts'
import { update } from './update.ts'

/** Trains the policy on the task's reward. With the same seed and machine, every number but the times is the same. */
export async function policyGradient(given: PolicyGradientOptions): Promise<TrainingResult> {
  const options = resolveOptions(given)
  const { policy, companions, credit, objective } = options
  const wants = (need: Want) => credit.needs.includes(need) || objective.needs.includes(need)
  // Frozen before a checkpoint is loaded: the reference is the policy that the run was started with.
  const reference = wants('reference') ? policy.freeze() : undefined
  const { run, place } = await openTrainingRun(options)
  try {
    await using stream = promptStream(options.task, options.seed)
    for (let i = 0; i < place.taken; i++) await stream.next()
    const loop: Loop = { options, run, place, stream, history: [], saved: place.step }
    const sources = { policy, companions, ...(reference === undefined ? {} : { reference }) }
    if (place.step === 0) await measure(loop)
    while (place.step < options.steps && !reachedGoal(loop) && options.signal?.aborted !== true)
      await trainStep(loop, sources)
    return await finish(loop)
  } finally {
    await run?.close()
  }
}

interface Loop {
  readonly options: ResolvedOptions
  readonly run: Run | undefined
  readonly place: Place
  readonly stream: AsyncGenerator<Prompt, never, undefined>
  readonly history: StepProgress[]
  /** The step of the latest checkpoint; before the first, the step the loop began at. */
  saved: number
}

async function trainStep(loop: Loop, sources: Sources): Promise<void> {
  const { options, run, place } = loop
  const { policy, credit, seed } = options
  const began = performance.now()
  const step = place.step + 1
  const { taken } = place
  const { prompts, skipped } = await nextPrompts(loop)
  const collected = await collect(prompts, {
    policy,
    reward: options.task.reward,
    groupSize: options.groupSize,
    sampling: { maxTokens: options.maxTokens, temperature: options.temperature, seed: `${seed}/step ${step}` },
    stepSeparator: options.stepSeparator,
    deadlineMs: options.deadlineMs,
    inFlight: options.inFlight,
  })
  const found = census(collected)
  try {
    requireScores(found, options.unscoredLimit)
  } catch (thrown) {
    // Nothing has been learned from this step yet: once the reward is mended, the run goes on from the step before.
    place.taken = taken
    if (place.step > loop.saved) await saveCheckpoint(loop)
    throw thrown
  }
  const groups = options.shaping.reduce<readonly Group[]>((shaped, each) => each.shape(shaped), collected)
  const sequences = groups.flatMap((group) => group.rollouts.map((rollout) => rollout.sequence))
  const reported: Record<string, number> = {}
  for (const companion of options.companions)
    for (const [name, value] of Object.entries((await companion.prepare?.(groups)) ?? {}))
      reported[`${companion.name}/${name}`] = value
  const question = credit.influence?.(groups)
  const read = await gatherReadouts(
    sources,
    sequences,
    credit.needs,
    question === undefined ? {} : { influence: question },
  )
  const outputs = byGroup(groups, read)
  const advantages = credit.assign(groups, outputs, (name, value) => {
    reported[name] = value
  })
  const factor = options.schedule?.(place.step) ?? 1
  const learned = await update(groups, advantages, outputs, {
    policy,
    objective: options.objective,
    sources,
    adam: { ...options.adam, learningRate: options.adam.learningRate * factor },
    epochs: options.epochs,
    minibatches: options.minibatches,
  })
  for (const companion of options.companions)
    for (const [name, value] of Object.entries(await companion.learn({ groups, outputs, advantages })))
      reported[`${companion.name}/${name}`] = value
  const seconds = (performance.now() - began) / 1000
  const tokens = sequences.reduce((total, sequence) => total + completionLength(sequence), 0)
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
  record(loop, metrics)
  await run?.log(step, metrics, { seconds, tokensPerSecond: tokens / seconds })
  const text = new Map<number, string>()
  await run?.rollouts(step, groups, advantages, (id) => tokenText(policy, text, id))
  if (dueForEvaluation(options, step)) await measure(loop)
  const ends = step === options.steps || options.signal?.aborted === true || reachedGoal(loop)
  if (ends || step % options.checkpointEvery === 0) await saveCheckpoint(loop)
}

async function saveCheckpoint(loop: Loop): Promise<void> {
  const { options, run, place } = loop
  await run?.checkpoint(place.step, snapshot(options, place), async (folder) => {
    await options.policy.save(join(folder, 'policy'))
    for (const companion of options.companions) await companion.save(join(folder, companion.name))
  })
  loop.saved = place.step
}

/** The most prompts of one step that may be passed over. */
const patience = 1000

/** The next prompts that the policy can read; those longer than its context are passed over and counted. */
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
      if (!(thrown instanceof GuerdonError)) throw thrown
      if (++skipped > patience)
        throw new GuerdonError(
          `${skipped} prompts of the task ${options.task.name} were passed over in one step, and ${prompts.length} fit; the last: ${thrown.message}`,
          { cause: thrown },
        )
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
    maxTokens: options.maxTokens,
    seed: `${options.seed}/evaluation`,
    samples,
    passAt,
    stepSeparator: options.stepSeparator,
    deadlineMs: options.deadlineMs,
    inFlight: options.inFlight,
  })
  requireScores(found.census, options.unscoredLimit)
  const { accuracy } = found
  if (!Number.isNaN(accuracy)) place.accuracies.push({ step: place.step, accuracy })
  const { unscored } = censusMetrics(found.census)
  const metrics = {
    accuracy,
    ...Object.fromEntries(Object.entries(found.passAt).map(([k, value]) => [`accuracy/pass@${k}`, value])),
    ...(unscored === 0 ? {} : { unscoredHeldOut: unscored }),
  }
  record(loop, metrics)
  await run?.log(place.step, metrics, { evaluationSeconds: (performance.now() - began) / 1000 })
}

function dueForEvaluation({ evaluation, steps }: ResolvedOptions, step: number): boolean {
  return evaluation !== undefined && (step === steps || step % evaluation.every === 0)
}

function reachedGoal({ options, place }: Loop): boolean {
  const goal = options.evaluation?.stopAt
  const latest = place.accuracies.at(-1)
  return goal !== undefined && latest !== undefined && latest.accuracy >= goal
}

function record({ options, place, history }: Loop, metrics: StepProgress['metrics']): void {
  const progress: StepProgress = { step: place.step, steps: options.steps, metrics }
  history.push(progress)
  options.onStep?.(progress)
}

function finish(loop: Loop): Promise<TrainingResult> {
  const { options, run, place, history } = loop
  const stopped = place.step >= options.steps ? 'steps' : reachedGoal(loop) ? 'accuracy' : 'aborted'
  const task = `${options.credit.name} with ${options.objective.name} on ${options.task.name}`
  return trainingResult({ task, stopped, run, place, history })
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
