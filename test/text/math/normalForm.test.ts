import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newBudget } from '../../../src/text/math/budget.ts'
import { type Expression, integer, minus, pow, product, sum, symbol } from '../../../src/text/math/expression.ts'
import { decides, normalForm, sameForm } from '../../../src/text/math/normalForm.ts'
import { parse } from '../../../src/text/math/parse.ts'

function form(text: string) {
  const budget = newBudget(1e6)
  const read = parse(text, budget)
  assert.ok(read !== undefined, text)
  return normalForm(read, budget)
}

/** true, false, or undefined where the forms do not decide. */
function same(a: string, b: string): boolean | undefined {
  const [x, y] = [form(a), form(b)]
  assert.ok(x !== undefined && y !== undefined, `${a}, ${b}`)
  const equal = sameForm(x, y, newBudget(1e6))
  return equal || decides(x, y) ? equal : undefined
}

test('forms of equal formulae are the same', () => {
  const pairs = [
    ['(x+1)^2', 'x^2+2x+1'],
    ['\\frac{x^2-1}{x-1}', 'x+1'],
    ['\\sqrt{8}', '2\\sqrt{2}'],
    ['\\frac{1}{\\sqrt2}', '\\frac{\\sqrt2}{2}'],
    ['\\frac{1}{1+\\sqrt2}', '\\sqrt2-1'],
    ['8^{2/3}', '4'],
    ['\\sqrt{-4}', '2i'],
    ['(1+i)^4', '-4'],
    ['e^{2x}e^{3x}', 'e^{5x}'],
    ['4^x', '2^{2x}'],
    ['2^{x+1}', '2\\cdot 2^x'],
    ['\\sqrt{4x+4}', '2\\sqrt{x+1}'],
    ['2^{100000}\\cdot 2', '2^{100001}'],
    ['\\frac{1}{2004!}', '\\frac{2005}{2005!}'],
    ['x^{-1}', '\\frac1x'],
  ]
  for (const [a, b] of pairs) assert.equal(same(a, b), true, `${a} and ${b}`)
})

test('forms decide that formulae differ only where their atoms are independent', () => {
  assert.equal(same('\\sqrt2+\\sqrt3', '\\sqrt5'), false)
  assert.equal(same('\\sqrt{10^{20}+1}', '10^{10}'), false)
  assert.equal(same('x^2', 'x^3'), false)
  assert.equal(same('\\pi', '\\frac{22}{7}'), false)
  assert.equal(same('\\sqrt{x^2}', 'x'), undefined)
  assert.equal(same('\\sin^2 x', '1-\\cos^2 x'), undefined)
  assert.equal(same('\\sqrt{3+2\\sqrt2}', '1+\\sqrt2'), undefined)
})

test('what has no value has no form', () => {
  for (const text of ['1/0', '\\frac{1}{x-x}', '\\infty', '0^{-1}']) assert.equal(form(text), undefined, text)
})

interface Twin {
  readonly tree: Expression
  /** The polynomial's value, computed apart with whole numbers. */
  readonly at: (x: bigint, y: bigint) => bigint
}

const twin = fc.letrec<{ twin: Twin }>((tie) => ({
  twin: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: -9, max: 9 }).map((n): Twin => ({ tree: integer(n), at: () => BigInt(n) })),
    fc.constant<Twin>({ tree: symbol('x'), at: (x) => x }),
    fc.constant<Twin>({ tree: symbol('y'), at: (_, y) => y }),
    fc
      .tuple(tie('twin'), tie('twin'))
      .map(([a, b]): Twin => ({ tree: sum(a.tree, b.tree), at: (x, y) => a.at(x, y) + b.at(x, y) })),
    fc
      .tuple(tie('twin'), tie('twin'))
      .map(([a, b]): Twin => ({ tree: product(a.tree, b.tree), at: (x, y) => a.at(x, y) * b.at(x, y) })),
    tie('twin').map((a): Twin => ({ tree: minus(a.tree), at: (x, y) => -a.at(x, y) })),
    fc
      .tuple(tie('twin'), fc.nat(3))
      .map(([a, n]): Twin => ({ tree: pow(a.tree, integer(n)), at: (x, y) => a.at(x, y) ** BigInt(n) })),
  ),
})).twin

test('polynomials have the same form exactly when whole-number arithmetic cannot tell them apart', () => {
  fc.assert(
    fc.property(twin, twin, (a, b) => {
      const budget = newBudget(1e7)
      const [p, q] = [normalForm(a.tree, budget), normalForm(b.tree, budget)]
      if (p === undefined || q === undefined || !p.exact || !q.exact) return true
      // Large coprime points: polynomials this small that agree there are the same.
      const points: [bigint, bigint][] = [
        [1_000_003n, 998_244_353n],
        [-1_000_033n, 7_919n],
      ]
      return sameForm(p, q, budget) === points.every(([x, y]) => a.at(x, y) === b.at(x, y))
    }),
    { seed: 3, numRuns: 300 },
  )
  fc.assert(
    fc.property(twin, twin, twin, (a, b, c) => {
      const budget = newBudget(1e7)
      const [p, q] = [product(a.tree, sum(b.tree, c.tree)), sum(product(c.tree, a.tree), product(a.tree, b.tree))].map(
        (tree) => normalForm(tree, budget),
      )
      return p === undefined || q === undefined || !p.exact || sameForm(p, q, budget) === true
    }),
    { seed: 5, numRuns: 200 },
  )
})
