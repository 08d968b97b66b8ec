/** What `guerdon score` says at the end. */

import { picture } from './histogram.ts'
import { duration } from './progress.ts'
import type { ScoreSummary, ScoreTotals } from './scoreTally.ts'
import { figure, percent, table } from './table.ts'

export interface ScoreReport {
  readonly data: string
  readonly reward: string
  readonly seconds: number
  readonly json: boolean
  readonly interrupted: boolean
  readonly out?: string
}

/** Prints the summary, or with `json` the one line of JSON, on stdout. */
export function printScores(totals: ScoreTotals, report: ScoreReport): void {
  const { json, ...about } = report
  const speed = report.seconds === 0 ? 0 : totals.answers / report.seconds
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...about, ...totals, answersPerSecond: speed })}\n`
      : `${summaryText(totals, report, speed)}\n`,
  )
}

function summaryText(
  totals: ScoreTotals,
  { data, reward, seconds, out, interrupted }: ScoreReport,
  speed: number,
): string {
  const stopped = interrupted ? ', interrupted' : ''
  const lines = [
    `${data} by ${reward}: ${totals.answers} answers in ${duration(seconds)} (${figure(speed)} a second)${stopped}`,
    '',
    scoresTable(totals),
  ]
  if (totals.bars.length > 0) lines.push('', 'scores', picture(totals.bars))
  for (const [at, { count, reason }] of Object.entries(totals.unscored))
    lines.push('', `${count} unscored at ${at}: ${reason}`)
  lines.push(...brokenLines(totals), ...labelLines(totals))
  if (out !== undefined) lines.push('', `${out} has a line for each`)
  return lines.join('\n')
}

function scoresTable(totals: ScoreTotals): string {
  const compared = totals.compared > 0
  const head = ['column', 'answers', 'mean', 'at 0', 'at 1', 'unscored', ...(compared ? ['as labelled'] : [])]
  const row = (name: string, { answers, scored, mean, atZero, atOne, agree, compared: of }: ScoreSummary) => [
    name,
    String(answers),
    figure(mean),
    percent(scored === 0 ? undefined : atZero / scored),
    percent(scored === 0 ? undefined : atOne / scored),
    String(answers - scored),
    ...(compared ? [`${agree} of ${of}`] : []),
  ]
  const columns = Object.entries(totals.columns).map(([name, summary]) => row(name, summary))
  return table([head, ...columns, ...(columns.length > 1 ? [row('all', totals)] : [])])
}

function brokenLines({ broken }: ScoreTotals): string[] {
  if (broken.count === 0) return []
  const shown = broken.first.slice(0, 5).map(({ row, reason }) => `  row ${row}: ${reason}`)
  return ['', `${broken.count} broken rows left out`, ...shown, ...more(broken.count - shown.length)]
}

function labelLines({ compared, agree, disagreements }: ScoreTotals): string[] {
  if (compared === 0 || agree === compared) return []
  const shown = disagreements
    .slice(0, 20)
    .map(
      ({ row, column, value, expected }) =>
        `  row ${row}, ${column}: ${figure(value)}, labelled ${JSON.stringify(expected)}`,
    )
  return ['', `${compared - agree} scores differ from their labels`, ...shown, ...more(compared - agree - shown.length)]
}

function more(count: number): string[] {
  return count > 0 ? [`  and ${count} more`] : []
}
