/** `guerdon validate`: whether a reward says the obvious of a data set. */
import { Option } from 'commander'
import { type Breach, type RowValidation, type ValidationRow, validate } from '../audit/validate.ts'
import { type Columns, columnOf, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import type { DefineCommand } from './commands.ts'
import { promptOf } from './dataColumns.ts'
import { type ExitCode, exitCodes, input, inputs } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { isolatedReward } from './isolatedReward.ts'
import { numberAbove, wholeNumber } from './options.ts'
import { progress } from './progress.ts'
import { percent, table } from './table.ts'

interface ValidateCommand {
  readonly reward: string
  readonly data: string
  readonly prompt: string
  readonly reference: string
  readonly answer?: string
  readonly wrap?: string
  readonly cheat?: string
  readonly top: number
  readonly bottom: number
  readonly deadline?: number
  readonly workers?: number
  readonly broken: 'throw' | 'skip'
  readonly json?: boolean
}

/** Breaches that are kept; all are counted. */
const kept = 100

export const define: DefineCommand = (command, run) => {
  const share = numberAbove({ zero: true, most: 1 })
  command
    .description(
      'Holds a reward against a data set: for every row the right answer must score top; an empty answer, the question ' +
        'repeated, and cheating answers must score bottom. Says which rows break which rule; ends with code 1 where one does.',
    )
    .requiredOption('-r, --reward <reward>', 'a name with options, or a file that exports one, ./reward.ts')
    .requiredOption('-d, --data <file>', 'the questions with their answers: .jsonl, .jsonl.gz or .parquet')
    .option('--prompt <column>', 'column of the prompt', 'prompt')
    .option('--reference <column>', 'column of what the reward compares with, or . for the whole row', 'reference')
    .option('--answer <column>', 'column of the right answer as a policy would write it (default: the reference)')
    .option('--wrap <text>', "the form that the reward expects, with {} for the answer: --wrap '#### {}'")
    .option('--cheat <column>', 'column of cheating answers of the data set, a text or a list, beside the usual ones')
    .option('--top <share>', 'how far up its range the right answer must be, from 0 to 1', share, 1)
    .option('--bottom <share>', 'how far up its range the others may be, from 0 to 1', share, 0)
    .option('--deadline <ms>', 'milliseconds for one answer (default: 10000)', numberAbove())
    .option('--workers <n>', 'worker threads (default: one less than the processor has)', wholeNumber(1))
    .addOption(
      new Option('--broken <what>', 'at a row that cannot be read, stop, or leave it out')
        .choices(['throw', 'skip'])
        .default('throw'),
    )
    .option('--json', 'print one line of JSON instead of the table')
    .addHelpText(
      'after',
      `
Examples:
  guerdon validate --reward 'numericMatch(from=marker, marker="#### ")' --data gsm8k.jsonl --prompt question --reference answer
  guerdon validate --reward ./reward.ts --data questions.jsonl --wrap '<answer>{}</answer>'
  guerdon validate --reward bleu --data translations.jsonl --bottom 0.2`,
    )
    .action((options: ValidateCommand) => run(validateCommand(options)))
}

async function validateCommand(options: ValidateCommand): Promise<ExitCode> {
  const bar = progress()
  await using reward = await input(() =>
    isolatedReward(options.reward, { deadlineMs: options.deadline, workers: options.workers }),
  )
  using interrupt = onInterrupt(bar.note, 'stopping after the rows at hand')
  const found = summary()
  try {
    const { top, bottom } = options
    const rows = validate(rowsOf(options, found.skip), reward, { top, bottom, signal: interrupt.signal })
    for await (const row of inputs(rows)) {
      if (interrupt.signal.aborted) break
      found.add(row)
      bar.show(`row ${row.row}`)
    }
  } finally {
    bar.done()
  }
  const { aborted } = interrupt.signal
  const totals = { data: options.data, reward: reward.name, interrupted: aborted, ...found.totals() }
  process.stdout.write(options.json === true ? `${JSON.stringify(totals)}\n` : `${shown(totals)}\n`)
  if (aborted) return exitCodes.interrupted
  return totals.rows === 0 || totals.brokenRows > 0 ? exitCodes.failed : exitCodes.ok
}

async function* rowsOf(
  options: ValidateCommand,
  skip: (row: number, reason: string) => void,
): AsyncGenerator<ValidationRow, void, undefined> {
  const { data, broken } = options
  const onBroken = ({ line, reason }: { line: number; reason: string }) => skip(line, reason)
  for await (const { row, value } of readRows(data, broken === 'throw' ? {} : { broken, onBroken })) {
    const found = validationRow(value, row, options)
    if (typeof found !== 'string') yield found
    else if (broken === 'skip') skip(row, found)
    else
      throw new GuerdonError(found, {
        where: `${data}:${row}`,
        fix: `name the columns (--prompt, --reference, --answer), or leave such rows out with --broken skip; its columns are ${Object.keys(value).slice(0, 30).join(', ')}`,
      })
  }
}

/** A row, or what is wrong with it. */
function validationRow(value: Columns, row: number, options: ValidateCommand): ValidationRow | string {
  const { reference, answer = reference, wrap = '{}', cheat } = options
  if (columnOf(value, options.prompt) === undefined) return `there is no column '${options.prompt}'`
  const prompt = promptOf(value, row, { prompt: options.prompt, reference, completions: [] })
  if (typeof prompt === 'string') return prompt
  const right = textOf(columnOf(value, answer))
  if (right === undefined) return `column '${answer}' holds no answer as a text`
  const cheats = cheat === undefined ? [] : [columnOf(value, cheat) ?? []].flat()
  return {
    ...{ row, prompt, answer: wrap.replaceAll('{}', () => right) },
    cheats: cheats.flatMap((text) => textOf(text) ?? []),
  }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

function summary() {
  const rules: Record<string, { asked: number; broken: number }> = {}
  const breaches: Breach[] = []
  const skipped: { row: number; reason: string }[] = []
  const counts = { rows: 0, brokenRows: 0, breaches: 0, skipped: 0 }
  return {
    skip(row: number, reason: string) {
      counts.skipped++
      if (skipped.length < kept) skipped.push({ row, reason })
    },
    add({ asked, breaches: found }: RowValidation) {
      counts.rows++
      counts.breaches += found.length
      if (found.length > 0) counts.brokenRows++
      for (const [rule, count] of Object.entries(asked)) (rules[rule] ??= { asked: 0, broken: 0 }).asked += count
      for (const breach of found) {
        rules[breach.rule].broken++
        if (breaches.length < kept) breaches.push(breach)
      }
    },
    totals: () => ({ ...counts, rules, first: breaches, skippedRows: skipped }),
  }
}

type Totals = ReturnType<ReturnType<typeof summary>['totals']> & { readonly data: string; readonly reward: string }

const names: Readonly<Record<string, string>> = {
  right: 'the right answer scores top',
  empty: 'an empty answer scores bottom',
  repeated: 'the question repeated scores bottom',
  cheating: 'cheating answers score bottom',
}

function shown({ data, reward, rows, brokenRows, breaches, rules, first, skipped }: Totals): string {
  const head = ['rule', 'answers', 'broken by', 'share']
  const lines = Object.entries(rules).map(([rule, { asked, broken }]) => [
    ...[names[rule], String(asked), String(broken)],
    percent(asked === 0 ? undefined : broken / asked),
  ])
  const listed = first
    .slice(0, 20)
    .map(({ row, rule, answer, reason }) => `  row ${row}, ${rule} ${JSON.stringify(answer.slice(0, 60))}: ${reason}`)
  const more = breaches - listed.length
  return [
    `${data} by ${reward}: ${rows} rows, ${brokenRows} of them break a rule`,
    ...(skipped === 0 ? [] : [`${skipped} rows could not be read`]),
    '',
    table([head, ...lines]),
    ...(listed.length === 0 ? [] : ['', ...listed]),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n')
}
