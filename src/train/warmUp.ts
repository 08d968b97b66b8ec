/**
 * Supervised warm-up before a run: the policy imitates the task's demonstrations. It is kept in the run's folder, because
 * a resumed run must start from the same policy: the one that its reference is a copy of.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { diskError } from '../data/atomicFile.ts'
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Policy } from '../policy/policy.ts'
import { clearUnfinished, latestCheckpoint, writeCheckpoint } from '../runs/checkpoints.ts'
import { lockFolder } from '../runs/lock.ts'
import { type Demonstration, promptStream, type Task } from '../tasks/task.ts'
import { evaluate } from './evaluate.ts'
import type { StepProgress } from './options.ts'
import { supervised } from './supervised.ts'

/** How good is good enough to learn from rewards alone. */
export interface WarmUpGoal {
  /** Share of right answers, the likeliest ones, that ends the warm-up. */
  readonly accuracy: number
  readonly prompts: readonly Prompt[]
  readonly maxTokens: number
  /** Steps between two looks. */
  readonly every: number
}

export interface WarmUpOptions {
  readonly policy: Policy
  readonly task: Task
  readonly steps: number
  /** Demonstrations a step. Default 32. */
  readonly batch?: number
  /** Default 2e-3. */
  readonly learningRate?: number
  /** Ends the warm-up early. Default: it makes all its steps. */
  readonly until?: WarmUpGoal
  readonly seed: number | string
  /** The folder of the run that follows. */
  readonly folder: string
  /** Goes on from what is in the folder. */
  readonly resume?: boolean
  /** Aborted: the step at hand is finished and kept. */
  readonly signal?: AbortSignal
  readonly onStep?: (progress: StepProgress) => void
}

/** What the warm-up came to. */
export interface WarmedUp {
  /** Steps made in all. */
  readonly steps: number
  /** False when it was aborted first. */
  readonly finished: boolean
}

/** What a checkpoint says of the warm-up it was written in. */
const stateSchema = z.object({ reached: z.boolean().default(false) })

/** Warms the policy up, or loads what an earlier call left and goes on. */
export async function warmUp(options: WarmUpOptions): Promise<WarmedUp> {
  const { policy, task, steps, until, folder, signal } = options
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
    if (kept !== undefined) await policy.load(join(kept.folder, 'policy'))
    const begun = kept?.step ?? 0
    let made = begun
    let reached = kept !== undefined && stateSchema.parse(kept.state).reached
    while (!reached && made < steps && !signal?.aborted) {
      const next = until === undefined ? steps : Math.min(steps, made + until.every - (made % until.every))
      made += await imitate(options, made, next)
      if (until !== undefined && made === next) reached = await goalReached(options, until)
    }
    if (made > begun || (reached && kept === undefined))
      await writeCheckpoint(place, made, { reached }, (into) => policy.save(join(into, 'policy')), 1)
    return { steps: made, finished: reached || made >= steps }
  } finally {
    await unlock()
  }
}

/** The steps from..to - 1; gives how many of them were made. */
async function imitate(options: WarmUpOptions, from: number, to: number): Promise<number> {
  const { policy, task, steps, batch = 32, learningRate = 2e-3, seed, signal, onStep } = options
  const losses = await supervised({
    policy,
    demonstrations: demonstrationsOf(task, `${seed}/warmup`, from * batch),
    steps: to - from,
    batch,
    adam: { learningRate, clipNorm: 1 },
    ...(signal === undefined ? {} : { signal }),
    ...(onStep === undefined ? {} : { onStep: ({ step, metrics }) => onStep({ step: from + step, steps, metrics }) }),
  })
  return losses.length
}

async function goalReached({ policy, task, seed }: WarmUpOptions, goal: WarmUpGoal): Promise<boolean> {
  const { prompts, maxTokens } = goal
  const { accuracy } = await evaluate({ policy, reward: task.reward, prompts, maxTokens, seed })
  return accuracy >= goal.accuracy
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
