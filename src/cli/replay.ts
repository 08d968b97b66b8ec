/** `guerdon replay`: what a run's saved answers get from another reward. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Replay, type Replayed, replay, type Side, type Value } from '../audit/replay.ts'
import { GuerdonError } from '../data/error.ts'
import { type RolloutRecord, readRollouts } from '../runs/rolloutLog.ts'
import type { DefineCommand } from './commands.ts'
import { type ExitCode, exitCodes, input, inputs } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { isolatedReward } from './isolatedReward.ts'
import { numberAbove, wholeNumber } from './options.ts'
import { progress } from './progress.ts'
import { figure, percent, table } from './table.ts'

interface ReplayCommand {
  readonly reward: string
  readonly largest: number
  readonly deadline?: number
  readonly workers?: number
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Scores the saved rollouts of a run with another reward and shows what would have changed: the mean, the order of the ' +
        'answers, the sign of their advantages, and the answers whose score changes most.',
    )
    .argument('<run>', 'the folder of a run')
    .requiredOption('-r, --reward <reward>', 'a name with options, or a file that exports one, ./reward.ts')
    .option('--largest <n>', 'answers listed, those that change most', wholeNumber(), 10)
    .option('--deadline <ms>', 'milliseconds for one answer (default: 10000)', numberAbove())
    .option('--workers <n>', 'worker threads (default: one less than the processor has)', wholeNumber(1))
    .option('--json', 'print one line of JSON instead of the table')
    .addHelpText(
      'after',
      `
Examples:
  guerdon replay runs/addition-grpo --reward ./stricter.ts
  guerdon replay runs/gsm8k --reward 'mathEqual' --largest 30 --json`,
    )
    .action((folder: string, options: ReplayCommand) => run(replayCommand(folder, options)))
}

async function replayCommand(folder: string, options: ReplayCommand): Promise<ExitCode> {
  await input(() => {
    if (existsSync(join(folder, 'rollouts.jsonl'))) return
    throw new GuerdonError('there are no saved rollouts in it', {
      where: folder,
      fix: 'name the folder of a run, which holds rollouts.jsonl',
    })
  })
  const bar = progress()
  await using reward = await input(() =>
    isolatedReward(options.reward, { deadlineMs: options.deadline, workers: options.workers }),
  )
  using interrupt = onInterrupt(bar.note, 'stopping')
  try {
    const found = await replay(inputs(readRollouts(folder)), reward, {
      largest: options.largest,
      signal: interrupt.signal,
      onGroup: ({ step, group }: RolloutRecord) => bar.show(`step ${step}, group ${group}`),
    })
    bar.done()
    const named = { run: folder, reward: reward.name, ...found }
    process.stdout.write(options.json === true ? `${JSON.stringify(named)}\n` : `${shown(named)}\n`)
    return found.compared === 0 ? exitCodes.failed : exitCodes.ok
  } catch (thrown) {
    if (!interrupt.signal.aborted) throw thrown
    return exitCodes.interrupted
  } finally {
    bar.done()
  }
}

function shown(found: Replay & { readonly run: string; readonly reward: string }): string {
  const { compared, flipped, woke, fellAsleep, changed, largest } = found
  const share = (count: number) => `${count} (${percent(compared === 0 ? undefined : count / compared)})`
  return [
    `${found.run} by ${found.reward}: ${found.rollouts} answers in ${found.groups} groups of ${found.steps} steps`,
    '',
    table([
      ['', 'as saved', 'now'],
      ['mean', figure(found.before.mean), figure(found.after.mean)],
      ['unscored', String(found.before.unscored), String(found.after.unscored)],
    ]),
    '',
    `rank correlation ${figure(found.rankCorrelation)} over all, ${figure(found.groupCorrelation)} within a group (${found.groupsCompared} groups)`,
    `${share(changed)} of ${compared} scores change`,
    `${share(flipped)} advantages change sign; ${share(woke)} are no longer 0, ${share(fellAsleep)} become 0`,
    ...causes(found.after),
    ...(largest.length === 0 ? [] : ['', 'changed most', ...largest.map(line)]),
  ].join('\n')
}

function causes({ causes: found }: Side): string[] {
  return Object.entries(found).map(([at, { count, reason }]) => `${count} not scored now, at ${at}: ${reason}`)
}

function line({ step, group, index, answer, before, after }: Replayed): string {
  const text = JSON.stringify(answer.length > 60 ? `…${answer.slice(-60)}` : answer)
  return `  step ${step}, group ${group}, answer ${index}: ${value(before)} → ${value(after)}  ${text}`
}

function value(each: Value): string {
  return 'value' in each ? figure(each.value) : 'unscored'
}
