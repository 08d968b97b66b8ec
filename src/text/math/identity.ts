/**
 * Whether two formulae agree as functions, by evaluating both at seeded random points (Schwartz 1980 for polynomials; for
 * other functions an accidental agreement at eight points of different sign and size is no likelier). Points where either
 * has no real value say nothing. Rounding is bounded at every step, so neither a small difference nor a large one can hide in it.
 */
import { random } from '../../data/random.ts'
import { type Budget, spend } from './budget.ts'
import { type Complex, magnitude } from './complex.ts'
import { evaluate, type Point } from './evaluate.ts'
import { type Expression, some, symbolsOf } from './expression.ts'

/** At how many points the values have to agree, at least and at best; and how many are tried. */
const FEWEST = 3
const ENOUGH = 8
const MOST_POINTS = 24

/** true or false; undefined where too few points could be evaluated to tell. */
export function agree(a: Expression, b: Expression, budget: Budget): boolean | undefined {
  const test = (logBase: number): boolean | undefined => agreeEverywhere(a, b, budget, (x, y) => near(x, y), logBase)
  const verdict = test(10)
  // A log without a base may be either; both sides are then read the same way.
  if (verdict === true || !(hasBareLog(a) || hasBareLog(b))) return verdict
  return test(Math.E) ?? verdict
}

/** Whether a / b is one and the same nonzero number everywhere, and its sign; undefined where that is not so or not clear. */
export function constantRatio(a: Expression, b: Expression, budget: Budget): 1 | -1 | undefined {
  let ratio: Complex | undefined
  let sign: 1 | -1 = 1
  const same = (x: Complex, y: Complex): boolean | undefined => {
    if (magnitude(y) <= 1e6 * y.error || magnitude(x) <= 1e6 * x.error || x.im !== 0 || y.im !== 0) return undefined
    const next = { re: x.re / y.re, im: 0, error: (x.error + Math.abs(x.re / y.re) * y.error) / Math.abs(y.re) }
    if (ratio === undefined) {
      ratio = next
      sign = next.re > 0 ? 1 : -1
      return true
    }
    return near(ratio, next)
  }
  return agreeEverywhere(a, b, budget, same, 10) ? sign : undefined
}

/** The value of a formula without variables: real where it has one, otherwise complex. */
export function constantValue(e: Expression, budget: Budget, logBase = 10): Complex | undefined {
  for (const field of ['real', 'complex'] as const) {
    const value = evaluate(e, { budget, values: new Map(), field, logBase })
    if (value !== undefined) return value
  }
  return undefined
}

/** Random points for these variables, for use outside this file: the same each time. */
export function pointsFor(names: readonly string[]): Map<string, number>[] {
  const samples = names.map(samplesOf)
  return Array.from({ length: MOST_POINTS }, (_, index) => new Map(names.map((name, i) => [name, samples[i][index]])))
}

type Judge = (x: Complex, y: Complex) => boolean | undefined

function agreeEverywhere(
  a: Expression,
  b: Expression,
  budget: Budget,
  judge: Judge,
  logBase: number,
): boolean | undefined {
  const names = symbolsOf(a, b)
  const isI = (part: Expression): boolean => part.kind === 'constant' && part.name === 'i'
  const imaginary = some(a, isI) || some(b, isI)
  if (names.length === 0) {
    const [x, y] = [constantValue(a, budget, logBase), constantValue(b, budget, logBase)]
    return x === undefined || y === undefined || !isTelling(x, y) ? undefined : judge(x, y)
  }
  const samples = names.map(samplesOf)
  if (imaginary) return agreeAt(names, samples, 'complex')
  // Variables that only make sense as whole numbers (the n of (-1)^n) leave no real points; then whole ones are tried.
  return (
    agreeAt(names, samples, 'real') ??
    (names.some(countsThings) ? agreeAt(names, names.map(wholesOf), 'real') : undefined) ??
    agreeAt(names, samples, 'complex')
  )

  function agreeAt(
    variables: readonly string[],
    at: readonly (readonly number[])[],
    field: Point['field'],
  ): boolean | undefined {
    let agreed = 0
    for (let index = 0; index < MOST_POINTS && agreed < ENOUGH; index++) {
      spend(budget, 1)
      const values = new Map(variables.map((name, i) => [name, at[i][index]]))
      const point: Point = { budget, values, field, logBase }
      const x = evaluate(a, point)
      const y = x === undefined ? undefined : evaluate(b, point)
      if (x === undefined || y === undefined || !isTelling(x, y)) continue
      const verdict = judge(x, y)
      if (verdict === false) return false
      if (verdict === true) agreed++
    }
    return agreed >= FEWEST ? true : undefined
  }
}

function near(x: Complex, y: Complex): boolean {
  return Math.hypot(x.re - y.re, x.im - y.im) <= 8 * (x.error + y.error)
}

/** Whether rounding has left enough digits to compare. */
function isTelling(x: Complex, y: Complex): boolean {
  return x.error + y.error <= 1e-8 * Math.max(magnitude(x), magnitude(y), 1)
}

/** Whether a variable is by its name a whole number. */
function countsThings(name: string): boolean {
  return /^[ijklmnpqrNMK](?:_|$)/.test(name)
}

function hasBareLog(e: Expression): boolean {
  return some(e, (part) => part.kind === 'call' && part.name === 'log' && part.args.length === 1)
}

// Every second point has only positive variables, since roots and logarithms need them; the others mix signs and sizes.
const POSITIVE: readonly (readonly [number, number])[] = [
  [0.15, 0.95],
  [1.1, 3.3],
  [0.4, 2.1],
  [4, 11],
]
const MIXED: readonly (readonly [number, number])[] = [
  [-0.9, -0.1],
  [0.2, 1.7],
  [-3.4, -1.2],
  [2.2, 6],
  [-8, -4],
  [0.05, 0.6],
  [14, 60],
  [-30, -10],
  [-2000, -400],
]

/** The values one variable takes. They depend on its name alone, so that the order of sides and terms cannot matter. */
const samplesOf = remembered((name) => {
  const generator = random(`variable ${name}`)
  const offset = generator.int(0, 8)
  return Array.from({ length: MOST_POINTS }, (_, index) => {
    const ranges = index % 2 === 0 ? POSITIVE : MIXED
    const [low, high] = ranges[(index + (index >> 1) + offset) % ranges.length]
    return low + (high - low) * generator.next()
  })
})

const wholesOf = remembered((name) => {
  const generator = random(`whole ${name}`)
  return Array.from({ length: MOST_POINTS }, () => generator.int(1, 12))
})

/** Keeps what was computed for the names met last: most answers are about x. */
function remembered(compute: (name: string) => readonly number[]): (name: string) => readonly number[] {
  const known = new Map<string, readonly number[]>()
  return (name) => {
    const there = known.get(name)
    if (there !== undefined) return there
    if (known.size >= 256) known.clear()
    const values = compute(name)
    known.set(name, values)
    return values
  }
}
