/** Several named values: x = 1, y = 2; x = 1 or x = 2; (x, y) = (1, 2); x₁ = 1, x₂ = 2. */
import { type Equal, sameUnordered } from './collection.ts'
import type { Expression, Relation } from './expression.ts'
import { labelOf, namedValue } from './naming.ts'
import type { Comparing } from './value.ts'

/** One or more solutions: what each name is in each of them. */
export interface System {
  /** In the order in which the names were written. */
  readonly names: readonly string[]
  /** One value for each name. */
  readonly solutions: readonly (readonly Expression[])[]
}

/** The named values an expression lists, or undefined where it lists none. A single equation is no system. */
export function systemOf(e: Expression): System | undefined {
  if (e.kind === 'relation') return fromTuple(e)
  if (e.kind !== 'list' || e.items[0]?.kind !== 'relation') return undefined
  const entries: { name: string; value: Expression }[] = []
  for (const item of e.items) {
    if (item.kind === 'relation') {
      const named = item.operators.some((operator) => operator !== '=' && operator !== '~')
        ? undefined
        : namedValue(item)
      if (named === undefined) return undefined
      for (const value of spread(named.values[named.values.length - 1])) entries.push({ name: named.label, value })
    } else if (item.kind === 'text') return undefined
    // x = 1, 2 goes on with the same name.
    else for (const value of spread(item)) entries.push({ name: entries[entries.length - 1].name, value })
  }
  return arranged(entries)
}

function fromTuple(e: Relation): System | undefined {
  const [left, right] = e.sides.map((side) => (side.kind === 'set' && side.items.length === 1 ? side.items[0] : side))
  if (e.operators.length !== 1 || e.operators[0] !== '=' || left.kind !== 'tuple' || right === undefined)
    return undefined
  const names = left.items.map(labelOf).filter((name) => name !== undefined)
  const points = right.kind === 'list' || right.kind === 'set' ? right.items : [right]
  const solutions = points.map((point) =>
    point.kind === 'tuple' && point.items.length === names.length ? point.items : [],
  )
  return names.length < left.items.length || solutions.some((values) => values.length === 0)
    ? undefined
    : { names, solutions }
}

function spread(e: Expression): readonly Expression[] {
  return e.kind === 'list' || e.kind === 'set' ? e.items : [e]
}

/** Entries in the order written: rounds of the same names are solutions; x₁ and x₂ are two values of x. */
function arranged(entries: readonly { name: string; value: Expression }[]): System {
  const names = [...new Set(entries.map(({ name }) => name))]
  const stem = /^(.+)_\d+$/.exec(names[0])?.[1]
  if (names.length > 1 && stem !== undefined && names.every((name) => /^(.+)_\d+$/.exec(name)?.[1] === stem)) {
    return { names: [stem], solutions: entries.map(({ value }) => [value]) }
  }
  if (entries.every(({ name }, i) => name === names[i % names.length]) && entries.length % names.length === 0) {
    const rounds = entries.length / names.length
    return {
      names,
      solutions: Array.from({ length: rounds }, (_, i) =>
        entries.slice(i * names.length, (i + 1) * names.length).map(({ value }) => value),
      ),
    }
  }
  const valuesNamed = (name: string): Expression =>
    listOf(entries.filter((entry) => entry.name === name).map(({ value }) => value))
  return { names, solutions: [names.map(valuesNamed)] }
}

/** Whether two answers are equal of which at least one is a system. */
export function sameSystem(
  a: Expression,
  systemA: System | undefined,
  b: Expression,
  systemB: System | undefined,
  comparing: Comparing,
  equal: Equal,
): boolean {
  if (systemA !== undefined && systemB !== undefined) {
    const order = systemA.names.map((name) => systemB.names.indexOf(name))
    if (order.includes(-1) || systemA.names.length !== systemB.names.length) return false
    const reordered = systemB.solutions.map((values) => order.map((at) => values[at]))
    return sameUnordered(systemA.solutions.map(pointOf), reordered.map(pointOf), comparing, equal)
  }
  const [system, other] = systemA === undefined ? [systemB, a] : [systemA, b]
  if (system === undefined) return false
  if (system.names.length === 1) {
    const values = listOf(system.solutions.map(([value]) => value))
    if (other.kind !== 'relation') return equal(values, other, comparing)
    const named =
      other.operators[0] === 'in' ? { label: labelOf(other.sides[0]), values: [other.sides[1]] } : namedValue(other)
    return named?.label === system.names[0] && named.values.some((value) => equal(values, value, comparing))
  }
  // (1, 2) for x = 1, y = 2: in the order written, or in the order of the names.
  if (other.kind !== 'tuple' && other.kind !== 'list' && other.kind !== 'matrix' && other.kind !== 'set') return false
  const byName = [...system.names.keys()].sort((x, y) => (system.names[x] < system.names[y] ? -1 : 1))
  const inOrder = (order: readonly number[]): boolean =>
    equal(listOf(system.solutions.map((values) => pointOf(order.map((at) => values[at])))), other, comparing)
  return inOrder([...system.names.keys()]) || inOrder(byName)
}

function pointOf(items: readonly Expression[]): Expression {
  return items.length === 1 ? items[0] : { kind: 'tuple', open: '(', close: ')', items }
}

function listOf(values: readonly Expression[]): Expression {
  return values.length === 1 ? values[0] : { kind: 'list', items: values, joined: 'or' }
}
