/** Equality of answers of every kind: values, lists, sets, intervals, matrices, relations, units, words. */

import { spend } from './budget.ts'
import { collectionsAgree, sameMatrix } from './collection.ts'
import { DEGREE, type Expression, product, quotient, type Relation } from './expression.ts'
import { labelOf, namedValue, valuesOf } from './naming.ts'
import { rationalOf } from './quotient.ts'
import { infinityOf, sameSet, toRealSet } from './realSet.ts'
import { sameEquation, sameInequality } from './relation.ts'
import { sameSystem, systemOf } from './system.ts'
import { type Comparing, formOf, sameValue } from './value.ts'

/** Whether two answers say the same. Both must come from `tidy`. */
export function equal(a: Expression, b: Expression, comparing: Comparing): boolean {
  spend(comparing.budget, 2)
  if (a === b) return true
  if (a.kind === 'choice' || b.kind === 'choice') return sameChoice(a, b, comparing)
  const [systemA, systemB] = [systemOf(a), systemOf(b)]
  if (systemA !== undefined || systemB !== undefined) return sameSystem(a, systemA, b, systemB, comparing, equal)
  if (a.kind === 'relation' && b.kind === 'relation') return sameRelation(a, b, comparing)
  if (describesSet(a) || describesSet(b)) {
    const [setA, setB] = [toRealSet(a, comparing), toRealSet(b, comparing)]
    if (setA !== undefined && setB !== undefined) return sameSet(setA, setB, comparing)
  }
  if (a.kind === 'relation') return valuesOf(a, comparing).some((value) => equal(value, b, comparing))
  if (b.kind === 'relation') return valuesOf(b, comparing).some((value) => equal(value, a, comparing))
  if (a.kind === 'quantity' || b.kind === 'quantity') return sameQuantity(a, b, comparing)
  if (a.kind === 'ratio' || b.kind === 'ratio') return sameRatio(a, b, comparing)
  if (a.kind === 'matrix' || b.kind === 'matrix') return sameMatrix(a, b, comparing, equal)
  if (a.kind === 'setOperation' && b.kind === 'setOperation') {
    const straight = equal(a.left, b.left, comparing) && equal(a.right, b.right, comparing)
    const crossed = a.name !== 'difference' && equal(a.left, b.right, comparing) && equal(a.right, b.left, comparing)
    return a.name === b.name && (straight || crossed)
  }
  if (a.kind === 'builder' && b.kind === 'builder') return equal(a.condition, b.condition, comparing)
  const together = collectionsAgree(a, b, comparing, equal)
  if (together !== undefined) return together
  return sameSingle(a, b, comparing)
}

function sameSingle(a: Expression, b: Expression, comparing: Comparing): boolean {
  if (a.kind === 'text' || b.kind === 'text') return a.kind === 'text' && b.kind === 'text' && a.text === b.text
  if (a.kind === 'based' && b.kind === 'based' && a.base === b.base) return a.digits === b.digits
  if (a.kind === 'based' && b.kind !== 'based' && sameDigits(a.digits, b)) return true
  if (b.kind === 'based' && a.kind !== 'based' && sameDigits(b.digits, a)) return true
  const [infiniteA, infiniteB] = [infinityOf(a), infinityOf(b)]
  if (infiniteA !== undefined || infiniteB !== undefined) return infiniteA === infiniteB
  if (isResidue(a) || isResidue(b)) return sameResidue(a, b, comparing)
  return sameValue(a, b, comparing)
}

/** 2516_8 written without its base. */
function sameDigits(digits: string, e: Expression): boolean {
  return e.kind === 'number' && e.value.d === 1n && e.value.n.toString() === digits
}

/** Whether an expression is a set of numbers in its own right; brackets around two numbers may be one, or a point. */
function describesSet(e: Expression): boolean {
  if (e.kind === 'builder' || e.kind === 'setOperation' || (e.kind === 'symbol' && e.name === 'ℝ')) return true
  if (e.kind === 'list')
    return e.items.some(describesSet) || (e.joined !== 'comma' && e.items.every((item) => item.kind === 'tuple'))
  return (
    e.kind === 'relation' && e.operators.some((operator) => operator !== '=' && operator !== '~' && operator !== 'to')
  )
}

function sameRelation(a: Relation, b: Relation, comparing: Comparing): boolean {
  const [setA, setB] = [toRealSet(a, comparing), toRealSet(b, comparing)]
  if (setA !== undefined && setB !== undefined) return sameSet(setA, setB, comparing)
  const [namedA, namedB] = [namedOrMember(a), namedOrMember(b)]
  if (namedA !== undefined && namedB !== undefined && interchangeable(namedA.label, namedB.label)) {
    if (namedA.values.some((x) => namedB.values.some((y) => equal(x, y, comparing)))) return true
  }
  const operators = (e: Relation): string => e.operators.join(' ')
  if (operators(a) !== operators(b) && a.operators.length + b.operators.length > 2) return false
  if (a.operators.length > 1)
    return a.sides.length === b.sides.length && a.sides.every((side, i) => equal(side, b.sides[i], comparing))
  const sides = (i: number, j: number): boolean =>
    equal(a.sides[0], b.sides[i], comparing) && equal(a.sides[1], b.sides[j], comparing)
  if (a.operators[0] === '=' && b.operators[0] === '=' && (sides(0, 1) || sides(1, 0))) return true
  const both = (operator: string): boolean => a.operators[0] === operator && b.operators[0] === operator
  if (both('=') || both('!=')) return sameEquation(a, b, comparing)
  return sameInequality(a, b, comparing)
}

/** The name and value of x = 5, and of x ∈ {5}. */
function namedOrMember(e: Relation): ReturnType<typeof namedValue> {
  if (e.operators.length !== 1 || e.operators[0] !== 'in') return namedValue(e)
  const label = labelOf(e.sides[0])
  return label === undefined ? undefined : { label, values: [e.sides[1]] }
}

/** The same name; or y and f(x); or words, which describe whatever the other side calls by a letter. */
function interchangeable(a: string, b: string): boolean {
  const isFunction = (label: string): boolean => /^[a-zA-Z]\(/.test(label)
  const inWords = (label: string): boolean => label.startsWith('“')
  return a === b || (a === 'y' && isFunction(b)) || (b === 'y' && isFunction(a)) || inWords(a) !== inWords(b)
}

function sameChoice(a: Expression, b: Expression, comparing: Comparing): boolean {
  if (a.kind === 'choice' && b.kind === 'choice') return a.letter === b.letter
  const [choice, other] = a.kind === 'choice' ? [a, b] : [b, a]
  if (choice.kind !== 'choice') return false
  const letter = other.kind === 'symbol' ? other.name : undefined
  if (letter !== undefined && letter.length === 1 && letter.toUpperCase() === choice.letter) return true
  return choice.content !== undefined && equal(choice.content, other, comparing)
}

/** Known units convert; a unit that only one side gives, or that nobody knows, is left out. 30° is also π/6. */
function sameQuantity(a: Expression, b: Expression, comparing: Comparing): boolean {
  if (a.kind === 'quantity' && b.kind === 'quantity') {
    const [x, y] = [a.unit.dimension, b.unit.dimension]
    if (x === undefined || y === undefined) return equal(a.value, b.value, comparing) || otherReading(a, b, comparing)
    if (x === y) {
      if (a.unit.factor.n === b.unit.factor.n && a.unit.factor.d === b.unit.factor.d)
        return equal(a.value, b.value, comparing)
      const [p, q] = [a, b].map((side) => product(side.value, { kind: 'number', value: side.unit.factor }))
      return equal(p, q, comparing)
    }
    if (x === 'degree' && y === 'radian') return equal(product(a.value, DEGREE), b.value, comparing)
    if (y === 'degree' && x === 'radian') return equal(product(b.value, DEGREE), a.value, comparing)
    return otherReading(a, b, comparing)
  }
  const [measured, bare] = a.kind === 'quantity' ? [a, b] : [b, a]
  if (measured.kind !== 'quantity') return false
  if (equal(measured.value, bare, comparing)) return true
  if (measured.unit.dimension === 'degree') return equal(product(measured.value, DEGREE), bare, comparing)
  return otherReading(measured, bare, comparing)
}

/** 5 m as five times m. */
function otherReading(a: Expression, b: Expression, comparing: Comparing): boolean {
  const [x, y] = [a, b].map((e) => (e.kind === 'quantity' ? e.product : e))
  const doubtful =
    (a.kind === 'quantity' && a.product !== undefined) || (b.kind === 'quantity' && b.product !== undefined)
  return doubtful && x !== undefined && y !== undefined && equal(x, y, comparing)
}

/** 2:3 is 4:6 and 2/3. Times of day (2:30) are compared part by part. */
function sameRatio(a: Expression, b: Expression, comparing: Comparing): boolean {
  if (a.kind === 'ratio' && b.kind === 'ratio') {
    if (a.parts.length !== b.parts.length) return false
    if (a.parts.every((part, i) => equal(part, b.parts[i], comparing))) return true
    const [morning, evening] = [timeOfDay(a.parts), timeOfDay(b.parts)]
    if (morning !== undefined && evening !== undefined) return morning === evening
    if (isTime(a.parts) && isTime(b.parts)) return false
    const measured = [...a.parts, ...b.parts].some((part) => part.kind === 'quantity')
    if (measured) return false
    const cross = (i: number): boolean =>
      equal(product(a.parts[0], b.parts[i]), product(b.parts[0], a.parts[i]), comparing)
    return [a, b].every((side) => !side.parts.some(isZero)) && a.parts.every((_, i) => cross(i))
  }
  const [ratio, other] = a.kind === 'ratio' ? [a, b] : [b, a]
  if (ratio.kind !== 'ratio' || ratio.parts.length !== 2 || isZero(ratio.parts[1])) return false
  if (ratio.parts.some((part) => part.kind === 'quantity')) return false
  return equal(quotient(ratio.parts[0], ratio.parts[1]), other, comparing)
}

function isZero(e: Expression): boolean {
  return e.kind === 'number' && e.value.n === 0n
}

function isTime(parts: readonly Expression[]): boolean {
  const [hours, minutes] = parts.map((part) =>
    part.kind === 'number' && part.value.d === 1n ? Number(part.value.n) : undefined,
  )
  return (
    parts.length === 2 &&
    hours !== undefined &&
    hours < 24 &&
    minutes !== undefined &&
    minutes < 60 &&
    (minutes >= 10 || minutes === 0)
  )
}

/** Minutes since midnight of 15:00 and 3:00 pm; of 3:00 alone, which may be either, only with a.m. or p.m. */
function timeOfDay([first, last]: readonly Expression[]): number | undefined {
  const half = last.kind === 'quantity' ? last.unit.dimension : undefined
  const minute = last.kind === 'quantity' ? last.value : last
  if (half === undefined ? !isTime([first, last]) : half !== 'morning' && half !== 'afternoon') return undefined
  if (first.kind !== 'number' || minute.kind !== 'number') return undefined
  const hour = Number(first.value.n)
  const minutes = Number(minute.value.n)
  if (half === undefined) return 60 * hour + minutes
  return 60 * ((hour % 12) + (half === 'afternoon' ? 12 : 0)) + minutes
}

function isResidue(e: Expression): boolean {
  return e.kind === 'call' && e.name === 'residue'
}

/** 3 mod 5, with its modulus or without. */
function sameResidue(a: Expression, b: Expression, comparing: Comparing): boolean {
  const argument = (e: Expression, i: number): Expression => (e.kind === 'call' && e.name === 'residue' ? e.args[i] : e)
  if (isResidue(a) && isResidue(b) && !sameValue(argument(a, 1), argument(b, 1), comparing)) return false
  if (sameValue(argument(a, 0), argument(b, 0), comparing)) return true
  // 17 mod 5 is 2.
  const [p, q] = [remainderOf(a, comparing), remainderOf(b, comparing)]
  return p !== undefined && p === q
}

/** The least non-negative remainder of a residue; a whole number itself. */
function remainderOf(e: Expression, comparing: Comparing): bigint | undefined {
  const parts = (isResidue(e) && e.kind === 'call' ? e.args : [e]).map((part) => {
    const form = formOf(part, comparing)
    const value = form === undefined ? undefined : rationalOf(form)
    return value?.d === 1n ? value.n : undefined
  })
  const [n, m] = parts
  if (n === undefined || parts.length === 1) return n
  return m === undefined || m <= 0n ? undefined : ((n % m) + m) % m
}
