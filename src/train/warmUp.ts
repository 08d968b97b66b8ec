/**
 * Supervised warm-up before a run: the policy imitates the task's demonstrations. It is kept in the run's folder, because
 * a resumed run must start from the same policy: the one that its reference is a copy of.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { diskError } from '../data/atomicFile.ts'
import { GuerdonError } from '../data/error.ts'
import type { Policy } from '../policy/policy.ts'
import { clearUnfinished, latestCheckpoint, writeCheckpoint } from '../runs/checkpoints.ts'
import { lockFolder } from '../runs/lock.ts'
import { type Demonstration, promptStream, type Task } from '../tasks/task.ts'
import type { StepProgress } from './options.ts'
import { supervised } from './supervised.ts'

export interface WarmUpOptions {
  readonly policy: Policy
  readonly task: Task
  readonly steps: number
  /** Demonstrations a step. Default 32. */
  readonly batch?: number
  /** Default 2e-3. */
  readonly learningRate?: number
  readonly seed: number | string
  /** The folder of the run that follows. */
  readonly folder: string
  /** Goes on from what is in the folder. */
  readonly resume?: boolean
  /** Aborted: the step at hand is finished and kept. */
  readonly signal?: AbortSignal
  readonly onStep?: (progress: StepProgress) => void
}

/** Warms the policy up, or loads what an earlier call left. Returns the steps made in all: fewer when it was aborted. */
export async function warmUp(options: WarmUpOptions): Promise<number> {
  const { policy, task, steps, batch = 32, learningRate = 2e-3, folder, signal, onStep } = options
  if (task.demonstration === undefined)
    throw new GuerdonError(`the task ${task.name} has no demonstrations to warm up on`, {
      fix: 'leave warmup out, or start from a model that has been warmed up',
    })
  // A hidden name: to the run that follows the folder is empty.
  const place = join(folder, '.warmup')
  await mkdir(place, { recursive: true }).catch((cause) => {
    throw diskError(folder, cause)
  })
  const unlock = await lockFolder(folder)
  try {
    if (options.resume !== true && (await readdir(join(place))).length > 0)
      throw new GuerdonError('there is a run in this folder already', {
        where: folder,
        fix: 'resume it, or choose another folder',
      })
    await clearUnfinished(place)
    const kept = await latestCheckpoint(place)
    const done = kept?.step ?? 0
    if (kept !== undefined) await policy.load(join(kept.folder, 'policy'))
    if (done >= steps) return done
    const losses = await supervised({
      policy,
      demonstrations: demonstrationsOf(task, `${options.seed}/warmup`, done * batch),
      steps: steps - done,
      batch,
      adam: { learningRate, clipNorm: 1 },
      ...(signal === undefined ? {} : { signal }),
      ...(onStep === undefined ? {} : { onStep: ({ step, metrics }) => onStep({ step: done + step, steps, metrics }) }),
    })
    const made = done + losses.length
    if (losses.length > 0) await writeCheckpoint(place, made, {}, (into) => policy.save(join(into, 'policy')), 1)
    return made
  } finally {
    await unlock()
  }
}

async function* demonstrationsOf(
  task: Task,
  seed: string,
  from: number,
): AsyncGenerator<Demonstration, void, undefined> {
  const stream = promptStream(task, seed)
  for (let i = 0; i < from; i++) await stream.next()
  for await (const prompt of stream) yield { prompt, answer: task.demonstration?.(prompt) ?? '' }
}
