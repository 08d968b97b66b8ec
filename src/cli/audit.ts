/** `guerdon audit`: whether a reward can be trusted. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Audit, audit, probes } from '../audit/audit.ts'
import { countVerdicts, limitText, shown, writeAuditReport } from '../audit/auditReport.ts'
import { type Limit, usualLimits } from '../audit/limits.ts'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { GuerdonError } from '../data/error.ts'
import { unusedFolder } from '../train/trainingRun.ts'
import { auditSamples } from './auditData.ts'
import type { DefineCommand } from './commands.ts'
import type { AskedColumns } from './dataColumns.ts'
import { type ExitCode, exitCodes, input } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { isolatedReward } from './isolatedReward.ts'
import { numberAbove, seedOf, wholeNumber } from './options.ts'
import { progress } from './progress.ts'
import { table } from './table.ts'

interface AuditCommand extends AskedColumns {
  readonly reward: string
  readonly data: string
  readonly probes?: string
  readonly prompts: number
  readonly repetitions: number
  readonly threshold?: number
  readonly limit: readonly string[]
  readonly strict?: boolean
  readonly out?: string
  readonly deadline?: number
  readonly workers?: number
  readonly seed: number | string
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Asks whether a reward can be trusted: answers that say nothing, pleas, padding, length, position, other words and ' +
        'forms, noise, company, blind baselines, and agreement with labels. Every figure has a 95 % interval and a limit. Ends ' +
        'with code 1 where a figure breaks its limit.',
    )
    .requiredOption('-r, --reward <reward>', 'a name with options, or a file that exports one, ./reward.ts')
    .requiredOption(
      '-d, --data <file>',
      'answers as the reward will see them, right and wrong: .jsonl, .jsonl.gz or .parquet',
    )
    .option('--prompt <column>', "column of the prompt (default: 'prompt', where there is one)")
    .option('--completion <columns>', "columns of the answers, as for score (default: 'completion')")
    .option('--reference <column>', "column of the known answer (default: 'reference', where there is one)")
    .option('--expect <columns>', 'columns that say whether the answers are right, true or false')
    .option('--prompts <n>', 'prompts that are probed, drawn by --seed', wholeNumber(1), 200)
    .option(
      '--probes <names>',
      `which, with commas between them (default: all): ${probes.map(({ name }) => name).join(', ')}`,
    )
    .option(
      '--limit <name=value>',
      "a limit of your own, or 'off': --limit masterKeys.worst=0.1 (again for more)",
      collected,
      [],
    )
    .option('--strict', 'end with code 1, too, where an interval reaches beyond a limit')
    .option(
      '--threshold <value>',
      "a value that counts as a success (default: the middle of the reward's range)",
      Number,
    )
    .option('--repetitions <n>', 'how often the noise probe scores everything again', wholeNumber(1), 3)
    .option('-o, --out <folder>', 'where report.html and audit.json go (default: a new folder under audits/)')
    .option('--deadline <ms>', 'milliseconds for one answer (default: 10000)', numberAbove())
    .option('--workers <n>', 'worker threads (default: one less than the processor has)', wholeNumber(1))
    .option('--seed <seed>', 'draws the prompts and the bootstraps', seedOf, 1)
    .option('--json', 'print one line of JSON instead of the table')
    .addHelpText(
      'after',
      `
Examples:
  guerdon audit --reward mathEqual --data answers.jsonl
  guerdon audit --reward ./judge.ts --data answers.jsonl --workers 1 --deadline 60000 --prompts 50
  guerdon audit --reward numericMatch --data example_model_solutions.jsonl --prompt question --reference ground_truth \\
      --completion '*.solution' --expect '*.is_correct' --limit nullBaselines.length=off --strict`,
    )
    .action((options: AuditCommand) => run(auditCommand(options)))
}

function collected(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

async function auditCommand(options: AuditCommand): Promise<ExitCode> {
  const limits = await input(() => Object.fromEntries(options.limit.map(limitOf)))
  const samples = await input(() => auditSamples(options.data, options))
  const bar = progress()
  await using reward = await input(() =>
    isolatedReward(options.reward, { deadlineMs: options.deadline, workers: options.workers }),
  )
  using interrupt = onInterrupt(bar.note, 'stopping after the probe at hand')
  try {
    const found = await input(() =>
      audit(reward, samples, {
        ...{ prompts: options.prompts, repetitions: options.repetitions, seed: options.seed, limits },
        ...(options.probes === undefined ? {} : { probes: options.probes.split(',').map((name) => name.trim()) }),
        ...(options.threshold === undefined ? {} : { threshold: options.threshold }),
        // The reward's own threads keep the deadline of each answer.
        ...{ deadlineMs: Number.MAX_SAFE_INTEGER, signal: interrupt.signal, onProbe: bar.show },
      }),
    )
    bar.done()
    const folder = options.out ?? unusedFolder(join('audits', reward.name.replaceAll(/[^\w.-]+/g, '-')))
    await mkdir(folder, { recursive: true })
    await writeFileAtomic(join(folder, 'audit.json'), `${JSON.stringify(found, undefined, 2)}\n`)
    await writeAuditReport(join(folder, 'report.html'), found)
    process.stdout.write(options.json === true ? `${JSON.stringify(found)}\n` : `${summary(found, folder)}\n`)
    const broken = found.verdict === 'fail' || (options.strict === true && found.verdict === 'unsure')
    return broken ? exitCodes.failed : exitCodes.ok
  } catch (thrown) {
    if (!interrupt.signal.aborted) throw thrown
    return exitCodes.interrupted
  } finally {
    bar.done()
  }
}

/** masterKeys.worst=0.1: the bound of a usual limit, or 'off'; a figure that has none gets an upper bound. */
function limitOf(written: string): readonly [string, Limit | undefined] {
  const [name, value] = written.split('=')
  if (value === 'off') return [name, undefined]
  const bound = Number(value)
  if (value === undefined || value.trim() === '' || !Number.isFinite(bound))
    throw new GuerdonError(`'${written}' is no limit`, {
      where: '--limit',
      fix: 'write the name of a figure and its bound, masterKeys.worst=0.1, or off',
    })
  const usual: Limit = usualLimits[name] ?? { most: bound }
  if ('least' in usual) return [name, { least: bound }]
  return [name, 'within' in usual ? { within: bound } : { most: bound }]
}

function summary(found: Audit, folder: string): string {
  const counts = countVerdicts(found)
  const rows = found.probes.flatMap(({ name, figures }) =>
    figures
      .filter((figure) => figure.limit !== undefined || name === 'calibration' || name === 'nullBaselines')
      .map((figure) => [
        `${name}.${figure.name}`,
        shown(figure, figure.value),
        `${shown(figure, figure.low)} to ${shown(figure, figure.high)}`,
        String(figure.n),
        limitText(figure),
        figure.verdict ?? '',
      ]),
  )
  const skipped = found.probes.flatMap(({ name, skipped: why }) => (why === undefined ? [] : `${name}: ${why}`))
  return [
    `audit of ${found.reward}: ${found.answers} answers to ${found.prompts} prompts, a success is ${found.threshold} or more`,
    '',
    table([['figure', 'value', '95 %', 'prompts', 'limit', 'verdict'], ...rows]),
    ...(found.unscored === 0 ? [] : ['', `${found.unscored} answers could not be scored`]),
    ...(skipped.length === 0 ? [] : ['', 'not measured', ...skipped.map((line) => `  ${line}`)]),
    '',
    `${counts.fail} beyond their limit, ${counts.unsure} unsure, ${counts.pass} within; ${join(folder, 'report.html')}`,
  ].join('\n')
}
