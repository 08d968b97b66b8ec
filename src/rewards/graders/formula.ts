/**
 * Formulas over named numbers, as OpenAI's `multi` grader writes them: `+ - * / ^`, brackets, and the functions min, max,
 * abs, floor, ceil, exp, sqrt and log. Read by recursive descent; nothing of it is ever run as code.
 */
import { GuerdonError } from '../../data/error.ts'

/** A formula that was read. */
export interface Formula {
  /** The names in it. */
  readonly names: readonly string[]
  evaluate(values: Readonly<Record<string, number>>): number
}

type Node = (values: Readonly<Record<string, number>>) => number

const functions: Readonly<Record<string, (...values: readonly number[]) => number>> = {
  min: (...values) => Math.min(...values),
  max: (...values) => Math.max(...values),
  abs: Math.abs,
  floor: Math.floor,
  ceil: Math.ceil,
  exp: Math.exp,
  sqrt: Math.sqrt,
  log: Math.log,
}

/** Reads a formula. Throws a GuerdonError that shows where it stops making sense. */
export function parseFormula(text: string): Formula {
  const tokens = text.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|[A-Za-z_]\w*|[-+*/^(),]|\S/g) ?? []
  const names = new Set<string>()
  let at = 0
  const wrong = (wanted: string) =>
    new GuerdonError(`expected ${wanted}, found ${tokens[at] === undefined ? 'the end' : `'${tokens[at]}'`}`, {
      where: `formula '${text.slice(0, 80)}'`,
      fix: `write + - * / ^, brackets, numbers, names, and ${Object.keys(functions).join(', ')}`,
    })
  const take = (...wanted: readonly string[]) => (wanted.includes(tokens[at]) ? tokens[at++] : undefined)
  // Each level of brackets is a level of calls: a bound keeps a hostile formula from ending the process.
  let depth = 0

  const sum = (): Node => {
    let left = product()
    for (let sign = take('+', '-'); sign !== undefined; sign = take('+', '-')) {
      const [a, b, plus] = [left, product(), sign === '+']
      left = (values) => (plus ? a(values) + b(values) : a(values) - b(values))
    }
    return left
  }
  const product = (): Node => {
    let left = signed()
    for (let sign = take('*', '/'); sign !== undefined; sign = take('*', '/')) {
      const [a, b, times] = [left, signed(), sign === '*']
      left = (values) => (times ? a(values) * b(values) : a(values) / b(values))
    }
    return left
  }
  const signed = (): Node => {
    if (depth++ > 200) throw wrong('a formula less deep')
    const minus = take('-', '+')
    const inner = minus === undefined ? power() : signed()
    depth--
    return minus === '-' ? (values) => -inner(values) : inner
  }
  const power = (): Node => {
    const base = atom()
    if (take('^') === undefined) return base
    const exponent = signed()
    return (values) => base(values) ** exponent(values)
  }
  const atom = (): Node => {
    if (take('(') !== undefined) {
      const inner = sum()
      if (take(')') === undefined) throw wrong("')'")
      return inner
    }
    const token = tokens[at]
    if (token !== undefined && /^[\d.]+/.test(token)) {
      at++
      const number = Number(token)
      return () => number
    }
    if (token === undefined || !/^[A-Za-z_]/.test(token)) throw wrong('a number or a name')
    at++
    if (take('(') === undefined) {
      names.add(token)
      return (values) => values[token]
    }
    const call = Object.hasOwn(functions, token) ? functions[token] : undefined
    if (call === undefined) throw wrong(`a function, not '${token}(': then`)
    const given = [sum()]
    while (take(',') !== undefined) given.push(sum())
    if (take(')') === undefined) throw wrong("')'")
    return (values) => call(...given.map((node) => node(values)))
  }

  const root = sum()
  if (at < tokens.length) throw wrong('the end')
  return { names: [...names], evaluate: root }
}
