/** What the lines of a scored file add up to, in bounded memory. */
import { type Bar, type Histogram, histogram } from './histogram.ts'
import type { ScoreLine } from './scoreRows.ts'

export interface ScoreSummary {
  /** Answers, scored or not. */
  readonly answers: number
  readonly scored: number
  /** Of the scored ones; absent where there are none. */
  readonly mean?: number
  readonly atZero: number
  readonly atOne: number
  readonly unscored: Readonly<Record<string, { readonly count: number; readonly reason: string }>>
  /** Answers with a label that says the same, and those where it could be compared. */
  readonly agree: number
  readonly compared: number
}

export interface ScoreTotals extends ScoreSummary {
  readonly columns: Readonly<Record<string, ScoreSummary>>
  /** The first of the broken rows, and how many there are. */
  readonly broken: {
    readonly count: number
    readonly first: readonly { readonly row: number; readonly reason: string }[]
  }
  readonly disagreements: readonly Disagreement[]
  readonly bars: readonly Bar[]
}

export interface Disagreement {
  readonly row: number
  readonly column: string
  readonly value: number
  readonly expected: unknown
}

export interface ScoreTally {
  add(line: ScoreLine): void
  totals(): ScoreTotals
}

/** Of broken rows and disagreements only so many are kept in memory; the output file has them all. */
const kept = 100

export function scoreTally(): ScoreTally {
  const all = counts()
  const columns = new Map<string, Counts>()
  const values: Histogram = histogram()
  const broken = { count: 0, first: [] as { row: number; reason: string }[] }
  const disagreements: Disagreement[] = []
  return {
    add(line) {
      if ('broken' in line) {
        broken.count++
        if (broken.first.length < kept) broken.first.push({ row: line.row, reason: line.broken })
        return
      }
      const own = columns.get(line.column) ?? counts()
      columns.set(line.column, own)
      count(all, line)
      count(own, line)
      if (line.value === undefined) return
      values.add(line.value)
      if (line.agrees === false && disagreements.length < kept)
        disagreements.push({ row: line.row, column: line.column, value: line.value, expected: line.expected })
    },
    totals: () => ({
      ...summary(all),
      columns: Object.fromEntries([...columns].map(([name, found]) => [name, summary(found)])),
      broken,
      disagreements,
      bars: values.bars(),
    }),
  }
}

interface Counts {
  scored: number
  sum: number
  atZero: number
  atOne: number
  agree: number
  compared: number
  readonly unscored: Record<string, { count: number; reason: string }>
}

function counts(): Counts {
  return { scored: 0, sum: 0, atZero: 0, atOne: 0, agree: 0, compared: 0, unscored: {} }
}

function count(to: Counts, line: Exclude<ScoreLine, { broken: string }>): void {
  if (line.unscored !== undefined) {
    const { at, reason } = line.unscored
    const cause = (to.unscored[at] ??= { count: 0, reason })
    cause.count++
  }
  if (line.value === undefined) return
  to.scored++
  to.sum += line.value
  if (line.value === 0) to.atZero++
  if (line.value === 1) to.atOne++
  if (line.agrees !== undefined) to.compared++
  if (line.agrees === true) to.agree++
}

function summary({ scored, sum, ...rest }: Counts): ScoreSummary {
  const unscored = Object.values(rest.unscored).reduce((total, cause) => total + cause.count, 0)
  return { answers: scored + unscored, scored, ...(scored === 0 ? {} : { mean: sum / scored }), ...rest }
}
