/** `guerdon score`: a data file through a reward. */

import { Option } from 'commander'
import { type Columns, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import type { IsolatedReward } from '../rewards/isolated.ts'
import type { DefineCommand } from './commands.ts'
import { type AskedColumns, type DataColumns, dataColumns } from './dataColumns.ts'
import { type ExitCode, exitCodes, input, inputs } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { resumeCommand } from './invocation.ts'
import { isolatedReward } from './isolatedReward.ts'
import { numberAbove, wholeNumber } from './options.ts'
import { type Progress, progress } from './progress.ts'
import { rewardParts } from './rewardParts.ts'
import { type ScoreOutput, scoreOutput } from './scoreOutput.ts'
import { printScores } from './scoreReport.ts'
import { type ScoreRowsOptions, scoreRows } from './scoreRows.ts'
import { type ScoreTally, scoreTally } from './scoreTally.ts'

interface ScoreOptions extends AskedColumns {
  readonly reward?: string
  readonly out?: string
  readonly deadline?: number
  readonly workers?: number
  readonly broken: 'throw' | 'skip'
  readonly resume?: boolean
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Scores the answers in a data file (JSON Lines, gzip too, or Parquet) of any size through a reward, and sums ' +
        'up: mean, histogram, what could not be scored and why. The reward runs in worker threads; past the deadline ' +
        'a call is killed and its answer is unscored, which is not the same as 0.',
    )
    .argument('<data>', 'the file: .jsonl, .jsonl.gz or .parquet')
    .option(
      '-r, --reward <reward>',
      'a name with options, numericMatch(marker=A:), or a file that exports one, ./reward.ts',
    )
    .option('--prompt <column>', "column of the prompt (default: 'prompt', where there is one)")
    .option(
      '--completion <columns>',
      "columns of the answers, with commas between them, or a pattern '*.solution' (default: 'completion')",
    )
    .option(
      '--reference <column>',
      "column of the known answer, or . for the whole row (default: 'reference', where there is one)",
    )
    .option(
      '--expect <columns>',
      "columns of labels to compare with, one for each of the answers', or a pattern '*.is_correct'",
    )
    .option('-o, --out <file>', 'where a line for each answer goes (JSON Lines)')
    .option('--resume', 'go on after the last row in --out')
    .option('--deadline <ms>', 'milliseconds for one answer (default: 10000)', numberAbove())
    .option('--workers <n>', 'worker threads (default: one less than the processor has)', wholeNumber(1))
    .addOption(
      new Option('--broken <what>', 'at a row that cannot be read, stop, or leave it out and say so')
        .choices(['throw', 'skip'])
        .default('throw'),
    )
    .option('--json', 'print one line of JSON instead of the summary')
    .addHelpText(
      'after',
      `
Examples:
  guerdon score answers.jsonl --reward 'numericMatch(from=boxed)' --out scores.jsonl
  guerdon score answers.parquet --reward ./reward.ts --prompt question --completion answer --deadline 2000
  guerdon score example_model_solutions.jsonl --reward numericMatch --prompt question --reference ground_truth \\
      --completion '*.solution' --expect '*.is_correct'

Rewards with a name, their options in brackets:
${rewardNames}`,
    )
    .action((data: string, options: ScoreOptions) => run(score(data, options)))
}

const rewardNames = Object.entries(rewardParts)
  .map(([name, { keys }]) => `  ${name}${keys.length === 0 ? '' : `(${keys.join(', ')})`}`)
  .join('\n')

async function score(data: string, options: ScoreOptions): Promise<ExitCode> {
  const began = performance.now()
  const columns = await input(async () => dataColumns(options, await firstRow(data, options.broken), data))
  const tally = scoreTally()
  const bar = progress()
  await using reward = await input(() =>
    isolatedReward(requiredReward(options), { deadlineMs: options.deadline, workers: options.workers }),
  )
  const output = await input(() => scoreOutput(options.out, options.resume === true, tally.add))
  using interrupt = onInterrupt(bar.note, 'stopping after the rows at hand')
  try {
    await scoreAllRows({ data, options, columns, reward, output, tally, bar, signal: interrupt.signal })
  } finally {
    bar.done()
    await output.close()
  }
  const { aborted } = interrupt.signal
  const totals = tally.totals()
  printScores(totals, {
    ...{
      data,
      reward: reward.name,
      seconds: (performance.now() - began) / 1000,
      json: options.json === true,
      interrupted: aborted,
    },
    ...(options.out === undefined ? {} : { out: options.out }),
  })
  if (aborted) {
    if (options.out !== undefined) process.stderr.write(`go on with: ${resumeCommand([])}\n`)
    return exitCodes.interrupted
  }
  return totals.scored === 0 && totals.answers > 0 ? exitCodes.failed : exitCodes.ok
}

function requiredReward({ reward }: ScoreOptions): string {
  if (reward !== undefined) return reward
  throw new GuerdonError('which reward?', { where: '--reward', fix: '--reward numericMatch, or --reward ./reward.ts' })
}

interface Work {
  readonly data: string
  readonly options: ScoreOptions
  readonly columns: DataColumns
  readonly reward: IsolatedReward
  readonly output: ScoreOutput
  readonly tally: ScoreTally
  readonly bar: Progress
  readonly signal: AbortSignal
}

async function scoreAllRows({ data, options, columns, reward, output, tally, bar, signal }: Work): Promise<void> {
  const began = performance.now()
  const work: ScoreRowsOptions = {
    ...{ file: data, columns, reward, broken: options.broken, from: output.from, signal },
    // Enough that no thread waits while a row at the head of the line takes its time.
    window: 64 * (reward.concurrency ?? 1),
  }
  let rows = 0
  // A row that cannot be read is the user's to mend.
  for await (const lines of inputs(scoreRows(work))) {
    await output.write(lines)
    for (const line of lines) tally.add(line)
    rows++
    const seconds = (performance.now() - began) / 1000
    bar.show(`row ${lines[0].row} · ${Math.round(rows / seconds)} rows/s`)
  }
}

async function firstRow(file: string, broken: 'throw' | 'skip'): Promise<Columns> {
  const options = broken === 'skip' ? ({ broken, onBroken: () => undefined } as const) : {}
  for await (const { value } of readRows(file, options)) return value
  throw new GuerdonError('there is no row in it', { where: file })
}
