/** Preferences from a file of the user's: JSON Lines (also .gz) or Parquet, pairs or judged answers, with the columns named. */
import { basename } from 'node:path'
import { type Columns, columnNames, columnOf, messagesOf, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import type { BrokenLine, BrokenPolicy } from '../data/jsonl.ts'
import { type Json, textOf } from '../data/message.ts'
import type { Feedback, Preference } from '../data/rollout.ts'

/** The columns; their defaults are their own names. */
export type PreferenceFileOptions = BrokenPolicy & {
  /** A text (becomes a user message) or a list of { role, content }. */
  readonly prompt?: string
  /** The better and the worse answer: texts, or lists of messages of which the last one counts. */
  readonly chosen?: string
  readonly rejected?: string
  /** A single answer, and whether it is desirable: true or false, or 1 or 0. */
  readonly completion?: string
  readonly label?: string
}

/**
 * The file's preferences: pairs where its first row has a chosen answer, else judged answers. A row of the other kind,
 * or without a named column, is broken: by `broken` an error with file and line, or skipped and reported. Throws too for
 * a file of which no row is usable.
 */
export async function preferenceFile(
  path: string,
  options: PreferenceFileOptions = {},
): Promise<readonly Preference[] | readonly Feedback[]> {
  const { prompt = 'prompt', chosen = 'chosen', rejected = 'rejected' } = options
  const columns = {
    prompt,
    chosen,
    rejected,
    completion: options.completion ?? 'completion',
    label: options.label ?? 'label',
  }
  const onBroken = (line: BrokenLine) => {
    if (options.broken !== 'skip') throw rowError(path, line)
    options.onBroken(line)
  }
  const policy = options.broken === 'skip' ? ({ broken: 'skip', onBroken } as const) : {}
  const pairs: Preference[] = []
  const judged: Feedback[] = []
  let paired: boolean | undefined
  for await (const { row, value } of readRows(path, policy)) {
    paired ??= columnOf(value, columns.chosen) !== undefined
    const id = `${basename(path)}:${row}`
    const found = paired ? pairOf(value, id, columns) : feedbackOf(value, id, columns)
    if (typeof found === 'string') onBroken({ line: row, reason: found, excerpt: JSON.stringify(value).slice(0, 80) })
    else if ('chosen' in found) pairs.push(found)
    else judged.push(found)
  }
  if (pairs.length + judged.length === 0) throw new GuerdonError('no row of the file is a preference', { where: path })
  return paired === true ? pairs : judged
}

type Named = Readonly<Record<'prompt' | 'chosen' | 'rejected' | 'completion' | 'label', string>>

function pairOf(row: Columns, id: string, columns: Named): Preference | string {
  const messages = messagesOf(columnOf(row, columns.prompt))
  if (messages === undefined) return missing(row, columns.prompt, 'a text or a list of messages')
  const [chosen, rejected] = [answerOf(row, columns.chosen), answerOf(row, columns.rejected)]
  if (chosen === undefined) return missing(row, columns.chosen, 'an answer')
  if (rejected === undefined) return missing(row, columns.rejected, 'an answer')
  return { prompt: { id, messages }, chosen, rejected }
}

function feedbackOf(row: Columns, id: string, columns: Named): Feedback | string {
  const messages = messagesOf(columnOf(row, columns.prompt))
  if (messages === undefined) return missing(row, columns.prompt, 'a text or a list of messages')
  const text = answerOf(row, columns.completion)
  if (text === undefined) return missing(row, columns.completion, 'an answer')
  const label = columnOf(row, columns.label)
  if (label !== true && label !== false && label !== 1 && label !== 0)
    return missing(row, columns.label, 'true, false, 1 or 0')
  return {
    sample: { prompt: { id, messages }, completion: { text, finish: 'stop' } },
    desirable: label === true || label === 1,
  }
}

function answerOf(row: Columns, column: string): string | undefined {
  const value: Json | undefined = columnOf(row, column)
  if (typeof value === 'string') return value
  const last = messagesOf(value)?.at(-1)
  return last?.role === 'assistant' ? textOf(last.content) : undefined
}

function missing(row: Columns, column: string, what: string): string {
  if (columnOf(row, column) !== undefined) return `its column '${column}' does not hold ${what}`
  return `it has no column '${column}'; its columns are ${columnNames(row).join(', ') || 'none'}`
}

function rowError(path: string, { line, reason, excerpt }: BrokenLine): GuerdonError {
  return new GuerdonError(`${reason}: ${excerpt}`, {
    where: `${path}:${line}`,
    fix: "name a column that is there, mend the row, or pass broken: 'skip' to leave such rows out and have them reported",
  })
}
