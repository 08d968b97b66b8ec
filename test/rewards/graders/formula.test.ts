import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseFormula } from '../../../src/rewards/graders/formula.ts'

/** A formula and the same in JavaScript, from which its value comes. */
type Twin = readonly [formula: string, script: string]

const twin: fc.Arbitrary<Twin> = fc.letrec<{ readonly any: Twin }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.nat(9).map((n): Twin => [`${n}`, `${n}`]),
    fc.constantFrom<Twin>(['x', 'x'], ['y_2', 'y_2']),
    fc
      .tuple(tie('any'), fc.constantFrom('+', '-', '*', '/'), tie('any'))
      .map(([a, op, b]): Twin => [`(${a[0]}) ${op} (${b[0]})`, `(${a[1]}) ${op} (${b[1]})`]),
    fc.tuple(tie('any'), tie('any')).map(([a, b]): Twin => [`(${a[0]})^(${b[0]})`, `(${a[1]})**(${b[1]})`]),
    fc
      .tuple(fc.constantFrom('min', 'max'), tie('any'), tie('any'))
      .map(([name, a, b]): Twin => [`${name}(${a[0]}, ${b[0]})`, `Math.${name}(${a[1]}, ${b[1]})`]),
    fc
      .tuple(fc.constantFrom('abs', 'floor', 'ceil', 'exp', 'sqrt', 'log'), tie('any'))
      .map(([name, a]): Twin => [`${name}(${a[0]})`, `Math.${name}(${a[1]})`]),
  ),
})).any

test('any formula has the value that JavaScript gives it', () => {
  fc.assert(
    fc.property(twin, fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 }), ([formula, script], x, y) => {
      const expected: unknown = new Function('x', 'y_2', `return ${script}`)(x, y)
      assert.equal(parseFormula(formula).evaluate({ x, y_2: y }), expected)
    }),
    { seed: 11, numRuns: 300 },
  )
})

test('products before sums, left to right; powers from the right and before signs', () => {
  for (const [formula, value] of [
    ['1 - 2 - 3', -4],
    ['2 + 3 * 4', 14],
    ['8 / 4 / 2', 1],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['1.5e2 + .5', 150.5],
  ] as const)
    assert.equal(parseFormula(formula).evaluate({}), value, formula)
  assert.deepEqual(parseFormula('a * max(b, a)').names, ['a', 'b'])
})

test('what makes no sense is shown', () => {
  for (const text of ['', '1 +', '(1', '1)', '1 2', 'foo(1)', 'constructor(1)', '1 $ 2', 'min()', '* 2'])
    assert.throws(() => parseFormula(text), /expected .*, found/, text)
})
