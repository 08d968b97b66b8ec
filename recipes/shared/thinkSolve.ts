/** Where the recipes on thinking or solving start: a model that solves about half, with lines of thinking in its answers. */
import { heldOut, thinkSolve, thinkSolveSeparator } from 'guerdon/tasks'
import { supervised } from 'guerdon/train'
import { type Budget, type Start, tinyModel } from './creditArm.ts'

/** The starting point that the recipes share. */
export const thinkSolveStart = { sums: 3, thinks: 2, wrong: 0.3, warmupSteps: 300, heldOut: 60 }

export interface ThinkSolveStart {
  readonly sums: number | readonly [number, number]
  /** Most lines of thinking in the warm-up data. */
  readonly thinks: number
  /** Share of its sums that are drawn at random. */
  readonly wrong: number
  readonly warmupSteps: number
  readonly heldOut: number
}

/** The task of a seed, its held-out prompts, and a model warmed up on its data. */
export async function prepareThinkSolve(seed: number, settings: ThinkSolveStart): Promise<Start> {
  const whole = thinkSolve({ sums: settings.sums })
  const { training, heldOut: prompts } = await heldOut(whole, { count: settings.heldOut, seed })
  const model = tinyModel(whole.alphabet, seed, 64)
  await supervised({
    policy: model,
    demonstrations: whole.warmup(seed, settings),
    steps: settings.warmupSteps,
    batch: 64,
    adam: { learningRate: 3e-3, clipNorm: 1 },
  })
  return { task: training, model, heldOut: prompts }
}

/** Ten lines at most, and steps that end with the task's separator. */
export const thinkSolveBudget: Budget = {
  prompts: 16,
  groupSize: 8,
  steps: 50,
  maxTokens: 23,
  learningRate: 1e-3,
  every: 10,
  samples: 4,
  stepSeparator: thinkSolveSeparator,
}
