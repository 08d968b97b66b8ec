/** Equality of tuples, lists, sets and matrices. */
import type { Expression, Tuple } from './expression.ts'
import { rationalOf } from './quotient.ts'
import { compare as compareRationals, type Rational } from './rational.ts'
import { type Comparing, formOf } from './value.ts'

/** Equality of what a collection holds, given by whoever knows all kinds. */
export type Equal = (a: Expression, b: Expression, comparing: Comparing) => boolean

/** Whether two collections are equal; undefined where neither is one. */
export function collectionsAgree(
  a: Expression,
  b: Expression,
  comparing: Comparing,
  equal: Equal,
): boolean | undefined {
  const [x, y] = [itemsOf(a), itemsOf(b)]
  if (x === undefined && y === undefined) return undefined
  if (x === undefined || y === undefined) {
    // A set or list of one is the one, and so is a list that says it in several ways: 1/2 or 0.5.
    const [collection, items, single] = x === undefined ? [b, y ?? [], a] : [a, x, b]
    const same = collection.kind === 'list' || (collection.kind === 'set' && items.length === 1)
    return (same && items.every((item) => equal(item, single, comparing))) || lettersOf(collection, single)
  }
  if (a.kind === 'tuple' || b.kind === 'tuple') return sameOrdered(a, x, b, y, comparing, equal)
  // 1, 1, 2 is not 1, 2; but a point that is listed twice is listed.
  const points = (items: readonly Expression[]): boolean => items.every((item) => item.kind === 'tuple')
  if (a.kind === 'list' && b.kind === 'list' && x.length !== y.length && !(points(x) && points(y))) return false
  return sameUnordered(x, y, comparing, equal)
}

function itemsOf(e: Expression): readonly Expression[] | undefined {
  return e.kind === 'tuple' || e.kind === 'list' || e.kind === 'set' ? e.items : undefined
}

function sameOrdered(
  a: Expression,
  x: readonly Expression[],
  b: Expression,
  y: readonly Expression[],
  comparing: Comparing,
  equal: Equal,
): boolean {
  if (a.kind === 'set' || b.kind === 'set') {
    // [1, 2, 3] is how programs write lists and sets; (1, 2, 3) and [1, 2] are something else.
    const [tuple, set] = a.kind === 'tuple' ? [a, b] : [b, a]
    if (set.kind === 'set' && set.plain && x.length === y.length && x.every((item, i) => equal(item, y[i], comparing)))
      return true
    const programList = tuple.kind === 'tuple' && tuple.open === '[' && tuple.close === ']' && tuple.items.length !== 2
    return programList && sameUnordered(x, y, comparing, equal)
  }
  if (x.length !== y.length) return false
  // 1 or 2 is no point, and (1, 2] no list.
  const list = a.kind === 'list' ? a : b.kind === 'list' ? b : undefined
  if (list !== undefined && (list.joined === 'or' || isHalfOpen(a) || isHalfOpen(b))) return false
  if (a.kind === 'tuple' && b.kind === 'tuple' && !sameBrackets(a, b)) return false
  return x.every((item, i) => equal(item, y[i], comparing))
}

/** Whether brackets of two kinds make it an interval for certain. */
function isHalfOpen(e: Expression): boolean {
  return e.kind === 'tuple' && e.open !== '<' && (e.open === '[') !== (e.close === ']')
}

/** Around two items the kind of bracket says whether an interval has its ends; around more it is a matter of taste. */
function sameBrackets(a: Tuple, b: Tuple): boolean {
  if (a.items.length !== 2 || a.open === '<' || b.open === '<') return true
  return a.open === b.open && a.close === b.close
}

/** Each item of either has its equal in the other. */
export function sameUnordered(
  x: readonly Expression[],
  y: readonly Expression[],
  comparing: Comparing,
  equal: Equal,
): boolean {
  if (x.length === 0 || y.length === 0) return x.length === y.length
  if (x.length > 8 && x.length === y.length) {
    const [p, q] = [sortedNumbers(x, comparing), sortedNumbers(y, comparing)]
    if (p !== undefined && q !== undefined) return p.every((item, i) => equal(item, q[i], comparing))
  }
  const covered = (from: readonly Expression[], by: readonly Expression[]): boolean =>
    from.every((item) => by.some((other) => equal(item, other, comparing)))
  return covered(x, y) && covered(y, x)
}

/** Items in numerical order, where all are rational numbers. */
function sortedNumbers(items: readonly Expression[], comparing: Comparing): Expression[] | undefined {
  const keyed: { item: Expression; value: Rational }[] = []
  for (const item of items) {
    const form = item.kind === 'text' || item.kind === 'relation' ? undefined : formOf(item, comparing)
    const value = form === undefined ? undefined : rationalOf(form)
    if (value === undefined) return undefined
    keyed.push({ item, value })
  }
  return keyed.sort((a, b) => compareRationals(a.value, b.value)).map(({ item }) => item)
}

/** A, C and AC name the same options. */
function lettersOf(collection: Expression, single: Expression): boolean {
  const items = itemsOf(collection) ?? []
  if (collection.kind === 'tuple' || single.kind !== 'product' || single.factors.length !== items.length) return false
  const letters = (parts: readonly Expression[]): string =>
    parts
      .map((part) =>
        part.kind === 'symbol' && /^[A-J]$/.test(part.name) ? part.name : part.kind === 'choice' ? part.letter : '?',
      )
      .sort()
      .join('')
  const [left, right] = [letters(items), letters(single.factors)]
  return left === right && !left.includes('?')
}

/** Element by element; a row or column is the same as a tuple of its elements; cases may come in any order. */
export function sameMatrix(a: Expression, b: Expression, comparing: Comparing, equal: Equal): boolean {
  if (a.kind === 'matrix' && b.kind === 'matrix') {
    const shape = (e: typeof a): string => e.rows.map((row) => row.length).join()
    if (shape(a) !== shape(b)) return false
    const rows = (p: readonly Expression[], q: readonly Expression[]): boolean =>
      p.every((item, i) => equal(item, q[i], comparing))
    if (a.style === 'cases' || b.style === 'cases') {
      return (
        a.rows.every((row) => b.rows.some((other) => rows(row, other))) &&
        b.rows.every((row) => a.rows.some((other) => rows(other, row)))
      )
    }
    return a.rows.every((row, i) => rows(row, b.rows[i]))
  }
  const [matrix, other] = a.kind === 'matrix' ? [a, b] : [b, a]
  if (matrix.kind !== 'matrix') return false
  const elements = matrix.rows.flat()
  if (elements.length === 1) return equal(elements[0], other, comparing)
  const isVector = matrix.rows.length === 1 || matrix.rows.every((row) => row.length === 1)
  const items = (other.kind === 'tuple' || other.kind === 'list') && !isHalfOpen(other) ? other.items : undefined
  return (
    isVector &&
    items !== undefined &&
    items.length === elements.length &&
    elements.every((item, i) => equal(item, items[i], comparing))
  )
}
