/** What `guerdon train` says: a status line at each step, and a table at the end. */
import { join } from 'node:path'
import { type Prompt, textOf } from '../data/message.ts'
import type { Task } from '../tasks/task.ts'
import type { CheckedConfig } from '../train/config.ts'
import { mean } from '../train/metrics.ts'
import type { StepProgress } from '../train/options.ts'
import type { TrainingResult } from '../train/trainingResult.ts'
import { programName, quoted } from './invocation.ts'
import { duration, eta } from './progress.ts'
import { figure, percent, table } from './table.ts'

export function startText(
  { credit, objective, prompts, groupSize, steps }: CheckedConfig,
  task: Task,
  folder: string,
): string {
  return `${credit.name} with ${objective.name} on ${task.name}: ${steps} steps of ${prompts} prompts × ${groupSize} answers → ${folder}`
}

export function warmUpLine({ step, steps, metrics }: StepProgress): string {
  return `warm-up ${step}/${steps} · loss ${figure(metrics.loss)} nats a token`
}

/** A function from each step to its status line; it remembers the last accuracy and the pace. */
export function stepLines({ prompts, groupSize }: CheckedConfig): (progress: StepProgress) => string {
  const pace: { readonly at: number; readonly tokens: number }[] = [{ at: performance.now(), tokens: 0 }]
  let accuracy: number | undefined
  return ({ step, steps, metrics }) => {
    accuracy = metrics.accuracy ?? accuracy
    // Evaluations come between the steps: their time counts in how long the rest will take, as it should.
    if (metrics.reward !== undefined)
      pace.push({ at: performance.now(), tokens: metrics.completionLength * prompts * groupSize })
    // The last twenty steps: lengths change as a policy learns.
    if (pace.length > 21) pace.shift()
    const seconds = (performance.now() - pace[0].at) / 1000
    const tokens = pace.slice(1).reduce((total, each) => total + each.tokens, 0)
    const parts = [
      `step ${step}/${steps}`,
      ...(metrics.reward === undefined ? [] : [`reward ${figure(metrics.reward)}`]),
      ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
      ...(metrics.completionLength === undefined ? [] : [`length ${figure(metrics.completionLength)}`]),
      ...(tokens === 0 ? [] : [`${figure(tokens / seconds)} tokens/s`]),
      eta(pace.length - 1, pace.length - 1 + steps - step, seconds),
    ]
    return parts.filter((part) => part !== '').join(' · ')
  }
}

/** The closing table, where the report is, and what to do next with the trained policy. */
export function closingText(result: TrainingResult, example: Prompt | undefined): string {
  const { step, seconds, tokensPerSecond, accuracyBefore, accuracyAfter, report, folder } = result
  const rewards = rewardEnds(result)
  const rows = [
    ...(accuracyAfter === undefined ? [] : [['accuracy, held out', percent(accuracyBefore), percent(accuracyAfter)]]),
    ...(rewards === undefined ? [] : [['reward', figure(rewards.first), figure(rewards.last)]]),
  ]
  const lines = [
    ...(rows.length === 0 ? [] : [table([['', 'before', 'after'], ...rows]), '']),
    `${step} steps in ${duration(seconds)}, ${figure(tokensPerSecond)} tokens a second${reasons[result.stopped]}`,
  ]
  if (report !== undefined) lines.push(`report: ${report}`)
  if (folder !== undefined) {
    const text = example === undefined ? '...' : textOf(example.messages[example.messages.length - 1].content)
    const shown = text.length > 60 ? '...' : text
    lines.push('', 'next', `  ${programName()} sample ${quoted(folder)} --prompt ${quoted(shown)}`)
  }
  return lines.join('\n')
}

const reasons: Readonly<Record<TrainingResult['stopped'], string>> = {
  steps: '',
  accuracy: ': the accuracy wanted is reached',
  aborted: ', interrupted',
}

/** Mean rewards of the first and the last tenth of the steps that this call made. */
function rewardEnds({ history }: TrainingResult): { readonly first: number; readonly last: number } | undefined {
  const rewards = history.flatMap(({ metrics }) => metrics.reward ?? [])
  if (rewards.length === 0) return undefined
  const tail = Math.max(1, Math.round(rewards.length / 10))
  return { first: mean(rewards.slice(0, tail)), last: mean(rewards.slice(-tail)) }
}

/** The result in one line of JSON; `policy` is the folder of the trained model. */
export function trainingJson(result: TrainingResult): string {
  const { history, ...rest } = result
  const rewards = rewardEnds(result)
  const last = history.findLast(({ metrics }) => metrics.reward !== undefined)
  return JSON.stringify({
    ...rest,
    ...(rewards === undefined ? {} : { rewardBefore: rewards.first, rewardAfter: rewards.last }),
    ...(last === undefined ? {} : { metrics: last.metrics }),
    ...(rest.folder === undefined ? {} : { policy: join(rest.folder, 'checkpoints', stepFolder(rest.step), 'policy') }),
  })
}

const stepFolder = (step: number) => `step-${String(step).padStart(6, '0')}`
