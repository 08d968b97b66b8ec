/** How a training loop ends: its report written, and what it came to. */
import type { Run } from '../runs/index.ts'
import type { StepProgress } from './options.ts'
import type { Place } from './trainingRun.ts'

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

/** What a loop knows at its end. */
export interface Ending {
  /** What was trained on what, for the report. */
  readonly task: string
  readonly stopped: TrainingResult['stopped']
  readonly run: Run | undefined
  readonly place: Place
  readonly history: readonly StepProgress[]
}

/** Writes the report, where the run has a folder, and gives the loop's result. */
export async function trainingResult({ task, stopped, run, place, history }: Ending): Promise<TrainingResult> {
  const [before, after] = [place.accuracies.at(0)?.accuracy, place.accuracies.at(-1)?.accuracy]
  const tokensPerSecond = place.seconds === 0 ? 0 : place.tokens / place.seconds
  const report = await run?.report({
    task,
    ...(before === undefined ? {} : { before: { accuracy: before } }),
    ...(after === undefined ? {} : { after: { accuracy: after } }),
    seconds: place.seconds,
    tokensPerSecond,
  })
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
