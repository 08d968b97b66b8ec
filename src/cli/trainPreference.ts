/** `guerdon train` with `kind: preference`: a run on pairs or judged answers. */

import { type Prompt, textOf } from '../data/message.ts'
import { random } from '../data/random.ts'
import type { Device } from '../graph/device.ts'
import { uniqueCharacters } from '../tasks/generatedTask.ts'
import { preferenceFile } from '../tasks/preferenceFile.ts'
import type { Task } from '../tasks/task.ts'
import type { StepProgress } from '../train/options.ts'
import { preference } from '../train/preference.ts'
import type { CheckedPreference, PreferenceFile } from '../train/preferenceConfig.ts'
import type { PreferenceData } from '../train/preferenceExamples.ts'
import type { TrainingResult } from '../train/trainingResult.ts'
import { warmUp } from '../train/warmUp.ts'
import { input } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { openPolicy } from './openPolicy.ts'
import { deviceOf } from './options.ts'
import type { progress } from './progress.ts'
import { eta } from './progress.ts'
import { figure, percent } from './table.ts'
import { noReward } from './trainParts.ts'
import { warmUpLine } from './trainReport.ts'

/** Runs it; undefined where it was interrupted before its first step. */
export async function trainPreference(
  config: CheckedPreference,
  folder: string,
  options: { readonly resume?: boolean; readonly device?: Device },
  bar: ReturnType<typeof progress>,
): Promise<TrainingResult | undefined> {
  const { resume = false } = options
  const { training, heldOut } = await input(() => readData(config))
  const task = imitation(training)
  const { policy, close } = await input(() => openPolicy(config.policy, task, config.seed, deviceOf(options)))
  try {
    using interrupt = onInterrupt(bar.note, 'finishing the step at hand, then a checkpoint')
    const { signal } = interrupt
    const { objective, warmup, evaluation, policy: _, data: __, kind: ___, ...rest } = config
    bar.note(`${objective.name} on ${training.length} preferences, ${heldOut.length} held out → ${folder}`)
    if (warmup !== undefined) {
      const onStep = (step: StepProgress) => bar.show(warmUpLine(step))
      const { finished } = await warmUp({ ...warmup, policy, task, seed: config.seed, folder, resume, signal, onStep })
      if (!finished) return undefined
    }
    const line = stepLines()
    return await preference({
      ...rest,
      policy,
      data: training,
      objective,
      folder,
      resume,
      signal,
      ...(heldOut.length === 0 ? {} : { evaluation: { data: heldOut, every: evaluation?.every } }),
      onStep: (step) => bar.show(line(step)),
    })
  } finally {
    await close()
  }
}

/** A function from each step to its status line; it remembers the last accuracy. */
function stepLines(): (progress: StepProgress) => string {
  const began = performance.now()
  let accuracy: number | undefined
  return ({ step, steps, metrics }) => {
    accuracy = metrics.accuracy ?? accuracy
    const parts = [
      `step ${step}/${steps}`,
      ...(metrics.loss === undefined ? [] : [`loss ${figure(metrics.loss)}`]),
      ...(metrics.margin === undefined ? [] : [`margin ${figure(metrics.margin)}`]),
      ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
      eta(step, steps, (performance.now() - began) / 1000),
    ]
    return parts.filter((part) => part !== '').join(' · ')
  }
}

async function readData({ data, evaluation, seed }: CheckedPreference) {
  const all = await read(data)
  if (evaluation === undefined) return { training: all, heldOut: [] }
  if (evaluation.data !== undefined) return { training: all, heldOut: await read(evaluation.data) }
  const count = Math.round((evaluation.share ?? 0.1) * all.length)
  const aside = new Set(
    random(`${seed}/held out`)
      .shuffle([...all.keys()])
      .slice(0, count),
  )
  return { training: part(all, (i) => !aside.has(i)), heldOut: part(all, (i) => aside.has(i)) }
}

/** Both kinds of lists keep their kind. */
function part(data: PreferenceData, keep: (i: number) => boolean): PreferenceData {
  const kept = data.filter((_, i) => keep(i))
  const pairs = kept.filter((each) => 'chosen' in each)
  return pairs.length === kept.length ? pairs : kept.filter((each) => 'sample' in each)
}

async function read(data: PreferenceFile | PreferenceData): Promise<PreferenceData> {
  if (!('file' in data)) return data
  const { file, broken, ...columns } = data
  if (broken !== 'skip') return preferenceFile(file, columns)
  return preferenceFile(file, {
    ...columns,
    broken,
    onBroken: ({ line, reason }) => process.stderr.write(`${file}:${line}: left out: ${reason}\n`),
  })
}

/** The preferred answers as demonstrations, for the warm-up and for a nano model's alphabet. */
function imitation(data: PreferenceData): Task {
  const examples = data.flatMap((each): { prompt: Prompt; answer: string }[] => {
    if ('chosen' in each) return [{ prompt: each.prompt, answer: each.chosen }]
    return each.desirable ? [{ prompt: each.sample.prompt, answer: each.sample.completion.text }] : []
  })
  const answers = new Map(examples.map(({ prompt, answer }) => [prompt, answer]))
  const said = ({ messages }: Prompt) => messages.map(({ content }) => textOf(content)).join('')
  const texts = data.map((each) =>
    'chosen' in each
      ? said(each.prompt) + each.chosen + each.rejected
      : said(each.sample.prompt) + each.sample.completion.text,
  )
  return {
    name: 'preferences',
    reward: noReward,
    alphabet: uniqueCharacters(texts.join('')),
    prompts: (seed) => random(`imitation/${seed}`).shuffle(examples.map(({ prompt }) => prompt)),
    demonstration: (prompt) => answers.get(prompt) ?? '',
  }
}
