/** `guerdon calibrate`: a rubric's judge against human labels, its result kept beside the rubric. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, relative } from 'node:path'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { columnOf, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import { inOrder } from '../data/inOrder.ts'
import type { Json, Sample } from '../data/message.ts'
import type { Score } from '../data/score.ts'
import { type Calibration, calibrate, type Interval, type Label } from '../rewards/judged/calibration.ts'
import { rubricFile } from '../rewards/judged/rubricFile.ts'
import type { DefineCommand } from './commands.ts'
import { type AskedColumns, dataColumns, samplesOf } from './dataColumns.ts'
import { type ExitCode, exitCodes, input } from './ending.ts'
import { inProcess } from './inProcess.ts'
import { onInterrupt } from './interrupt.ts'
import { numberAbove, wholeNumber } from './options.ts'
import { progress } from './progress.ts'
import { table } from './table.ts'

interface CalibrateOptions extends Omit<AskedColumns, 'expect'> {
  readonly rubric: string
  readonly data: string
  readonly label: string
  readonly threshold: number
  readonly rows?: number
  readonly deadline: number
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Scores labelled answers with a rubric and says how far its judge agrees with the people who labelled them: ' +
        'accuracy and kappa for labels of yes and no, correlation for labels on a scale, each with a 95 % interval. ' +
        'The result is kept as JSON beside the rubric.',
    )
    .requiredOption('--rubric <file>', 'the rubric: .yaml or .json')
    .requiredOption('--data <file>', 'labelled answers: .jsonl, .jsonl.gz or .parquet')
    .requiredOption('--label <column>', 'column of the label: true or false, yes or no, or a number')
    .option('--prompt <column>', "column of the prompt (default: 'prompt', where there is one)")
    .option('--completion <column>', "column of the answer (default: 'completion')")
    .option('--reference <column>', "column of the known answer (default: 'reference', where there is one)")
    .option('--threshold <x>', 'a value at or above it is a yes', numberAbove({ zero: true, most: 1 }), 0.5)
    .option('--rows <n>', 'only the first n rows', wholeNumber(1))
    .option('--deadline <ms>', 'milliseconds for one answer', numberAbove(), 60_000)
    .option('--json', 'print one line of JSON instead of the table')
    .addHelpText(
      'after',
      `
Example:
  guerdon calibrate --rubric rubric.yaml --data labelled.jsonl --label good`,
    )
    .action((options: CalibrateOptions) => run(calibrateRubric(options)))
}

async function calibrateRubric(options: CalibrateOptions): Promise<ExitCode> {
  await using reward = await input(() => rubricFile(options.rubric))
  const items = await input(() => labelled(options))
  const bar = progress()
  using interrupt = onInterrupt(bar.note, 'stopping: nothing is kept')
  const queue = inProcess(reward, options.deadline)
  const scores: Score[] = []
  const asked = inOrder(from(items), 4 * (queue.concurrency ?? 1), ({ sample }) =>
    queue.score([sample], interrupt.signal),
  )
  for await (const [score] of asked) {
    scores.push(score)
    bar.show(`${scores.length} of ${items.length} answers`)
  }
  bar.done()
  if (interrupt.signal.aborted) return exitCodes.interrupted
  const labels = items.map(({ label }) => label)
  const result = await input(() => calibrate(scores, labels, { threshold: options.threshold }))
  const file = `${options.rubric.replace(/\.(?:ya?ml|json)$/, '')}.calibration.json`
  const kept = {
    ...{ rubric: basename(options.rubric), judge: reward.judge.name, data: basename(options.data) },
    ...{ label: options.label, date: new Date().toISOString().slice(0, 10) },
    // Whether the rubric is still the one that was calibrated.
    rubricSha256: createHash('sha256')
      .update(await readFile(options.rubric))
      .digest('hex'),
    ...result,
  }
  await writeFileAtomic(file, `${JSON.stringify(kept, undefined, 2)}\n`)
  const reason = scores.find((score) => score.kind === 'unscored')?.reason
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ ...kept, file })}\n`
      : `${reportText(result, options, reason)}\n\n${relative('.', file)} keeps this\n`,
  )
  return result.n === 0 ? exitCodes.failed : exitCodes.ok
}

interface Labelled {
  readonly sample: Sample
  readonly label: Label
}

async function labelled({
  data,
  label,
  rows = Number.POSITIVE_INFINITY,
  ...asked
}: CalibrateOptions): Promise<Labelled[]> {
  const items: Labelled[] = []
  let columns: ReturnType<typeof dataColumns> | undefined
  for await (const { row, value } of readRows(data)) {
    if (items.length >= rows) break
    columns ??= dataColumns({ ...asked, expect: label }, value, data)
    const samples = samplesOf(value, row, columns)
    const where = `${data}:${row}`
    if (typeof samples === 'string') throw new GuerdonError(samples, { where })
    const known = labelOf(columnOf(value, label))
    if (known === undefined)
      throw new GuerdonError(`column '${label}' holds ${JSON.stringify(columnOf(value, label) ?? null)}, no label`, {
        where,
        fix: 'write true or false, yes or no, or a number',
      })
    items.push({ sample: samples[0], label: known })
  }
  if (items.length === 0) throw new GuerdonError('there is no row in it', { where: data })
  return items
}

function labelOf(value: Json | undefined): Label | undefined {
  if (typeof value === 'boolean' || typeof value === 'number') return value
  const word = typeof value === 'string' ? value.trim().toLowerCase() : ''
  if (word === 'yes' || word === 'true') return true
  if (word === 'no' || word === 'false') return false
  return word !== '' && Number.isFinite(Number(word)) ? Number(word) : undefined
}

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

function reportText(
  { n, unscored, classes, numbers }: Calibration,
  options: CalibrateOptions,
  reason?: string,
): string {
  const lines = [`${options.rubric} against '${options.label}' of ${options.data}: ${n} answers`, '']
  if (classes !== undefined) {
    const { accuracy, accuracyInterval, kappa, kappaInterval, macroF1 } = classes
    lines.push(
      table([
        ['', 'value', '95 %'],
        ['accuracy', accuracy.toFixed(3), shown(accuracyInterval)],
        ["Cohen's kappa", kappa?.toFixed(3) ?? 'none', shown(kappaInterval)],
        ['macro F1', macroF1.toFixed(3), ''],
      ]),
      '',
      table([
        [`judge (yes from ${classes.threshold})`, 'label yes', 'label no'],
        ['yes', String(classes.truePositives), String(classes.falsePositives)],
        ['no', String(classes.falseNegatives), String(classes.trueNegatives)],
      ]),
    )
  }
  if (numbers !== undefined)
    lines.push(
      table([
        ['', 'value', '95 %'],
        ["Spearman's rho", numbers.spearman?.toFixed(3) ?? 'none', shown(numbers.spearmanInterval)],
        ["Pearson's r", numbers.pearson?.toFixed(3) ?? 'none', ''],
      ]),
    )
  for (const [at, count] of Object.entries(unscored)) lines.push('', `${count} unscored at ${at}`)
  if (reason !== undefined) lines.push(`  ${reason.split('\n')[0].slice(0, 200)}`)
  return lines.join('\n')
}

function shown(interval: Interval | null): string {
  return interval === null ? '' : `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`
}
