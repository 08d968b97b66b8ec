/** `guerdon eval`: how often a model's answers are right. */

import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import { wilsonInterval } from '../data/wilson.ts'
import type { Device } from '../graph/device.ts'
import type { Reward } from '../rewards/reward.ts'
import { dataFile } from '../tasks/dataFile.ts'
import { heldOut } from '../tasks/heldOut.ts'
import type { Task } from '../tasks/task.ts'
import { type Evaluation, evaluate } from '../train/evaluate.ts'
import { check } from '../train/schema.ts'
import type { DefineCommand } from './commands.ts'
import { type ExitCode, input } from './ending.ts'
import { isolatedReward } from './isolatedReward.ts'
import { localModel } from './openPolicy.ts'
import { deviceOf, deviceOption, numberAbove, seedOf, wholeNumber, wholeNumbers } from './options.ts'
import { duration, eta } from './progress.ts'
import { figure, percent, table } from './table.ts'
import { noReward, partSchemas } from './trainParts.ts'
import { withPolicy } from './withPolicy.ts'

interface EvalOptions {
  readonly task?: string
  readonly data?: string
  readonly promptColumn: string
  readonly referenceColumn?: string
  readonly reward?: string
  readonly prompts?: number
  readonly samples: number
  readonly passAt?: readonly number[]
  readonly maxTokens: number
  readonly temperature?: number
  readonly deadline?: number
  readonly workers?: number
  readonly seed: number | string
  readonly device?: Device
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Lets a model answer prompts and scores the answers: accuracy with its 95 % interval (Wilson), pass@k, and ' +
        'what could not be scored, which counts neither way.',
    )
    .argument('<model>', "a model's folder, or the folder of a run: its last checkpoint")
    .option('--task <task>', "prompts of a task: addition, 'addition(digits=2)'")
    .option('--data <file>', 'prompts of a data file: .jsonl, .jsonl.gz or .parquet')
    .option('--prompt-column <column>', 'column of the prompt', 'prompt')
    .option('--reference-column <column>', 'column of the known answer')
    .option('--reward <reward>', "the judge: a name with options or a file that exports one (default: the task's own)")
    .option('--prompts <n>', 'how many prompts (default: 200 of a task, all of a file)', wholeNumber(1))
    .option('--samples <n>', 'answers a prompt; one is greedy, several are drawn', wholeNumber(1), 1)
    .option('--pass-at <k,...>', "the k's of pass@k, at most --samples", wholeNumbers)
    .option('--max-tokens <n>', 'most tokens of an answer', wholeNumber(1), 64)
    .option('--temperature <t>', 'default: 0 for one answer a prompt, 1 for several', numberAbove({ zero: true }))
    .option('--deadline <ms>', 'milliseconds the reward has for one answer (default: 10000)', numberAbove())
    .option('--workers <n>', "the reward's worker threads", wholeNumber(1))
    .option('--seed <seed>', 'seed of prompts and answers', seedOf, 'evaluation')
    .addOption(deviceOption())
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  guerdon eval runs/addition-grpo --task 'addition(digits=2)' --prompts 500
  guerdon eval runs/addition-grpo --task addition --samples 8 --pass-at 1,4,8
  guerdon eval models/small --data gsm8k.jsonl --prompt-column question --reference-column answer --reward numericMatch`,
    )
    .action((model: string, options: EvalOptions) => run(evalModel(model, options)))
}

async function evalModel(model: string, options: EvalOptions): Promise<ExitCode> {
  const began = performance.now()
  const { samples, passAt = samples > 1 ? [1, samples] : [] } = options
  const tooMany = passAt.find((k) => k > samples)
  const task = await input(() => {
    if (tooMany !== undefined)
      throw new GuerdonError(`pass@${tooMany} needs at least ${tooMany} answers a prompt, not ${samples}`, {
        where: '--pass-at',
      })
    return taskOf(options)
  })
  const { reward: spec, deadline: deadlineMs, workers } = options
  await using isolated = await input(() =>
    spec === undefined ? undefined : isolatedReward(spec, { deadlineMs, workers }),
  )
  const reward = isolated ?? task.reward
  const prompts = await input(() => promptsOf(task, options))
  const policy = await input(() => localModel(model, deviceOf(options)))
  // Awaited here: the reward's threads end with this function.
  return await withPolicy(policy, async (bar, signal) => {
    const found = await evaluate({
      ...{
        policy,
        prompts,
        samples,
        passAt,
        maxTokens: options.maxTokens,
        seed: options.seed,
        signal,
      },
      reward: counting(reward, (done) => {
        const seconds = (performance.now() - began) / 1000
        const all = prompts.length * samples
        bar.show([`${done} of ${all} answers`, eta(done, all, seconds)].filter((part) => part !== '').join(' · '))
      }),
      ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
    })
    bar.done()
    const seconds = (performance.now() - began) / 1000
    process.stdout.write(`${options.json ? json(found, seconds) : text(found, `${model} on ${task.name}`, seconds)}\n`)
  })
}

function taskOf({ task, data, promptColumn, referenceColumn, reward }: EvalOptions): Task {
  if ((task === undefined) === (data === undefined))
    throw new GuerdonError('name either --task or --data', {
      fix: '--task addition, or --data file.jsonl --reward numericMatch',
    })
  if (data !== undefined) {
    if (reward === undefined) throw new GuerdonError('a data file needs a --reward', { fix: '--reward numericMatch' })
    return dataFile(data, {
      ...{ prompt: promptColumn, order: 'file', reward: noReward },
      ...(referenceColumn === undefined ? {} : { reference: referenceColumn }),
    })
  }
  const read = check(partSchemas('.').task, task)
  if ('value' in read) return read.value
  throw new GuerdonError(read.problems.map(({ message }) => message).join('\n'), { where: '--task' })
}

async function promptsOf(task: Task, { data, prompts: wanted, seed }: EvalOptions): Promise<readonly Prompt[]> {
  if (data === undefined) return (await heldOut(task, { count: wanted ?? 200, seed })).heldOut
  const prompts: Prompt[] = []
  for await (const prompt of task.prompts(seed)) {
    prompts.push(prompt)
    if (prompts.length === wanted) break
  }
  return prompts
}

/** The same reward, telling how many answers it has scored. */
function counting(reward: Reward, told: (done: number) => void): Reward {
  let done = 0
  return {
    ...reward,
    async score(samples, signal) {
      const scores = await reward.score(samples, signal)
      done += samples.length
      told(done)
      return scores
    },
  }
}

/** The interval counts prompts, not answers: answers to one prompt are no independent trials. */
function interval({ accuracy, groups }: Evaluation): readonly [number, number] {
  const answered = groups.filter(({ scores }) => scores.some((score) => score.kind === 'scored'))
  return wilsonInterval(accuracy, answered.length)
}

function text(found: Evaluation, what: string, seconds: number): string {
  const { accuracy, passAt, reward, length, census, groups } = found
  const [low, high] = interval(found)
  const rows = [
    ['accuracy', percent(accuracy), `${percent(low)} to ${percent(high)}`],
    ...Object.entries(passAt).map(([k, value]) => [`pass@${k}`, percent(value), '']),
    ['reward', figure(reward), ''],
    ['length', figure(length), 'tokens'],
  ]
  const causes = Object.entries(census.causes).map(([at, { count, reason }]) => `${count} unscored at ${at}: ${reason}`)
  const answers = `${census.samples} answers to ${groups.length} prompts in ${duration(seconds)}`
  return [`${what}: ${answers}`, '', table([['', '', '95 % interval'], ...rows]), ...causes].join('\n')
}

function json(found: Evaluation, seconds: number): string {
  const { accuracy, passAt, reward, length, census, groups } = found
  const [low, high] = interval(found)
  return JSON.stringify({ accuracy, low, high, passAt, reward, length, prompts: groups.length, ...census, seconds })
}
