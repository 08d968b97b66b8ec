/** Equality of JSON values by what they mean: numbers by value, objects without regard to order, lists with it. */
import type { Json } from '../data/message.ts'

/** Whether two values are equal. 1 and 1.0 are, 1 and "1" are not; a missing key is not null. */
export function jsonEqual(a: Json, b: Json): boolean {
  return jsonDifference(a, b) === undefined
}

/** Where two values first differ and how: `.city: expected "Paris", found "Rome"`; undefined where they are equal. */
export function jsonDifference(expected: Json, found: Json, path = ''): string | undefined {
  const here = path === '' ? 'the value' : path
  if (isList(expected) && isList(found)) {
    if (expected.length !== found.length) return `${here}: expected ${expected.length} entries, found ${found.length}`
    return first(expected, (entry, i) => jsonDifference(entry, found[i], `${path}[${i}]`))
  }
  if (isObject(expected) && isObject(found)) {
    const extra = Object.keys(found).find((key) => !Object.hasOwn(expected, key))
    const difference = first(Object.keys(expected), (key) =>
      Object.hasOwn(found, key)
        ? jsonDifference(expected[key], found[key], `${path}.${key}`)
        : `${path}.${key}: missing, expected ${shown(expected[key])}`,
    )
    return difference ?? (extra === undefined ? undefined : `${path}.${extra}: not expected`)
  }
  return expected === found ? undefined : `${here}: expected ${shown(expected)}, found ${shown(found)}`
}

function first<T>(entries: readonly T[], check: (entry: T, index: number) => string | undefined): string | undefined {
  for (let i = 0; i < entries.length; i++) {
    const problem = check(entries[i], i)
    if (problem !== undefined) return problem
  }
  return undefined
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function shown(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
