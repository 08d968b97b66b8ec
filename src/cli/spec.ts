/**
 * Parts written in one word, as on a command line: `name`, or `name(option=value, option=value)`. A value is a number,
 * true or false, a text (in quotes where it holds a comma, a bracket or a space at its ends), a regular expression
 * /like this/s, a list [1, 3], or another `name(...)`. Values without a name go to the options in their order.
 */
import { GuerdonError } from '../data/error.ts'

export interface Spec {
  readonly name: string
  readonly positional: readonly unknown[]
  readonly options: Readonly<Record<string, unknown>>
}

/** Reads a spec. Throws a GuerdonError that shows where it stops making sense. */
export function parseSpec(text: string): Spec {
  const reader = { text, at: 0 }
  const spec = readSpec(reader)
  if (reader.at < text.length) throw nonsense(reader, 'the end')
  return spec
}

interface Reader {
  readonly text: string
  at: number
}

/** What the expression, sticky, finds here; moves past it and the white space behind it. */
function take(reader: Reader, expression: RegExp): RegExpExecArray | undefined {
  expression.lastIndex = reader.at
  const found = expression.exec(reader.text)
  if (found === null) return undefined
  reader.at += found[0].length
  while (reader.text[reader.at] === ' ') reader.at++
  return found
}

function readSpec(reader: Reader): Spec {
  const name = take(reader, /\s*[A-Za-z][\w-]*/y)?.[0].trim()
  if (name === undefined) throw nonsense(reader, 'a name')
  const positional: unknown[] = []
  const options: Record<string, unknown> = {}
  if (take(reader, /\(/y) === undefined) return { name, positional, options }
  while (take(reader, /\)/y) === undefined) {
    const key = take(reader, /([A-Za-z]\w*) *=/y)?.[1]
    const value = readValue(reader)
    if (key === undefined) positional.push(value)
    else options[key] = value
    if (take(reader, /,/y) === undefined && reader.text[reader.at] !== ')') throw nonsense(reader, "',' or ')'")
  }
  return { name, positional, options }
}

function readValue(reader: Reader): unknown {
  const quoted = take(reader, /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y)
  if (quoted !== undefined) return (quoted[1] ?? quoted[2]).replace(/\\(.)/g, '$1')
  const regex = take(reader, /\/(?:[^/\\\n]|\\.)+\/[a-z]*/y)
  if (regex !== undefined) return regex[0]
  if (take(reader, /\[/y) !== undefined) return readList(reader)
  if (/[A-Za-z][\w-]*\(/y.test(reader.text.slice(reader.at))) return readSpec(reader)
  const plain = take(reader, /[^,()[\]]+/y)?.[0].trim()
  if (plain === undefined || plain === '') throw nonsense(reader, 'a value')
  if (plain === 'true' || plain === 'false') return plain === 'true'
  return /^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(plain) ? Number(plain) : plain
}

function readList(reader: Reader): unknown[] {
  const list: unknown[] = []
  while (take(reader, /\]/y) === undefined) {
    list.push(readValue(reader))
    if (take(reader, /,/y) === undefined && reader.text[reader.at] !== ']') throw nonsense(reader, "',' or ']'")
  }
  return list
}

function nonsense({ text, at }: Reader, wanted: string): GuerdonError {
  const found = at < text.length ? `'${text.slice(at)}'` : 'the end'
  return new GuerdonError(`expected ${wanted} at character ${at + 1}, found ${found}`, {
    where: `'${text}'`,
    fix: 'write name or name(option=value, option=value), texts with commas or brackets in quotes',
  })
}
