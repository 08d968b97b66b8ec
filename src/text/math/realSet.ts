/** Sets of real numbers as unions of intervals, whether written as intervals, inequalities, lists or set-builders. */
import { within } from './budget.ts'
import { type Comparison, type Expression, integer, minus, type Relation, symbolsOf } from './expression.ts'
import { constantValue } from './identity.ts'
import { labelOf } from './naming.ts'
import { type Comparing, sameValue } from './value.ts'

/** An end of an interval. `at` is infinite where there is none; `closed` says whether it belongs to the interval. */
interface End {
  readonly at: number
  readonly exact: Expression
  readonly closed: boolean
}

interface Interval {
  readonly low: End
  readonly high: End
}

export interface RealSet {
  /** Sorted and apart from each other. */
  readonly intervals: readonly Interval[]
  /** The variable it restricts, where it was written with one that is not just a dummy. */
  readonly variable: string | undefined
}

/** Whether two sets have the same elements, and restrict the same variable where both name one. */
export function sameSet(a: RealSet, b: RealSet, comparing: Comparing): boolean {
  if (a.variable !== undefined && b.variable !== undefined && a.variable !== b.variable) return false
  if (a.intervals.length !== b.intervals.length) return false
  const sameEnd = (x: End, y: End): boolean => {
    if (!Number.isFinite(x.at) || !Number.isFinite(y.at)) return x.at === y.at
    return x.closed === y.closed && sameValue(x.exact, y.exact, comparing)
  }
  return a.intervals.every(
    (piece, i) => sameEnd(piece.low, b.intervals[i].low) && sameEnd(piece.high, b.intervals[i].high),
  )
}

/** The set of real numbers an expression describes, or undefined where it describes none or not one of numbers. */
export function toRealSet(e: Expression, comparing: Comparing): RealSet | undefined {
  switch (e.kind) {
    case 'tuple': {
      if (e.items.length !== 2 || e.open === '<' || e.close === '>') return undefined
      const low = endOf(e.items[0], e.open === '[', comparing)
      const high = endOf(e.items[1], e.close === ']', comparing)
      // (5, 2) is a point and no interval.
      return low === undefined || high === undefined || low.at > high.at ? undefined : interval(low, high)
    }
    case 'set':
      return union(e.items.map((item) => point(item, comparing)))
    case 'symbol':
      return e.name === 'ℝ' ? ALL : undefined
    case 'setOperation': {
      const [left, right] = [toRealSet(e.left, comparing), toRealSet(e.right, comparing)]
      if (left === undefined || right === undefined) return undefined
      if (e.name === 'union') return union([left, right])
      return intersection(left, e.name === 'intersection' ? right : complement(right))
    }
    case 'builder': {
      const condition = toRealSet(e.condition, comparing)
      if (condition === undefined) return undefined
      if (isWholeDomain(e.variable)) return wholeNumbersIn(condition)
      const domain = e.variable.kind === 'relation' ? toRealSet(e.variable, comparing) : ALL
      // The variable of a set-builder is a dummy.
      return domain === undefined ? undefined : { ...intersection(condition, domain), variable: undefined }
    }
    case 'list':
      return fromList(e.items, e.joined === 'or', comparing)
    case 'relation':
      return fromRelation(e, comparing)
    default:
      return undefined
  }
}

/** x ∈ ℤ. */
function isWholeDomain(e: Expression): boolean {
  if (e.kind !== 'relation' || e.operators[0] !== 'in') return false
  const [, set] = e.sides
  return set.kind === 'symbol' && set.name === 'ℤ'
}

/** The whole numbers of a bounded set; undefined where there are none to list or too many. */
function wholeNumbersIn(set: RealSet): RealSet | undefined {
  const pieces: Interval[] = []
  for (const { low, high } of set.intervals) {
    const first = Number.isInteger(low.at) && !low.closed ? low.at + 1 : Math.ceil(low.at)
    const last = Number.isInteger(high.at) && !high.closed ? high.at - 1 : Math.floor(high.at)
    if (!(last - first < MOST_PIECES)) return undefined
    for (let n = first; n <= last; n++) {
      const end: End = { at: n, exact: integer(n), closed: true }
      pieces.push({ low: end, high: end })
    }
  }
  return { intervals: pieces, variable: undefined }
}

/** Several conditions: all of them hold, or one of them where they are joined by 'or' or exclude each other. */
function fromList(items: readonly Expression[], either: boolean, comparing: Comparing): RealSet | undefined {
  const sets: RealSet[] = []
  for (const item of items) {
    const set = toRealSet(item, comparing) ?? (item.kind === 'relation' ? fromEquation(item, comparing) : undefined)
    if (set === undefined) return undefined
    sets.push(set)
  }
  const isCondition = items.every((item) => item.kind === 'relation')
  if (either || !isCondition) return union(sets)
  const all = sets.reduce(intersection)
  return all.intervals.length === 0 ? union(sets) : all
}

function fromEquation(e: Relation, comparing: Comparing): RealSet | undefined {
  const [left, right] = e.sides
  if (e.operators.length !== 1 || e.operators[0] !== '=' || left.kind !== 'symbol') return undefined
  const set = point(right, comparing)
  return set === undefined ? undefined : { ...set, variable: left.name }
}

const FLIPPED: Readonly<Partial<Record<Comparison, Comparison>>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '!=': '!=',
}

/** x < 3, 1 <= x < 5, x != 2, x in S: a bare variable against constants. */
function fromRelation(e: Relation, comparing: Comparing): RealSet | undefined {
  const [first, second] = e.sides
  if (e.operators.length === 1 && first.kind === 'symbol' && (e.operators[0] === 'in' || e.operators[0] === 'notin')) {
    const set = toRealSet(second, comparing)
    if (set === undefined) return undefined
    return { ...(e.operators[0] === 'in' ? set : complement(set)), variable: first.name }
  }
  const [names, bars] = [new Set<string>(), new Set<boolean>()]
  for (const side of e.sides) {
    const name = variableOf(side)
    if (name !== undefined) {
      names.add(name)
      bars.add(isAbsolute(side))
    }
  }
  const [variable] = names
  if (names.size !== 1 || bars.size !== 1 || variable === undefined) return undefined
  let result: RealSet = ALL
  for (const [i, operator] of e.operators.entries()) {
    const [left, right] = [e.sides[i], e.sides[i + 1]]
    const onLeft = variableOf(left) !== undefined
    const towards = onLeft ? operator : FLIPPED[operator]
    const bound = onLeft ? right : left
    if (towards === undefined || variableOf(bound) !== undefined) return undefined
    const part = halfLine(towards, bound, comparing)
    if (part === undefined) return undefined
    result = intersection(result, part)
  }
  return { ...(bars.has(true) ? whereAbsolute(result) : result), variable: variable === '' ? undefined : variable }
}

/** The variable of a side: x, f(x), or |x|. */
function variableOf(e: Expression): string | undefined {
  return isAbsolute(e) && e.kind === 'call' ? labelOf(e.args[0]) : labelOf(e)
}

function isAbsolute(e: Expression): boolean {
  return e.kind === 'call' && e.name === 'abs' && e.args[0].kind === 'symbol'
}

/** Where |x| lies in a set. */
function whereAbsolute(set: RealSet): RealSet {
  const positive = intersection(set, {
    intervals: [{ low: { at: 0, exact: integer(0), closed: true }, high: NO_HIGH }],
    variable: undefined,
  })
  const mirror = (end: End): End => ({ ...end, at: -end.at, exact: minus(end.exact) })
  const negative = positive.intervals.map(({ low, high }) => ({ low: mirror(high), high: mirror(low) }))
  return union([positive, { intervals: negative, variable: undefined }]) ?? positive
}

function halfLine(operator: Comparison, bound: Expression, comparing: Comparing): RealSet | undefined {
  const end = endOf(bound, operator === '<=' || operator === '>=', comparing)
  if (end === undefined) return undefined
  if (operator === '<' || operator === '<=') return interval(NO_LOW, end)
  if (operator === '>' || operator === '>=') return interval(end, NO_HIGH)
  return operator === '!=' ? complement(interval({ ...end, closed: true }, { ...end, closed: true })) : undefined
}

function endOf(e: Expression, closed: boolean, comparing: Comparing): End | undefined {
  const infinite = infinityOf(e)
  if (infinite !== undefined) return { at: infinite, exact: e, closed: false }
  if (symbolsOf(e).length > 0) return undefined
  const value = within(() => constantValue(e, comparing.budget))
  return value === undefined || value.im !== 0 ? undefined : { at: value.re, exact: e, closed }
}

/** ±∞ where an expression is that. */
export function infinityOf(e: Expression): number | undefined {
  if (e.kind === 'constant' && e.name === 'infinity') return Number.POSITIVE_INFINITY
  if (e.kind !== 'product') return undefined
  const signs = e.factors.map((factor) =>
    factor.kind === 'number' ? Math.sign(Number(factor.value.n)) : infinityOf(factor),
  )
  return e.factors.some((factor) => infinityOf(factor) !== undefined) &&
    signs.every((sign) => sign !== undefined && sign !== 0)
    ? signs.reduce((a: number, b) => a * (b ?? 0), 1)
    : undefined
}

// A set of more pieces than this is not worth sorting.
const MOST_PIECES = 1000

const INFINITE: Expression = { kind: 'constant', name: 'infinity' }
const NO_LOW: End = { at: Number.NEGATIVE_INFINITY, exact: INFINITE, closed: false }
const NO_HIGH: End = { at: Number.POSITIVE_INFINITY, exact: INFINITE, closed: false }
const ALL: RealSet = { intervals: [{ low: NO_LOW, high: NO_HIGH }], variable: undefined }

function point(e: Expression, comparing: Comparing): RealSet | undefined {
  const end = endOf(e, true, comparing)
  return end === undefined || !Number.isFinite(end.at) ? undefined : interval(end, end)
}

/** From low to high; empty where low lies above high. */
function interval(low: End, high: End): RealSet {
  const empty = low.at > high.at || (low.at === high.at && !(low.closed && high.closed))
  return { intervals: empty ? [] : [{ low, high }], variable: undefined }
}

function union(sets: readonly (RealSet | undefined)[]): RealSet | undefined {
  const pieces: Interval[] = []
  let variable: string | undefined
  if (sets.length > MOST_PIECES) return undefined
  for (const set of sets) {
    if (set === undefined) return undefined
    if (variable !== undefined && set.variable !== undefined && variable !== set.variable) return undefined
    variable ??= set.variable
    pieces.push(...set.intervals)
  }
  pieces.sort((a, b) => a.low.at - b.low.at || Number(b.low.closed) - Number(a.low.closed))
  const merged: Interval[] = []
  for (const piece of pieces) {
    const last = merged.at(-1)
    const touches =
      last !== undefined &&
      (piece.low.at < last.high.at || (piece.low.at === last.high.at && (piece.low.closed || last.high.closed)))
    if (last === undefined || !touches) merged.push(piece)
    else merged.splice(-1, 1, { low: last.low, high: higher(last.high, piece.high) })
  }
  return { intervals: merged, variable }
}

function higher(a: End, b: End): End {
  return a.at > b.at || (a.at === b.at && a.closed) ? a : b
}

function intersection(a: RealSet, b: RealSet): RealSet {
  const pieces: Interval[] = []
  for (const x of a.intervals) {
    for (const y of b.intervals) {
      const low = x.low.at > y.low.at || (x.low.at === y.low.at && !x.low.closed) ? x.low : y.low
      const high = x.high.at < y.high.at || (x.high.at === y.high.at && !x.high.closed) ? x.high : y.high
      pieces.push(...interval(low, high).intervals)
    }
  }
  return { intervals: pieces, variable: a.variable ?? b.variable }
}

function complement(a: RealSet): RealSet {
  const pieces: Interval[] = []
  let low: End = NO_LOW
  for (const piece of a.intervals) {
    pieces.push(...interval(low, { ...piece.low, closed: !piece.low.closed }).intervals)
    low = { ...piece.high, closed: !piece.high.closed }
  }
  pieces.push(...interval(low, NO_HIGH).intervals)
  return { intervals: pieces, variable: a.variable }
}
