import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import {
  type Expression,
  evaluateExpression,
  numbersOf,
  type Operator,
  parseExpression,
  printExpression,
} from '../../src/tasks/expression.ts'

const { tree } = fc.letrec<{ tree: Expression; operation: Expression; number: Expression }>((tie) => ({
  number: fc.nat(30).map((n) => ({ kind: 'number' as const, digits: `${n}` })),
  operation: fc
    .tuple(fc.constantFrom<Operator>('+', '-', '*', '/'), tie('tree'), tie('tree'))
    .map(([operator, left, right]) => ({ kind: 'operation' as const, operator, left, right })),
  tree: fc.oneof({ maxDepth: 4 }, tie('number'), tie('operation')),
}))

/** Every operation in brackets: what the printer leaves out. */
function bracketed(expression: Expression): string {
  if (expression.kind === 'number') return expression.digits
  return `(${bracketed(expression.left)} ${expression.operator} ${bracketed(expression.right)})`
}

test('values are those that JavaScript itself computes, exactly', () => {
  fc.assert(
    fc.property(tree, (expression) => {
      const value = evaluateExpression(expression)
      const theirs: number = runInNewContext(bracketed(expression))
      if (value === undefined) assert.ok(!Number.isFinite(theirs) || expression.kind === 'operation')
      else {
        const ours = Number(value.numerator) / Number(value.denominator)
        assert.ok(
          Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs)) || !Number.isFinite(theirs),
          `${ours} ${theirs}`,
        )
        assert.ok(value.denominator > 0n)
      }
    }),
    { seed: 7, numRuns: 500 },
  )
})

test('what is printed reads back with the same value, with and without the brackets that change nothing', () => {
  fc.assert(
    fc.property(tree, (expression) => {
      for (const text of [printExpression(expression), bracketed(expression)]) {
        const parsed = parseExpression(text)
        assert.ok('expression' in parsed, text)
        assert.deepEqual(evaluateExpression(parsed.expression), evaluateExpression(expression), text)
        assert.deepEqual(numbersOf(parsed.expression), numbersOf(expression))
      }
      assert.ok(printExpression(expression).length <= bracketed(expression).length)
    }),
    { seed: 8, numRuns: 500 },
  )
})

test('known values', () => {
  const cases: [string, bigint, bigint][] = [
    ['7+5-3*2', 6n, 1n],
    ['8-4-3', 1n, 1n],
    ['64/4/2', 8n, 1n],
    ['2*(3+4)*5', 70n, 1n],
    ['7/3*3', 7n, 1n],
    ['1/3-1/2', -1n, 6n],
    ['10/(2-4)', -5n, 1n],
    [' 007 × 3 ÷ 2 ', 21n, 2n],
    ['2·3x4', 24n, 1n],
  ]
  for (const [text, numerator, denominator] of cases) {
    const parsed = parseExpression(text)
    assert.ok('expression' in parsed, text)
    assert.deepEqual(evaluateExpression(parsed.expression), { numerator, denominator }, text)
  }
  const zero = parseExpression('1/(2-2)')
  assert.ok('expression' in zero)
  assert.equal(evaluateExpression(zero.expression), undefined)
})

test('what is no expression is told in words', () => {
  const cases: [string, string][] = [
    ['', 'it ends too early'],
    ['3+', 'it ends too early'],
    ['-3', 'unexpected -'],
    ['3 4', 'unexpected 4'],
    ['(3+4', 'a bracket is not closed'],
    ['3+4)', 'unexpected )'],
    ['3+a', 'unexpected a'],
    ['process.exit()', 'unexpected p'],
    ['3**4', 'unexpected *'],
    ['3.5', 'unexpected .'],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'more than 50 brackets inside each other'],
    ['1+'.repeat(600), 'longer than 1000 characters'],
  ]
  for (const [text, error] of cases) assert.deepEqual(parseExpression(text), { error })
})
