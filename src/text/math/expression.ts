/** What an answer says, as a tree: numbers and formulae, and around them lists, sets, intervals, matrices and relations. */
import { MINUS_ONE, type Rational, whole } from './rational.ts'
import type { Unit } from './units.ts'

export type Expression =
  /** `digits` and `places` are given for decimals as written: significant digits and digits after the point. */
  | { readonly kind: 'number'; readonly value: Rational; readonly digits?: number; readonly places?: number }
  /** A whole number written with its base, such as 1011_2. */
  | { readonly kind: 'based'; readonly digits: string; readonly base: number; readonly value: Rational }
  | { readonly kind: 'constant'; readonly name: Constant }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'sum'; readonly terms: readonly Expression[] }
  | { readonly kind: 'product'; readonly factors: readonly Expression[] }
  | { readonly kind: 'power'; readonly base: Expression; readonly exponent: Expression }
  /** A function of its arguments, known (sin, log, binomial, factorial) or not (f). */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** sum or product of `body` for whole `variable` from `low` to `high`. */
  | Series
  /** ±value; ∓value has sign -1. */
  | { readonly kind: 'plusMinus'; readonly sign: 1 | -1; readonly value: Expression }
  /** A number with its unit; `product` is the other reading where the unit may be a variable (5 m). */
  | { readonly kind: 'quantity'; readonly value: Expression; readonly unit: Unit; readonly product?: Expression }
  | { readonly kind: 'percent'; readonly value: Expression }
  /** Items in round, square or angle brackets: a tuple, or an interval. */
  | Tuple
  /** Items without brackets, or several statements. */
  | List
  /** `plain`: in braces without backslashes, which LaTeX does not print. */
  | { readonly kind: 'set'; readonly items: readonly Expression[]; readonly plain?: boolean }
  /** { variable : condition }. */
  | { readonly kind: 'builder'; readonly variable: Expression; readonly condition: Expression }
  | SetOperation
  | Matrix
  /** sides[0] operators[0] sides[1] operators[1] ... */
  | Relation
  /** a : b : c, as written. */
  | { readonly kind: 'ratio'; readonly parts: readonly Expression[] }
  /** One of several offered answers, by its letter, with what it says where that is given: (C) 12. */
  | { readonly kind: 'choice'; readonly letter: string; readonly content?: Expression }
  | { readonly kind: 'text'; readonly text: string }

export type Constant = 'pi' | 'e' | 'i' | 'infinity'

export interface Series {
  readonly kind: 'series'
  readonly name: 'sum' | 'product'
  readonly variable: string
  readonly low: Expression
  readonly high: Expression
  readonly body: Expression
}

export interface Tuple {
  readonly kind: 'tuple'
  readonly open: '(' | '[' | '<'
  readonly close: ')' | ']' | '>'
  readonly items: readonly Expression[]
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly Expression[]
  readonly joined: 'comma' | 'and' | 'or'
}

export interface SetOperation {
  readonly kind: 'setOperation'
  readonly name: 'union' | 'intersection' | 'difference'
  readonly left: Expression
  readonly right: Expression
}

export interface Matrix {
  readonly kind: 'matrix'
  readonly rows: readonly (readonly Expression[])[]
  /** Brackets of a matrix, bars of a determinant, or the brace of a case distinction. */
  readonly style: 'matrix' | 'determinant' | 'cases'
}

export type Comparison = '=' | '<' | '>' | '<=' | '>=' | '!=' | '~' | 'in' | 'notin' | 'mod' | 'to'

export interface Relation {
  readonly kind: 'relation'
  readonly operators: readonly Comparison[]
  readonly sides: readonly Expression[]
}

export const number = (value: Rational): Expression => ({ kind: 'number', value })
export const integer = (value: number | bigint): Expression => ({ kind: 'number', value: whole(value) })
export const symbol = (name: string): Expression => ({ kind: 'symbol', name })
export const constant = (name: Constant): Expression => ({ kind: 'constant', name })
export const call = (name: string, ...args: readonly Expression[]): Expression => ({ kind: 'call', name, args })
export const sum = (...terms: readonly Expression[]): Expression => ({ kind: 'sum', terms })
export const product = (...factors: readonly Expression[]): Expression => ({ kind: 'product', factors })
export const pow = (base: Expression, exponent: Expression): Expression => ({ kind: 'power', base, exponent })
export const quotient = (top: Expression, bottom: Expression): Expression =>
  product(top, pow(bottom, number(MINUS_ONE)))

/** π/180: a degree as a plain number. */
export const DEGREE = quotient(constant('pi'), integer(180))

export function minus(value: Expression): Expression {
  if (value.kind === 'number') return { ...value, value: { n: -value.value.n, d: value.value.d } }
  if (value.kind === 'product') return product(number(MINUS_ONE), ...value.factors)
  return product(number(MINUS_ONE), value)
}

/** The expressions directly inside one. */
export function children(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case 'sum':
      return e.terms
    case 'product':
      return e.factors
    case 'power':
      return [e.base, e.exponent]
    case 'call':
      return e.args
    case 'series':
      return [e.low, e.high, e.body]
    case 'plusMinus':
    case 'quantity':
    case 'percent':
      return [e.value]
    case 'tuple':
    case 'list':
    case 'set':
      return e.items
    case 'builder':
      return [e.variable, e.condition]
    case 'setOperation':
      return [e.left, e.right]
    case 'matrix':
      return e.rows.flat()
    case 'relation':
      return e.sides
    case 'ratio':
      return e.parts
    default:
      return []
  }
}

/** Whether `test` holds for an expression or anything inside it. */
export function some(e: Expression, test: (part: Expression) => boolean): boolean {
  return test(e) || children(e).some((part) => some(part, test))
}

/** The names of the symbols in it, sorted. */
export function symbolsOf(...expressions: readonly Expression[]): string[] {
  const names = new Set<string>()
  const visit = (part: Expression): void => {
    if (part.kind === 'symbol') names.add(part.name)
    for (const child of children(part)) visit(child)
  }
  expressions.forEach(visit)
  return [...names].sort()
}
