/** The rows of a data file, scored in a stream: a bounded number at once, one line of result per row and column. */
import { z } from 'zod'
import { columnOf, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import { inOrder } from '../data/inOrder.ts'
import type { Json, Sample } from '../data/message.ts'
import type { Score } from '../data/score.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'
import { succeeded } from '../train/evaluate.ts'
import { type DataColumns, samplesOf } from './dataColumns.ts'

const json: z.ZodType<Json> = z.json()

/** What is written about an answer, or about a row that holds none. */
export const scoreLineSchema = z.union([
  z.object({ row: z.int(), broken: z.string() }),
  z.object({
    row: z.int(),
    column: z.string(),
    value: z.number().optional(),
    parts: z.record(z.string(), z.number()).optional(),
    steps: z.array(z.number()).optional(),
    tokens: z.array(z.number()).optional(),
    feedback: z.string().optional(),
    confidence: z.number().optional(),
    unscored: z.object({ at: z.string(), reason: z.string() }).optional(),
    /** The label, and whether it says the same as the score. */
    expected: json.optional(),
    agrees: z.boolean().optional(),
  }),
])
export type ScoreLine = z.output<typeof scoreLineSchema>

export interface ScoreRowsOptions {
  readonly file: string
  readonly columns: DataColumns
  readonly reward: Reward
  /** Rows at work at once. */
  readonly window: number
  readonly broken: 'throw' | 'skip'
  /** Where an earlier call ended: rows before this one are passed over, and these columns of it. */
  readonly from: { readonly row: number; readonly columns: ReadonlySet<string> }
  readonly signal: AbortSignal
}

/** The lines of each row, rows in order. Ends early, after a whole row, when the signal is aborted. */
export async function* scoreRows(options: ScoreRowsOptions): AsyncGenerator<readonly ScoreLine[], void, undefined> {
  const { signal } = options
  const results = inOrder(items(options), options.window, (item) => linesOf(item, options))
  for await (const lines of results) {
    // What an abort left unanswered is not a result.
    if (signal.aborted) return
    yield lines
  }
}

type Item =
  | { readonly row: number; readonly broken: string }
  | { readonly row: number; readonly answers: readonly Answer[] }

interface Answer {
  readonly column: string
  readonly sample: Sample
  readonly expected: Json | undefined
}

async function* items({ file, columns, broken, from }: ScoreRowsOptions): AsyncGenerator<Item, void, undefined> {
  const waiting: Item[] = []
  const onBroken = ({ line, reason, excerpt }: { line: number; reason: string; excerpt: string }) => {
    if (line > from.row) waiting.push({ row: line, broken: `${reason}: ${excerpt}` })
  }
  for await (const { row, value } of readRows(file, broken === 'throw' ? {} : { broken, onBroken })) {
    yield* waiting.splice(0)
    if (row < from.row) continue
    const samples = samplesOf(value, row, columns)
    if (typeof samples !== 'string') {
      const answers = samples.map((sample, i) => ({
        column: columns.completions[i],
        sample,
        expected: columns.expected[i] === undefined ? undefined : columnOf(value, columns.expected[i]),
      }))
      const left = row > from.row ? answers : answers.filter(({ column }) => !from.columns.has(column))
      if (left.length > 0) yield { row, answers: left }
    } else if (broken === 'skip') {
      if (row > from.row) yield { row, broken: samples }
    } else {
      throw new GuerdonError(samples, {
        where: `${file}:${row}`,
        fix: 'mend the row, or leave such rows out with --broken skip',
      })
    }
  }
  yield* waiting
}

async function linesOf(item: Item, { reward, signal }: ScoreRowsOptions): Promise<ScoreLine[]> {
  if ('broken' in item) return [item]
  // The reward's own threads keep the deadline; one here would count the time in their queue.
  const scores = await scoreAll(
    reward,
    item.answers.map(({ sample }) => sample),
    { deadlineMs: Number.POSITIVE_INFINITY, signal },
  )
  return item.answers.map(({ column, expected }, i) => ({
    row: item.row,
    column,
    ...written(scores[i]),
    ...(expected === undefined ? {} : labelled(scores[i], expected, reward)),
  }))
}

function written(score: Score) {
  if (score.kind === 'unscored') return { unscored: { at: score.at, reason: score.reason } }
  const { kind: _, steps, tokens, ...rest } = score
  return {
    ...rest,
    ...(steps === undefined ? {} : { steps: Array.from(steps) }),
    ...(tokens === undefined ? {} : { tokens: Array.from(tokens) }),
  }
}

/** A label that is true or false says whether the score is the reward's greatest; a number says the score itself. */
function labelled(score: Score, expected: Json, reward: Reward): { expected: Json; agrees?: boolean } {
  if (score.kind === 'unscored') return { expected }
  if (typeof expected === 'boolean') return { expected, agrees: succeeded(score, reward) === expected }
  if (typeof expected === 'number') return { expected, agrees: Math.abs(score.value - expected) <= 1e-6 }
  return { expected }
}
