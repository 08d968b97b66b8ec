/**
 * The loop for pairs and judged answers: DPO and its family, SimPO, ORPO, KTO, BCO, and the losses that weigh tokens.
 * What never changes while the policy learns, the reference's log-probs and token scores, is computed once.
 */
import { join } from 'node:path'
import type { Run } from '../runs/index.ts'
import type { StepProgress } from './options.ts'
import { judge, ledger } from './preferenceEvaluation.ts'
import { batchesOf, type Example, type Examples, toExamples } from './preferenceExamples.ts'
import { type PreferenceOptions, type ResolvedPreference, resolvePreference } from './preferenceOptions.ts'
import { evaluateExamples, type Prepared, readExamples, withFixed } from './preferenceReadouts.ts'
import { openPreferenceRun, preferenceState } from './preferenceRun.ts'
import { type TrainingResult, trainingResult } from './trainingResult.ts'
import type { Place } from './trainingRun.ts'

/**
 * Trains the policy on preferences. With the same seed and machine every number but the times is the same, and a run
 * that was killed and resumed ends as an unbroken one. `accuracy` is that of held-out examples: the share of pairs whose
 * chosen answer has the higher reward, or, of judged answers, the chance that a desirable one has a higher reward than an
 * undesirable one; equals count half.
 */
export async function preference(given: PreferenceOptions): Promise<TrainingResult> {
  const options = resolvePreference(given)
  const { policy, objective, evaluation } = options
  // Frozen before a checkpoint is loaded: the reference is the policy that the run was started with.
  const reference = options.reference ?? (objective.needs.includes('reference') ? policy.freeze() : undefined)
  const data = toExamples(policy, options.data, objective.over)
  const heldOut = evaluation && toExamples(policy, evaluation.data, objective.over, 'evaluation.data')
  const steps = options.steps ?? options.epochs * Math.ceil(data.examples.length / options.batch)
  const { run, place } = await openPreferenceRun(options, data, steps)
  try {
    const folder = options.cache ?? (run === undefined ? undefined : join(run.folder, 'fixed'))
    const prepare = (examples: readonly Example[]) => withFixed(examples, options, reference, folder)
    const loop: Loop = { options, steps, run, place, skipped: data, examples: [], heldOut: [], history: [] }
    try {
      loop.examples = await prepare(data.examples)
      loop.heldOut = heldOut === undefined ? [] : await prepare(heldOut.examples)
    } catch (thrown) {
      // What was computed is kept on the disk.
      if (options.signal?.aborted === true && thrown === options.signal.reason) return await finish(loop)
      throw thrown
    }
    if (place.step === 0) await measure(loop)
    while (place.step < steps && options.signal?.aborted !== true) await trainStep(loop)
    return await finish(loop)
  } finally {
    await run?.close()
  }
}

interface Loop {
  readonly options: ResolvedPreference
  readonly steps: number
  readonly run: Run | undefined
  readonly place: Place
  readonly skipped: Pick<Examples, 'tooLong' | 'identical'>
  examples: readonly Prepared[]
  heldOut: readonly Prepared[]
  readonly history: StepProgress[]
  /** The batches of the pass at hand. */
  order?: { readonly pass: number; readonly batches: readonly (readonly number[])[] }
}

/** The examples of the next step. */
function nextExamples(loop: Loop): Prepared[] {
  const { options, place, examples } = loop
  const perPass = Math.ceil(examples.length / options.batch)
  const pass = Math.floor(place.step / perPass)
  if (loop.order?.pass !== pass) {
    const lengths = examples.map(({ sequences }) => Math.max(...sequences.map(({ tokens }) => tokens.length)))
    loop.order = { pass, batches: batchesOf(lengths, options.batch, `${options.seed}/pass ${pass}`) }
  }
  return loop.order.batches[place.step % perPass].map((member) => examples[member])
}

async function trainStep(loop: Loop): Promise<void> {
  const { options, run, place, steps } = loop
  const { policy, companions } = options
  const began = performance.now()
  const examples = nextExamples(loop)
  const readouts = await readExamples(options, examples)
  const { loss, gradients, metrics } = evaluateExamples(options, examples, readouts)
  const sequences = examples.flatMap((example) => example.sequences)
  await policy.backward(
    sequences,
    gradients.map((logprobs) => ({ logprobs })),
  )
  const learningRate = options.adam.learningRate * (options.schedule?.(place.step) ?? 1)
  const { gradientNorm } = await policy.step({ ...options.adam, learningRate })
  const reported: Record<string, number> = {}
  for (const companion of companions)
    for (const [name, value] of Object.entries(await companion.learn({ examples, readouts })))
      reported[`${companion.name}/${name}`] = value
  const tokens = sequences.reduce((total, { tokens }) => total + tokens.length, 0)
  const seconds = (performance.now() - began) / 1000
  place.step++
  place.taken += examples.length
  place.tokens += tokens
  place.seconds += seconds
  const { accuracy, ...rest } = metrics
  const numbers = {
    loss,
    gradientNorm,
    learningRate,
    ...rest,
    ...(accuracy === undefined ? {} : { 'accuracy/training': accuracy }),
    ...reported,
    ...(place.step === 1 && loop.skipped.tooLong > 0 ? { skippedTooLong: loop.skipped.tooLong } : {}),
    ...(place.step === 1 && loop.skipped.identical > 0 ? { skippedIdentical: loop.skipped.identical } : {}),
  }
  record(loop, numbers)
  await run?.log(place.step, numbers, { seconds, tokensPerSecond: tokens / seconds })
  const ends = place.step === steps || options.signal?.aborted === true
  if (options.evaluation !== undefined && (place.step === steps || place.step % options.evaluation.every === 0))
    await measure(loop)
  if (ends || place.step % options.checkpointEvery === 0) await saveCheckpoint(loop)
}

/** Judges the held-out examples, where there are any, and records the result under the step at hand. */
async function measure(loop: Loop): Promise<void> {
  const { options, run, place, heldOut } = loop
  if (options.evaluation === undefined) return
  const began = performance.now()
  const readouts = await readExamples(options, heldOut)
  const found = judge(options.objective, heldOut, readouts)
  const { accuracy, ...rest } = found
  place.accuracies.push({ step: place.step, accuracy })
  const metrics = {
    accuracy,
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [`${name}/heldOut`, value])),
    ...(await options.evaluation.measure?.(options.policy)),
  }
  record(loop, metrics)
  await run?.log(place.step, metrics, { evaluationSeconds: (performance.now() - began) / 1000 })
  const { groups, credits } = ledger(heldOut, readouts)
  const text = (id: number) => options.policy.tokenizer.tokenText(id)
  if (groups.length > 0) await run?.rollouts(place.step, groups, credits, text)
}

function record({ steps, options, place, history }: Loop, metrics: StepProgress['metrics']): void {
  const progress: StepProgress = { step: place.step, steps, metrics }
  history.push(progress)
  options.onStep?.(progress)
}

async function saveCheckpoint({ options, run, place }: Loop): Promise<void> {
  const { policy, companions } = options
  await run?.checkpoint(place.step, preferenceState(options, place), async (folder) => {
    await policy.save(join(folder, 'policy'))
    for (const companion of companions) await companion.save(join(folder, companion.name))
  })
}

function finish({ options, steps, run, place, history }: Loop): Promise<TrainingResult> {
  const stopped = place.step >= steps ? 'steps' : 'aborted'
  const task = `${options.objective.name} on ${options.data.length} preferences`
  return trainingResult({ task, stopped, run, place, history })
}
