/** What configurations are checked with: zod schemas that say what was expected, what was found, and what was meant. */
import { z } from 'zod'
import { nearestName } from '../text/nearestName.ts'

/** Something wrong in a configuration: the dotted name of the key, and what is wrong with it. */
export interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** `value` by `schema`, or all that is wrong with it. */
export function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly value: T } | { readonly problems: Problem[] } {
  const read = schema.safeParse(value, { error: plainWords })
  if (read.success) return { value: read.data }
  return {
    problems: read.error.issues.flatMap((issue): Problem[] => {
      if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }]
      const known = issue.message
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(key, known.split(', ')) }))
    }),
  }
}

/** An object with these keys and no others. */
export function keyed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  // The names are all that `check` needs to say which key was meant.
  const error = (issue: z.core.$ZodRawIssue) =>
    issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : undefined
  return z.strictObject(shape, { error })
}

/** The schema that `choose` picks by looking at the value: its errors are about that one alone, as a union's are not. */
export function chosen<T>(choose: (value: unknown) => z.ZodType<T>): z.ZodType<T> {
  return z.unknown().transform((value, context): T => {
    const read = check(choose(value), value)
    if ('value' in read) return read.value
    for (const { path, message } of read.problems) context.addIssue({ code: 'custom', message, path: [...path] })
    return z.NEVER
  })
}

/** A whole number, at least `least`. */
export function whole(least = 0): z.ZodType<number> {
  return z
    .int({ error: ({ input }) => expected('a whole number', input) })
    .min(least, { error: ({ input }) => expected(`a whole number of at least ${least}`, input) })
}

/** A number above 0. */
export function positive(): z.ZodType<number> {
  return z.number().positive({ error: ({ input }) => expected('a number above 0', input) })
}

/** A number from 0 to 1. */
export function share(): z.ZodType<number> {
  const error = ({ input }: { readonly input?: unknown }) => expected('a number from 0 to 1', input)
  return z.number().min(0, { error }).max(1, { error })
}

/** `expected a whole number, got "often"`. */
export function expected(what: string, found: unknown): string {
  return `expected ${what}, got ${shown(found)}`
}

/** `unknown credit 'gpro'; did you mean 'grpo'? …`, with all names there are. */
export function unknownName(kind: string, given: string, names: readonly string[]): string {
  const near = nearestName(given, names)
  return `unknown ${kind} '${given}'${near === undefined ? '' : `; did you mean '${near}'?`} (there are: ${names.join(', ')})`
}

function unknownKey(key: string, keys: readonly string[]): string {
  const near = nearestName(key, keys)
  return `unknown key${near === undefined ? '' : `; did you mean '${near}'?`} (there are: ${keys.join(', ')})`
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object'
  return JSON.stringify(value)?.slice(0, 80) ?? String(value)
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
}

function plainWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return expected(kinds[issue.expected] ?? issue.expected, issue.input)
  if (issue.code === 'invalid_value')
    return expected(issue.values.map((value) => JSON.stringify(value)).join(' or '), issue.input)
  if (issue.code === 'invalid_union') {
    const types = issue.errors.flatMap(([first]) =>
      first?.code === 'invalid_type' ? (kinds[first.expected] ?? []) : [],
    )
    return expected(types.length === issue.errors.length ? types.join(' or ') : 'something else', issue.input)
  }
  if (issue.code === 'too_small' && issue.origin === 'array')
    return expected(`a list of at least ${issue.minimum}`, issue.input)
  return undefined
}
