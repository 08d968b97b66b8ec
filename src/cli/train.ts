/** `guerdon train`: a run from a configuration. */

import { existsSync, readdirSync } from 'node:fs'
import { GuerdonError } from '../data/error.ts'
import type { Device } from '../graph/device.ts'
import { heldOut } from '../tasks/heldOut.ts'
import type { Task } from '../tasks/task.ts'
import type { CheckedConfig } from '../train/config.ts'
import { policyGradient } from '../train/policyGradient.ts'
import type { CheckedPreference } from '../train/preferenceConfig.ts'
import type { TrainingResult } from '../train/trainingResult.ts'
import { freshFolder } from '../train/trainingRun.ts'
import { warmUp } from '../train/warmUp.ts'
import type { DefineCommand } from './commands.ts'
import { checkCompanions, companionParts, openCompanions } from './companionParts.ts'
import { type ExitCode, exitCodes, input } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { resumeCommand } from './invocation.ts'
import { isolatedReward } from './isolatedReward.ts'
import { openPolicy } from './openPolicy.ts'
import { deviceOf, deviceOption, numberAbove, seedOf, wholeNumber } from './options.ts'
import { preferenceObjectives } from './preferenceParts.ts'
import { progress } from './progress.ts'
import { recordedChoices } from './recordedChoices.ts'
import { type Override, readConfig, setOverride } from './trainConfig.ts'
import { creditParts, noReward, objectiveParts, taskParts } from './trainParts.ts'
import { trainPreference } from './trainPreference.ts'
import { closingText, startText, stepLines, trainingJson, warmUpLine } from './trainReport.ts'

interface TrainOptions {
  readonly steps?: number
  readonly seed?: number | string
  readonly folder?: string
  readonly resume?: boolean
  readonly prompts?: number
  readonly groupSize?: number
  readonly learningRate?: number
  readonly maxTokens?: number
  readonly set?: readonly string[]
  readonly device?: Device
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Trains a policy on the reward of a task, as a configuration says: a TypeScript or JavaScript module with ' +
        '`export default defineConfig({ ... })` (from guerdon/train), or the same keys in YAML or JSON. Flags change ' +
        'what it says. The run leaves metrics, rollouts, checkpoints and report.html in its folder. Ctrl-C finishes ' +
        'the step at hand, writes a checkpoint and prints the command that goes on; a second one quits at once.',
    )
    .argument('<config>', 'guerdon.config.ts, or .yaml, .json')
    .option('--steps <n>', 'steps', wholeNumber(1))
    .option('--seed <seed>', 'seed of everything random', seedOf)
    .option('--folder <dir>', 'where the run leaves its files (default: a new folder under runs/)')
    .option('--resume', 'go on from the last checkpoint in the folder')
    .option('--prompts <n>', 'prompts a step', wholeNumber(1))
    .option('--group-size <n>', 'answers a prompt', wholeNumber(1))
    .option('--learning-rate <x>', 'learning rate', numberAbove())
    .option('--max-tokens <n>', 'most tokens of an answer', wholeNumber(1))
    .option('--set <key=value>', 'any key of the configuration, such as evaluation.every=5; may be repeated', gathered)
    .addOption(deviceOption())
    .option('--json', 'print one line of JSON instead of the closing table')
    .addHelpText(
      'after',
      `
Examples:
  guerdon train guerdon.config.ts --steps 200 --seed 2
  guerdon train addition.yaml --set credit=rloo --set evaluation.every=10 --folder runs/rloo
  guerdon train addition.yaml --folder runs/rloo --resume

Parts with a name of their own, for YAML and --set:
  tasks       ${Object.keys(taskParts).join(', ')}
  credits     ${Object.keys(creditParts).join(', ')}
  objectives  ${Object.keys(objectiveParts).join(', ')}
  companions  ${Object.keys(companionParts('.')).join(', ')}
  objectives on preferences (kind: preference)  ${Object.keys(preferenceObjectives).join(', ')}
  rewards     as in guerdon score --help`,
    )
    .action((config: string, options: TrainOptions) => run(train(config, options)))
}

function gathered(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

async function train(file: string, options: TrainOptions): Promise<ExitCode> {
  const config = await input(() => readConfig(file, overridesOf(options)))
  const folder = await input(() => runFolder(config, options.resume === true))
  if ('kind' in config) return trainOnPreferences(config, folder, options)
  await input(() => checkCompanions(config, file))
  await using reward = await input(() => rewardOf(config, file))
  const given: Task = reward === undefined ? config.task : { ...config.task, reward }
  const on = deviceOf(options)
  const { policy, memory, close } = await input(() => openPolicy(config.policy, given, config.seed, on))
  const bar = progress()
  try {
    const { training, prompts } = await input(() => split(given, config))
    using interrupt = onInterrupt(bar.note, 'finishing the step at hand, then a checkpoint')
    const { signal } = interrupt
    bar.note(startText(config, training, folder))
    if (memory !== undefined) bar.note(memory)
    if (config.warmup !== undefined) {
      const onStep = (step: Parameters<typeof warmUpLine>[0]) => bar.show(warmUpLine(step))
      const asked = { ...config.warmup, policy, task: training, seed: config.seed, folder, resume: options.resume }
      const { finished } = await warmUp({ ...asked, signal, onStep })
      if (!finished) return interrupted(bar, folder)
    }
    const lines = stepLines(config)
    const { credit, objective, shaping, evaluation, policy: _, warmup: __, reward: ___, ...rest } = config
    await using beside = await input(() => openCompanions(config.companions ?? [], policy, config.seed, on))
    const { companions } = beside
    const result = await policyGradient({
      ...{ ...rest, policy, task: training, credit, objective, companions, folder, resume: options.resume, signal },
      recorded: recordedChoices(config),
      ...(shaping === undefined ? {} : { shaping }),
      ...(evaluation === undefined ? {} : { evaluation: { ...evaluation, prompts } }),
      onStep: (step) => bar.show(lines(step)),
    })
    bar.done()
    process.stdout.write(options.json ? `${trainingJson(result)}\n` : `${await closing(result, training, config)}\n`)
    return result.step < config.steps && result.stopped === 'aborted' ? interrupted(bar, folder) : exitCodes.ok
  } finally {
    bar.done()
    await close()
  }
}

async function trainOnPreferences(config: CheckedPreference, folder: string, options: TrainOptions): Promise<ExitCode> {
  const bar = progress()
  try {
    const result = await trainPreference(config, folder, options, bar)
    bar.done()
    if (result === undefined) return interrupted(bar, folder)
    process.stdout.write(`${options.json ? trainingJson(result) : closingText(result, undefined)}\n`)
    return result.stopped === 'aborted' ? interrupted(bar, folder) : exitCodes.ok
  } finally {
    bar.done()
  }
}

function overridesOf({ set = [], ...options }: TrainOptions): Override[] {
  const flags: readonly (readonly [flag: string, path: readonly string[], value: unknown])[] = [
    ['--steps', ['steps'], options.steps],
    ['--seed', ['seed'], options.seed],
    ['--folder', ['folder'], options.folder],
    ['--prompts', ['prompts'], options.prompts],
    ['--group-size', ['groupSize'], options.groupSize],
    ['--learning-rate', ['adam', 'learningRate'], options.learningRate],
    ['--max-tokens', ['maxTokens'], options.maxTokens],
  ]
  const given = flags.filter(([, , value]) => value !== undefined)
  return [...set.map(setOverride), ...given.map(([flag, path, value]) => ({ flag, path, value }))]
}

/** Checked before anything slow is done. */
function runFolder(config: CheckedConfig | CheckedPreference, resume: boolean): string {
  const { folder } = config
  if (folder === undefined) {
    const name = 'kind' in config ? config.objective.name : `${config.task.name}-${config.credit.name}`
    if (!resume) return freshFolder(name)
    throw new GuerdonError('which run?', { where: '--resume', fix: 'name its folder: --folder runs/...' })
  }
  const begun = existsSync(folder) && readdirSync(folder).length > 0
  if (resume && !begun) throw new GuerdonError('there is no run to resume', { where: folder })
  if (!resume && begun)
    throw new GuerdonError('there is a run in this folder already', {
      where: folder,
      fix: 'go on with it (--resume), or choose another folder',
    })
  return folder
}

async function rewardOf({ reward, task }: CheckedConfig, file: string) {
  if (reward === undefined && task.reward === noReward)
    throw new GuerdonError('reward: missing: the prompts come from a file, which has none', {
      where: file,
      fix: "name one, such as reward: numericMatch, or a file that exports one: reward: './reward.ts'",
    })
  if (reward === undefined) return undefined
  if ('module' in reward) return isolatedReward(reward.module, reward)
  return { ...reward, [Symbol.asyncDispose]: async () => undefined }
}

async function split(task: Task, { evaluation, seed }: CheckedConfig) {
  if (evaluation === undefined) return { training: task, prompts: [] }
  const found = await heldOut(task, { count: evaluation.prompts, seed: `${seed}/held out` })
  return { training: found.training, prompts: found.heldOut }
}

function interrupted(bar: { note(line: string): void }, folder: string): ExitCode {
  bar.note(`go on with: ${resumeCommand(process.argv.includes('--folder') ? [] : ['--folder', folder])}`)
  return exitCodes.interrupted
}

async function closing(result: TrainingResult, task: Task, config: CheckedConfig): Promise<string> {
  for await (const prompt of task.prompts(config.seed)) return closingText(result, prompt)
  return closingText(result, undefined)
}
