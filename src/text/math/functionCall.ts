/** Functions and their arguments (sin^2 2x, \log_2 8, \sqrt[3]{x}, max(1, 2)), and sums over an index. */
import { type Cursor, isSign, nested, peek, skipSign } from './cursor.ts'
import { call, constant, type Expression, integer, minus, number, pow, product, quotient, sum } from './expression.ts'
import { HALF } from './rational.ts'
import { UNREADABLE } from './token.ts'

const INVERSE: ReadonlyMap<string, string> = new Map([
  ...['sin', 'cos', 'tan', 'cot', 'sec', 'csc', 'sinh', 'cosh', 'tanh', 'coth', 'sech', 'csch'].map(
    (name): [string, string] => [name, `arc${name}`],
  ),
])

/** Functions whose arguments are a list. */
const OF_SEVERAL = new Set(['max', 'min', 'gcd', 'lcm'])

export function readFunction(cursor: Cursor): Expression {
  const name = peek(cursor)?.text ?? ''
  cursor.at++
  if (name === 'sqrt' || name === 'cbrt') return root(cursor, name)
  let base: Expression | undefined
  let raised: Expression | undefined
  while (isSign(cursor, '_') || isSign(cursor, '^')) {
    const under = isSign(cursor, '_')
    cursor.at++
    const script = skipSign(cursor, '-')
      ? minus(nested(cursor, cursor.grammar.atom))
      : nested(cursor, cursor.grammar.atom)
    if (under) base = script
    else raised = script
  }
  const inverse = isMinusOne(raised) ? INVERSE.get(name) : undefined
  const value = apply(inverse ?? name, base, argumentsOf(cursor, name))
  return raised === undefined || inverse !== undefined ? value : pow(value, raised)
}

function apply(name: string, base: Expression | undefined, args: readonly Expression[]): Expression {
  if (name === 'exp') return pow(constant('e'), args[0])
  if (name === 'round') return call('floor', sum(args[0], number(HALF)))
  if (name === 'permutation' && args.length === 2) {
    return quotient(call('factorial', args[0]), call('factorial', sum(args[0], minus(args[1]))))
  }
  if (name === 'lg') return call('log', args[0], integer(10))
  if (base !== undefined && name === 'log') return call('log', args[0], base)
  return call(name, ...args)
}

function isMinusOne(e: Expression | undefined): boolean {
  return e?.kind === 'number' && e.value.n === -1n && e.value.d === 1n
}

/** In brackets, or the factors up to the next sign: sin 2x is sin(2x), sin x cos x is (sin x)(cos x). */
function argumentsOf(cursor: Cursor, name: string): readonly Expression[] {
  if (
    isSign(cursor, '(') ||
    isSign(cursor, '[') ||
    (OF_SEVERAL.has(name) && (isSign(cursor, '\\{') || isSign(cursor, '{')))
  ) {
    const inside = nested(cursor, cursor.grammar.atom)
    return inside.kind === 'tuple' || inside.kind === 'set' ? inside.items : [inside]
  }
  if (skipSign(cursor, '-')) return [minus(argumentsOf(cursor, name)[0])]
  const factors = [nested(cursor, cursor.grammar.factor)]
  while (cursor.grammar.startsAtom(cursor) && peek(cursor)?.type !== 'function' && !isSign(cursor, '(')) {
    factors.push(nested(cursor, cursor.grammar.factor))
  }
  return [factors.length === 1 ? factors[0] : product(...factors)]
}

/** √x, and \sqrt[n]{x} as x^(1/n). */
function root(cursor: Cursor, name: string): Expression {
  let degree: Expression = integer(name === 'sqrt' ? 2 : 3)
  if (skipSign(cursor, '[')) {
    degree = nested(cursor, cursor.grammar.sum)
    if (!skipSign(cursor, ']')) throw UNREADABLE
  }
  const inside = nested(cursor, cursor.grammar.atom)
  const isSquare = degree.kind === 'number' && degree.value.n === 2n && degree.value.d === 1n
  return pow(inside, isSquare ? number(HALF) : quotient(integer(1), degree))
}

/** \sum_{k=1}^{n} body, and \prod likewise. */
export function readSeries(cursor: Cursor, name: 'sum' | 'product'): Expression {
  if (!skipSign(cursor, '_')) throw UNREADABLE
  const braced = skipSign(cursor, '{')
  const variable = peek(cursor)
  cursor.at++
  if (variable?.type !== 'symbol' || !skipSign(cursor, '=')) throw UNREADABLE
  const low = nested(cursor, cursor.grammar.sum)
  if (braced && !skipSign(cursor, '}')) throw UNREADABLE
  if (!skipSign(cursor, '^')) throw UNREADABLE
  const high = nested(cursor, cursor.grammar.atom)
  const outside = cursor.bound
  cursor.bound = [...outside, variable.text]
  const body = nested(cursor, cursor.grammar.product)
  cursor.bound = outside
  return { kind: 'series', name, variable: variable.text, low, high, body }
}
