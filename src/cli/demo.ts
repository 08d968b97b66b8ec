/**
 * `guerdon demo`: the main job in three minutes. A nano model learns chained arithmetic: a short supervised warm-up on the worked
 * sums of a pupil with a mistake, then GRPO on nothing but whether the final number is right.
 */
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { grpo } from '../credit/grpo.ts'
import type { Prompt } from '../data/message.ts'
import { linearSchedule } from '../nn/schedule.ts'
import { clipped } from '../objectives/clipped.ts'
import { type LocalPolicy, localPolicy, nano } from '../policy/local/local.ts'
import { chainedArithmetic } from '../tasks/chainedArithmetic.ts'
import { heldOut } from '../tasks/heldOut.ts'
import { demonstrations, type GeneratedTask } from '../tasks/task.ts'
import { characterTokenizer } from '../text/characterTokenizer.ts'
import { evaluate } from '../train/evaluate.ts'
import { policyGradient } from '../train/policyGradient.ts'
import type { TrainingResult } from '../train/trainingResult.ts'
import { unusedFolder } from '../train/trainingRun.ts'
import { warmUp } from '../train/warmUp.ts'
import type { DefineCommand } from './commands.ts'
import { type ExitCode, exitCodes } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { resumeCommand } from './invocation.ts'
import { type Progress, progress } from './progress.ts'
import { figure, percent, table } from './table.ts'

/**
 * Every number of the demo. Prompts of both held-out sets are never trained on; only `watched` ones decide when to stop. Where the
 * warm-up ends in accuracy is set by the pupil's mistake, which the model learns as it learns the rest, and not by the moment at which it
 * is stopped: a model stopped half-way through its facts is sure of wrong ones, and which ones is a matter of luck.
 */
const choices = {
  size: '0.2M',
  context: 56,
  task: { operations: 4, operands: [0, 6], modulus: 7, slips: 0.6 },
  watched: 200,
  tested: 500,
  warmup: { steps: 300, batch: 64, learningRate: 2e-3 },
  prompts: 32,
  groupSize: 8,
  /** Above 1, so that what the policy is sure of and gets wrong is still tried otherwise now and then. */
  temperature: 1.2,
  steps: 250,
  learningRate: 4e-4,
  /** Steps over which the rate rises: a fresh optimiser's first steps are large whatever the gradient. */
  rise: 30,
  maxTokens: 36,
  every: 20,
  stopAt: 0.97,
} as const

interface DemoOptions {
  readonly seed: number
  readonly folder: string
  readonly resume: boolean
  readonly json: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      "Trains a nano model on chained arithmetic, from a pupil's mistakes to over 90 %, in about three minutes.",
    )
    .option('--seed <n>', 'seed of everything random', Number, 1)
    .option('--folder <dir>', 'where the run leaves its files', join('runs', 'demo'))
    .option('--resume', 'go on from the latest checkpoint in the folder', false)
    .option('--json', 'end with one JSON line on stdout', false)
    .addHelpText(
      'after',
      '\nExamples:\n  guerdon demo\n  guerdon demo --seed 7 --folder runs/seven\n  guerdon demo --json | tail -1',
    )
    .action((options: DemoOptions) => run(demo(options)))
}

async function demo(options: DemoOptions): Promise<ExitCode> {
  const out = progress()
  using interrupt = onInterrupt(out.note, 'finishing the step at hand and writing a checkpoint')
  const { signal } = interrupt
  const began = performance.now()
  const folder = options.resume ? options.folder : unusedFolder(options.folder)
  const { seed } = options
  const whole = chainedArithmetic(choices.task)
  const watch = await heldOut(whole, { count: choices.watched, seed: `${seed}/watched` })
  const test = await heldOut(watch.training, { count: choices.tested, seed: `${seed}/tested` })
  const task = test.training

  out.note(`Guerdon trains a ${choices.size}-parameter model on sums like ${exampleOf(seed)}`)
  out.note(
    `first it imitates a pupil who takes the smaller number from the larger in ${percent(choices.task.slips)} of the differences below zero`,
  )
  const model = nano(choices.size, characterTokenizer(task.alphabet), { seed, context: choices.context })
  const { steps, batch, learningRate } = choices.warmup
  const { finished } = await warmUp({
    policy: model,
    task,
    steps,
    batch,
    learningRate,
    seed,
    folder,
    resume: options.resume,
    signal,
    onStep: ({ step, metrics }) => out.show(`warm-up step ${step}  loss ${figure(metrics.loss)}`),
  })
  out.done()
  if (!finished) {
    await model.close()
    out.note(`stopped in the warm-up; go on with: ${resumeCommand(['--folder', folder])}`)
    return exitCodes.interrupted
  }
  const start = await fresh(model)
  const accuracyBefore = await accuracyOf(start, task, test.heldOut, seed)
  out.note(
    `after the warm-up ${percent(accuracyBefore)} of ${choices.tested} unseen sums are right; from here on only the reward teaches`,
  )

  const result = await policyGradient({
    policy: start,
    task,
    credit: grpo(),
    objective: clipped({ low: 0.2, high: 0.28 }),
    prompts: choices.prompts,
    groupSize: choices.groupSize,
    temperature: choices.temperature,
    steps: choices.steps,
    maxTokens: choices.maxTokens,
    adam: { learningRate: choices.learningRate, clipNorm: 1 },
    schedule: linearSchedule({ steps: choices.steps, warmup: choices.rise, floor: 0.1 }),
    evaluation: { prompts: watch.heldOut, every: choices.every, stopAt: choices.stopAt },
    checkpointEvery: 100,
    seed,
    folder: join(folder, 'grpo'),
    resume: options.resume && existsSync(join(folder, 'grpo')),
    signal,
    onStep: ({ step, metrics }) => {
      if (metrics.accuracy !== undefined)
        out.note(`step ${step}: ${percent(metrics.accuracy)} of the watched sums are right`)
      else
        out.show(
          `GRPO step ${step}  reward ${figure(metrics.reward)}  entropy ${figure(metrics.entropy)}  length ${figure(metrics.completionLength)}`,
        )
    },
  })
  out.done()
  if (result.stopped === 'aborted') {
    out.note(`stopped after step ${result.step}; go on with: ${resumeCommand(['--folder', folder])}`)
    await start.close()
    return exitCodes.interrupted
  }
  const accuracyAfter = await accuracyOf(start, task, test.heldOut, seed)
  await start.save(join(folder, 'model'))
  await start.close()
  const seconds = (performance.now() - began) / 1000
  show({ accuracyBefore, accuracyAfter, seconds, result, folder }, out)
  if (options.json) {
    const { tokensPerSecond, report = '' } = result
    process.stdout.write(`${JSON.stringify({ accuracyBefore, accuracyAfter, seconds, tokensPerSecond, report })}\n`)
  }
  return exitCodes.ok
}

/** The same weights with an optimiser that remembers nothing of the warm-up. */
async function fresh(model: LocalPolicy): Promise<LocalPolicy> {
  const policy = localPolicy(model.config, model.weights(), model.tokenizer)
  await model.close()
  return policy
}

/** Share of right answers, each the likeliest one. */
async function accuracyOf(
  policy: LocalPolicy,
  task: GeneratedTask,
  prompts: readonly Prompt[],
  seed: number,
): Promise<number> {
  const { maxTokens } = choices
  const { accuracy } = await evaluate({ policy, reward: task.reward, prompts, maxTokens, seed })
  return accuracy
}

function exampleOf(seed: number): string {
  const { value } = demonstrations(chainedArithmetic({ ...choices.task, slips: 0 }), seed).next()
  return value === undefined ? '' : `${String(value.prompt.messages[0].content)} → ${value.answer}`
}

interface Outcome {
  readonly accuracyBefore: number
  readonly accuracyAfter: number
  readonly seconds: number
  readonly result: TrainingResult
  readonly folder: string
}

function show({ accuracyBefore, accuracyAfter, seconds, result, folder }: Outcome, out: Progress): void {
  const rows = [
    ['', 'before', 'after'],
    [`right, of ${choices.tested} sums never trained on`, percent(accuracyBefore), percent(accuracyAfter)],
  ]
  out.note('')
  out.note(table(rows))
  out.note(
    `\n${result.step} steps of GRPO, ${figure(seconds)} s in all, ${figure(result.tokensPerSecond)} sampled tokens/s in training`,
  )
  if (result.report !== undefined) out.note(`curves and rollouts: ${relative('', result.report)}`)
  const model = join(folder, 'model')
  out.note(`
Next:
  guerdon sample ${model} --prompt "3-5+6-2+4 mod 7="     ask the model yourself
  guerdon recipe list                             papers put to the test
  guerdon train --help                            a task and a reward of your own`)
}
