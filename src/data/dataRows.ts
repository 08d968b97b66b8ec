/** Data files as rows of named columns: JSON Lines (gzip too) or Parquet, told apart by the name's ending. */
import { type BrokenLine, type BrokenPolicy, brokenLineError, readJsonl } from './jsonl.ts'
import type { Json, Message } from './message.ts'
import { readParquet } from './parquet.ts'

export type Columns = { readonly [column: string]: Json }

/** A row and where it stands: its line in JSON Lines, its number in Parquet, both counted from 1. */
export interface DataRow {
  readonly row: number
  readonly value: Columns
}

export type RowsOptions = BrokenPolicy & {
  /** The columns wanted: of Parquet only these (or those they lie in) are read. Default: all. */
  readonly columns?: readonly string[]
}

/**
 * The rows of a file in order, of any size. Throws a GuerdonError for a file that is not there or cannot be read, and
 * for a line that is no JSON object, unless `broken: 'skip'`.
 */
export async function* readRows(path: string, options: RowsOptions = {}): AsyncGenerator<DataRow, void, undefined> {
  if (path.endsWith('.parquet')) {
    const outer = options.columns?.map((name) => name.split('.')[0])
    yield* readParquet(path, outer === undefined ? {} : { columns: [...new Set(outer)] })
    return
  }
  for await (const { line, value } of readJsonl(path, options)) {
    if (isColumns(value)) {
      yield { row: line, value }
      continue
    }
    const broken: BrokenLine = {
      line,
      reason: 'not a JSON object with columns',
      excerpt: JSON.stringify(value).slice(0, 80),
    }
    if (options.broken !== 'skip') throw brokenLineError(path, broken)
    options.onBroken(broken)
  }
}

/**
 * A column's value by its name, or undefined where there is none. 'a.b' is the column of that very name, or else b
 * within a.
 */
export function columnOf(row: Columns, name: string): Json | undefined {
  if (Object.hasOwn(row, name)) return row[name]
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const outer = Object.hasOwn(row, name.slice(0, dot)) ? row[name.slice(0, dot)] : undefined
    const inner = outer !== undefined && isColumns(outer) ? columnOf(outer, name.slice(dot + 1)) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

/** The names of a row's columns, nested ones as 'a.b'; a list is one column. */
export function columnNames(row: Columns): string[] {
  return Object.entries(row).flatMap(([name, value]) =>
    isColumns(value) && Object.keys(value).length > 0 ? columnNames(value).map((inner) => `${name}.${inner}`) : [name],
  )
}

/** The messages that a value spells: a text is what a user says; a list of { role, content } is what it is. */
export function messagesOf(value: Json | undefined): Message[] | undefined {
  if (typeof value === 'string') return [{ role: 'user', content: value }]
  if (!Array.isArray(value) || value.length === 0) return undefined
  const messages: Message[] = []
  for (const each of value) {
    if (!isMessage(each)) return undefined
    messages.push({ role: each.role, content: each.content })
  }
  return messages
}

const roles: readonly unknown[] = ['system', 'user', 'assistant', 'tool'] satisfies Message['role'][]

function isMessage(value: Json): value is { readonly role: Message['role']; readonly content: string } {
  return isColumns(value) && roles.includes(value.role) && typeof value.content === 'string'
}

function isColumns(value: Json): value is Columns {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
