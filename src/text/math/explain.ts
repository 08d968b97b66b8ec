/** Why two answers were not found equal, in a sentence for whoever reads the rollout or learns from it. */
import { newBudget, within } from './budget.ts'
import { magnitude } from './complex.ts'
import { evaluate } from './evaluate.ts'
import { type Expression, symbolsOf } from './expression.ts'
import { constantValue, pointsFor } from './identity.ts'

/** What tells two answers apart that are not equal. Both must come from `tidy`. */
export function difference(answer: Expression, reference: Expression): string {
  const [kind, wanted] = [describe(answer), describe(reference)]
  if (answer.kind === 'quantity' && reference.kind === 'quantity') return quantityDifference(answer, reference)
  if (isFormula(answer) && isFormula(reference)) return formulaDifference(answer, reference)
  const [items, others] = [itemsOf(answer), itemsOf(reference)]
  if (items !== undefined && others !== undefined && items.length !== others.length) {
    return `${kind} where ${wanted} was expected`
  }
  return kind === wanted ? `both are ${kind}, but they differ` : `${kind} where ${wanted} was expected`
}

/** What kind of thing an answer is. */
function describe(e: Expression): string {
  switch (e.kind) {
    case 'choice':
      return `option ${e.letter}`
    case 'text':
      return 'words'
    case 'tuple':
      return e.items.length === 2 && (e.open === '[' || e.close === ']')
        ? 'an interval'
        : `a tuple of ${e.items.length}`
    case 'list':
      return `a list of ${e.items.length}`
    case 'set':
      return e.items.length === 0 ? 'the empty set' : `a set of ${e.items.length}`
    case 'builder':
    case 'setOperation':
      return 'a set of numbers'
    case 'matrix':
      return `a ${e.rows.length}×${e.rows[0].length} matrix`
    case 'relation':
      return e.operators.every((operator) => operator === '=' || operator === '~') ? 'an equation' : 'an inequality'
    case 'ratio':
      return 'a ratio'
    case 'percent':
      return 'a percentage'
    case 'quantity':
      return `a number of ${e.unit.text}`
    default:
      return symbolsOf(e).length === 0 ? 'a number' : `a formula in ${symbolsOf(e).slice(0, 5).join(', ')}`
  }
}

function itemsOf(e: Expression): readonly Expression[] | undefined {
  return e.kind === 'tuple' || e.kind === 'list' || e.kind === 'set' ? e.items : undefined
}

function isFormula(e: Expression): boolean {
  return ['number', 'based', 'constant', 'symbol', 'sum', 'product', 'power', 'call', 'series', 'percent'].includes(
    e.kind,
  )
}

function quantityDifference(
  answer: Expression & { kind: 'quantity' },
  reference: Expression & { kind: 'quantity' },
): string {
  const [a, b] = [answer.unit, reference.unit]
  const measured = a.dimension !== undefined && b.dimension !== undefined
  if (measured && a.dimension !== b.dimension) return `the units measure different things: ${a.text} and ${b.text}`
  return measured && a.text !== b.text
    ? `the quantities differ, ${a.text} and ${b.text} converted`
    : formulaDifference(answer.value, reference.value)
}

/** Numbers by their size, formulae by a point where their values part, where there is one. */
function formulaDifference(answer: Expression, reference: Expression): string {
  const names = symbolsOf(answer, reference)
  const budget = newBudget(2000)
  if (names.length === 0) {
    const [x, y] = [answer, reference].map((e) => within(() => constantValue(e, budget)))
    if (x === undefined || y === undefined) return 'the numbers were not found equal'
    return `the numbers differ: ${shown(x)} and ${shown(y)}`
  }
  const [only, wanted] = [symbolsOf(answer), symbolsOf(reference)].map((own, i, both) =>
    own.filter((name) => !both[1 - i].includes(name)),
  )
  if (only.length > 0 && wanted.length > 0)
    return `the variables differ: ${only.join(', ')} where ${wanted.join(', ')} was expected`
  const apart = within(() => {
    for (const values of pointsFor(names)) {
      const point = { budget, values, field: 'real' as const, logBase: 10 }
      const [x, y] = [evaluate(answer, point), evaluate(reference, point)]
      if (x === undefined || y === undefined || Math.abs(x.re - y.re) <= 1e-6 * Math.max(magnitude(x), magnitude(y)))
        continue
      const at = names.slice(0, 3).map((name) => `${name} = ${short(values.get(name) ?? 0)}`)
      return `the formulae differ: at ${at.join(', ')} they are ${shown(x)} and ${shown(y)}`
    }
    return undefined
  })
  return apart ?? 'the formulae were not found equal'
}

function shown({ re, im }: { readonly re: number; readonly im: number }): string {
  if (im === 0) return short(re)
  return `${short(re)} ${im < 0 ? '-' : '+'} ${short(Math.abs(im))}i`
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)))
}
