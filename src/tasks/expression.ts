/**
 * Arithmetic expressions with exact values: a recursive-descent parser for
 *   sum = product (('+' | '-') product)* · product = atom (('*' | '/') atom)* · atom = digits | '(' sum ')'
 * `×`, `x`, `·` and `÷` are read as `*` and `/`. Nothing is ever run as code.
 */
import { GuerdonError } from '../data/error.ts'

/** A fraction in lowest terms with a positive denominator. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

export type Operator = '+' | '-' | '*' | '/'

export type Expression =
  | { readonly kind: 'number'; readonly digits: string }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }

/** The expression, or in words why the text is none. */
export type Parsed = { readonly expression: Expression } | { readonly error: string }

/** More text or deeper nesting than this is no answer that anyone meant. */
const longest = 1000
const deepest = 50

/** Reads a whole text as one expression. Never throws. */
export function parseExpression(text: string): Parsed {
  if (text.length > longest) return { error: `longer than ${longest} characters` }
  const tokens = [
    ...text
      .replaceAll(/[×x·]/g, '*')
      .replaceAll('÷', '/')
      .matchAll(/\d+|\S/g),
  ].map((match) => match[0])
  let at = 0
  const sum = (depth: number): Expression => chain(() => product(depth), '+', '-')
  const product = (depth: number): Expression => chain(() => atom(depth), '*', '/')
  const chain = (part: () => Expression, ...operators: readonly Operator[]): Expression => {
    let left = part()
    for (;;) {
      const operator = operators.find((one) => one === tokens[at])
      if (operator === undefined) return left
      at++
      left = { kind: 'operation', operator, left, right: part() }
    }
  }
  const atom = (depth: number): Expression => {
    const token = tokens[at++]
    if (token !== undefined && /^\d/.test(token)) return { kind: 'number', digits: token.replace(/^0+(?=\d)/, '') }
    if (token !== '(') throw new GuerdonError(token === undefined ? 'it ends too early' : `unexpected ${token}`)
    if (depth === deepest) throw new GuerdonError(`more than ${deepest} brackets inside each other`)
    const inner = sum(depth + 1)
    if (tokens[at++] !== ')') throw new GuerdonError('a bracket is not closed')
    return inner
  }
  try {
    const expression = sum(0)
    return at === tokens.length ? { expression } : { error: `unexpected ${tokens[at]}` }
  } catch (thrown) {
    if (thrown instanceof GuerdonError) return { error: thrown.message }
    throw thrown
  }
}

/** The exact value; undefined where something is divided by zero. Values grow with the digits: bound those first. */
export function evaluateExpression(expression: Expression): Fraction | undefined {
  if (expression.kind === 'number') return { numerator: BigInt(expression.digits), denominator: 1n }
  const [a, b] = [evaluateExpression(expression.left), evaluateExpression(expression.right)]
  if (a === undefined || b === undefined) return undefined
  switch (expression.operator) {
    case '+':
      return fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator)
    case '-':
      return fraction(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
    case '*':
      return fraction(a.numerator * b.numerator, a.denominator * b.denominator)
    case '/':
      return fraction(a.numerator * b.denominator, a.denominator * b.numerator)
  }
}

/** The digits of every number in an expression, from left to right. */
export function numbersOf(expression: Expression): string[] {
  if (expression.kind === 'number') return [expression.digits]
  return [...numbersOf(expression.left), ...numbersOf(expression.right)]
}

const looseness = { '+': 1, '-': 1, '*': 2, '/': 2 } as const

/** The expression as text, with no brackets that change nothing. */
export function printExpression(expression: Expression): string {
  if (expression.kind === 'number') return expression.digits
  const { operator, left, right } = expression
  const inner = (side: Expression, needsMore: boolean) => {
    const text = printExpression(side)
    if (side.kind === 'number') return text
    const difference = looseness[side.operator] - looseness[operator]
    return difference < 0 || (difference === 0 && needsMore) ? `(${text})` : text
  }
  // a-(b+c) and a/(b*c) need their brackets; a+(b-c) and a*(b/c) do not.
  return `${inner(left, false)}${operator}${inner(right, operator === '-' || operator === '/')}`
}

function fraction(numerator: bigint, denominator: bigint): Fraction | undefined {
  if (denominator === 0n) return undefined
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator]
  while (b > 0n) [a, b] = [b, a % b]
  const divisor = denominator < 0n ? -a : a
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}
