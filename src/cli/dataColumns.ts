/** Which columns of a data file hold the prompt, the answers, the reference and the labels, and a row as samples. */
import { type Columns, columnNames, columnOf, messagesOf } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import { type Json, type Prompt, type Sample, textOf } from '../data/message.ts'
import { nearestName } from '../text/nearestName.ts'

/** Columns by name; `expected` runs parallel to `completions`. */
export interface DataColumns {
  readonly prompt?: string
  readonly reference?: string
  readonly completions: readonly string[]
  readonly expected: readonly string[]
}

/** What the user asked for; what is undefined has a default name where the file has such a column. */
export interface AskedColumns {
  readonly prompt?: string | undefined
  readonly reference?: string | undefined
  readonly completion?: string | undefined
  readonly expect?: string | undefined
}

/**
 * Finds the columns in the file's first row. A star in a completion's name stands for any one name at its place
 * ('*.solution'), a star in a label's for the name that the completion has there. Throws a GuerdonError that lists the
 * columns there are.
 */
export function dataColumns(asked: AskedColumns, row: Columns, file: string): DataColumns {
  const names = [...new Set([...Object.keys(row), ...columnNames(row)])]
  const required = (flag: string, name: string) => {
    if (name !== wholeRow && columnOf(row, name) === undefined) throw missing(flag, name, names, file)
    return name
  }
  const optional = (flag: string, name: string | undefined, usual: string) => {
    if (name !== undefined) return required(flag, name)
    return columnOf(row, usual) === undefined ? undefined : usual
  }
  const completions = list(asked.completion ?? 'completion').flatMap((name) => {
    if (!name.includes('*')) return [required('--completion', name)]
    const found = names.filter((each) => matches(each, name))
    if (found.length === 0) throw missing('--completion', name, names, file)
    return found
  })
  const prompt = optional('--prompt', asked.prompt, 'prompt')
  const reference = optional('--reference', asked.reference, 'reference')
  const expected = labels(list(asked.expect ?? ''), completions).map((name) => required('--expect', name))
  return {
    completions,
    expected,
    ...(prompt === undefined ? {} : { prompt }),
    ...(reference === undefined ? {} : { reference }),
  }
}

/** As the column of the reference: the row itself, for rewards whose reference is a whole row of a data set. */
const wholeRow = '.'

function list(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function matches(name: string, pattern: string): boolean {
  const [parts, wanted] = [name.split('.'), pattern.split('.')]
  return parts.length === wanted.length && wanted.every((part, i) => part === '*' || part === parts[i])
}

function labels(patterns: readonly string[], completions: readonly string[]): string[] {
  const [pattern] = patterns
  if (pattern === undefined) return []
  if (patterns.length === 1 && pattern.includes('*'))
    return completions.map((name) => {
      const parts = name.split('.')
      return pattern
        .split('.')
        .map((part, i) => (part === '*' ? (parts[i] ?? part) : part))
        .join('.')
    })
  if (patterns.length !== completions.length)
    throw new GuerdonError(`${patterns.length} columns of labels for ${completions.length} columns of answers`, {
      where: '--expect',
      fix: "name one for each --completion column, in the same order, or use a star: '*.is_correct'",
    })
  return [...patterns]
}

function missing(flag: string, name: string, names: readonly string[], file: string): GuerdonError {
  const near = nearestName(name, names)
  const shown = names.length > 30 ? `${names.slice(0, 30).join(', ')} and ${names.length - 30} more` : names.join(', ')
  return new GuerdonError(
    `there is no column '${name}' (${flag})${near === undefined ? '' : `; did you mean '${near}'?`}`,
    {
      where: file,
      fix: `its columns are ${shown}`,
    },
  )
}

/** The answers of one row as samples, or why it has none. All other columns travel in the prompt's `meta`. */
export function samplesOf(row: Columns, at: number, columns: DataColumns): readonly Sample[] | string {
  const prompt = promptOf(row, at, columns)
  if (typeof prompt === 'string') return prompt
  const samples: Sample[] = []
  for (const name of columns.completions) {
    const text = answerText(columnOf(row, name))
    if (text === undefined) return `column '${name}' holds ${shown(columnOf(row, name))}, not a text`
    samples.push({ prompt, completion: { text, finish: 'stop' } })
  }
  return samples
}

/** The prompt of a row, or what is wrong with it. */
export function promptOf(row: Columns, at: number, columns: Omit<DataColumns, 'expected'>): Prompt | string {
  const asked = columns.prompt === undefined ? '' : columnOf(row, columns.prompt)
  const messages = messagesOf(asked)
  if (messages === undefined) return `column '${columns.prompt}' holds ${shown(asked)}, neither a text nor messages`
  const used = [columns.prompt, columns.reference, ...columns.completions].map((name) => rootOf(row, name ?? ''))
  const meta = Object.fromEntries(Object.entries(row).filter(([name]) => !used.includes(name)))
  const { reference: known = '' } = columns
  const reference = known === wholeRow ? row : columnOf(row, known)
  const id = typeof row.id === 'string' || typeof row.id === 'number' ? String(row.id) : `row ${at}`
  return { id, messages, meta, ...(reference === undefined ? {} : { reference }) }
}

function rootOf(row: Columns, name: string): string {
  return Object.hasOwn(row, name) ? name : name.split('.')[0]
}

/** A text, a number as it is printed, or the messages of an answer put together (other tools write a list of one). */
function answerText(value: Json | undefined): string | undefined {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return messagesOf(value)
    ?.map(({ content }) => textOf(content))
    .join('')
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 60)
}
