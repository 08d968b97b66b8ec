/** A task from a file of the user's: JSON Lines (also .gz) or Parquet, with the columns named. */
import { basename } from 'node:path'
import { type Columns, columnNames, columnOf, messagesOf, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import type { BrokenLine, BrokenPolicy } from '../data/jsonl.ts'
import type { Json, Prompt } from '../data/message.ts'
import { type Random, random } from '../data/random.ts'
import type { Reward } from '../rewards/reward.ts'
import type { Task } from './task.ts'

export type DataFileOptions = BrokenPolicy & {
  /** The column of the prompt: a text (becomes a user message) or a list of { role, content }. `a.b` goes into objects. */
  readonly prompt: string
  /** The column of the known answer, of any kind. */
  readonly reference?: string
  /** The column of the id, a text or a number. Default: the file's name and the line, `gsm8k.jsonl:17`. */
  readonly id?: string
  /** Further columns to keep in `prompt.meta`, for rewards that need them. */
  readonly meta?: readonly string[]
  readonly reward: Reward
  /** 'file' keeps the rows in their order, whatever the seed. Default 'shuffled'. */
  readonly order?: 'shuffled' | 'file'
}

/** Rows that are shuffled at a time: a file with fewer is shuffled whole, a larger one through a window of this size. */
const shuffleWindow = 16_384

const watchedIds = 1_000_000

/**
 * One pass over the file's rows for each seed, read anew in a stream each time. A row that lacks a named column (or
 * whose value is of no use there) is broken, as a line that is not JSON is: by `broken` an error with file and line that
 * lists the columns there are, or skipped and reported to `onBroken`. A file of which no row is usable is an error.
 */
export function dataFile(path: string, options: DataFileOptions): Task {
  return {
    name: basename(path),
    reward: options.reward,
    prompts(seed) {
      const prompts = readPrompts(path, options)
      return options.order === 'file' ? prompts : shuffled(prompts, random(`${basename(path)}/${seed}`))
    },
  }
}

async function* readPrompts(path: string, options: DataFileOptions): AsyncGenerator<Prompt, void, undefined> {
  let first: BrokenLine | undefined
  let usable = 0
  const ids = new Set<string>()
  const onBroken = (line: BrokenLine) => {
    first ??= line
    if (options.broken !== 'skip') throw rowError(path, line)
    options.onBroken(line)
  }
  const columns = columnsOf(options)
  const policy = options.broken === 'skip' ? ({ broken: 'skip', onBroken } as const) : {}
  for await (const { row: line, value } of readRows(path, { columns, ...policy })) {
    const prompt = toPrompt(value, `${basename(path)}:${line}`, options)
    if (typeof prompt === 'string') onBroken({ line, reason: prompt, excerpt: excerptOf(value) })
    else if (ids.has(prompt.id)) {
      onBroken({ line, reason: `an earlier row has the id '${prompt.id}' too`, excerpt: excerptOf(value) })
    } else {
      // Ids made from line numbers cannot repeat; of the user's own, as many are watched as fit in memory with ease.
      if (options.id !== undefined && ids.size < watchedIds) ids.add(prompt.id)
      usable++
      yield prompt
    }
  }
  if (usable > 0) return
  if (first === undefined) throw new GuerdonError('the file has no rows', { where: path })
  throw rowError(path, { ...first, reason: `no row is usable; ${first.reason}` })
}

/** The columns that are named. */
function columnsOf({ prompt, reference, id, meta = [] }: DataFileOptions): string[] {
  return [prompt, reference, id, ...meta].filter((column) => column !== undefined)
}

/** The row's prompt, or in words why it has none. */
function toPrompt(row: Columns, place: string, options: DataFileOptions): Prompt | string {
  const found: Record<string, Json> = {}
  for (const column of columnsOf(options)) {
    const value = columnOf(row, column)
    if (value === undefined)
      return `it has no column '${column}'; its columns are ${columnNames(row).join(', ') || 'none'}`
    found[column] = value
  }
  const asked = found[options.prompt]
  const messages = messagesOf(asked)
  if (messages === undefined || (typeof asked === 'string' && asked.trim() === ''))
    return `column '${options.prompt}' holds no text and no list of messages`
  const id = options.id === undefined ? place : found[options.id]
  if (typeof id !== 'string' && typeof id !== 'number')
    return `column '${options.id}' holds neither a text nor a number`
  const meta = options.meta?.map((column): [string, Json] => [column, found[column]])
  return {
    id: `${id}`,
    messages,
    ...(options.reference === undefined ? {} : { reference: found[options.reference] }),
    ...(meta === undefined ? {} : { meta: Object.fromEntries(meta) }),
  }
}

function rowError(path: string, { line, reason, excerpt }: BrokenLine): GuerdonError {
  return new GuerdonError(`${reason}: ${excerpt}`, {
    where: `${path}:${line}`,
    fix: "name a column that is there, mend the row, or pass broken: 'skip' to leave such rows out and have them reported",
  })
}

function excerptOf(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** Fills a window with items, then gives a random one of it for each that comes in, and the rest in random order. */
async function* shuffled<T>(items: AsyncIterable<T>, source: Random): AsyncGenerator<T, void, undefined> {
  const window: T[] = []
  for await (const item of items) {
    if (window.length < shuffleWindow) {
      window.push(item)
      continue
    }
    const at = source.int(0, window.length - 1)
    yield window[at]
    window[at] = item
  }
  yield* source.shuffle(window)
}
