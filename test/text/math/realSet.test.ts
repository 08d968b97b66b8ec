import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { newBudget } from '../../../src/text/math/budget.ts'
import { parse } from '../../../src/text/math/parse.ts'
import { type RealSet, sameSet, toRealSet } from '../../../src/text/math/realSet.ts'

const comparing = () => ({ budget: newBudget(1e6), forms: new Map(), tolerance: undefined })

function setOf(text: string): RealSet | undefined {
  const read = parse(text, newBudget(1e6))
  assert.ok(read !== undefined, text)
  return toRealSet(read, comparing())
}

test('one set, many ways to write it', () => {
  const groups = [
    ['(1,3]', '1 < x \\le 3', '3 \\ge x > 1', '\\{x : 1 < x \\le 3\\}', ']1,3]', 'x>1, x\\le 3', 'x \\in (1,3]'],
    ['(-\\infty,1)\\cup(1,\\infty)', 'x \\ne 1', '\\mathbb{R}\\setminus\\{1\\}', 'x<1 \\text{ or } x>1'],
    ['[1,5]', '[1,3]\\cup[2,5]', '[1,2]\\cup(2,5]', '[0,5]\\cap[1,9]'],
    ['(-2,2)', '|x|<2', '-2<x<2'],
    ['(-\\infty,-2]\\cup[2,\\infty)', '|x| \\ge 2'],
    ['\\{1,2\\}', '[1,1]\\cup\\{2\\}', '\\{1,2,3\\}\\setminus\\{3\\}'],
    ['\\mathbb{R}', '(-\\infty,\\infty)'],
  ]
  const sets = groups.map((group) => group.map((text) => setOf(text)))
  for (const [i, group] of sets.entries()) {
    for (const [j, other] of sets.entries()) {
      for (const [k, a] of group.entries()) {
        for (const [l, b] of other.entries()) {
          assert.ok(a !== undefined && b !== undefined, `${groups[i][k]}, ${groups[j][l]}`)
          assert.equal(sameSet(a, b, comparing()), i === j, `${groups[i][k]} and ${groups[j][l]}`)
        }
      }
    }
  }
})

test('what is no set of numbers is none', () => {
  for (const text of ['(a,b)', '(5,2)', '(1,2,3)', 'x < y', '\\{a,b\\}', 'x^2 < 4'])
    assert.equal(setOf(text), undefined, text)
})

// The twin: membership of half-integers between -4 and 4 is all there is to know about sets with whole ends between -3 and 3.
const PROBES = Array.from({ length: 17 }, (_, i) => i / 2 - 4)

interface Twin {
  readonly text: string
  readonly has: (x: number) => boolean
}

const end = fc.integer({ min: -3, max: 3 })
const piece = fc.oneof(
  fc
    .tuple(end, end, fc.boolean(), fc.boolean())
    .filter(([a, b]) => a < b)
    .map(
      ([a, b, low, high]): Twin => ({
        text: `${low ? '[' : '('}${a},${b}${high ? ']' : ')'}`,
        has: (x) => (x > a || (low && x === a)) && (x < b || (high && x === b)),
      }),
    ),
  end.map((a): Twin => ({ text: `\\{${a}\\}`, has: (x) => x === a })),
  end.map((a): Twin => ({ text: `(-\\infty,${a}]`, has: (x) => x <= a })),
  end.map((a): Twin => ({ text: `(${a},\\infty)`, has: (x) => x > a })),
)
const chain = fc
  .array(fc.tuple(piece, fc.constantFrom('cup', 'cap', 'setminus')), { minLength: 1, maxLength: 5 })
  .map((parts) =>
    parts
      .map(([each, sign]) => ({ each, sign }))
      .reduce<Twin | undefined>((left, { each, sign }) => {
        if (left === undefined) return each
        const { has } = left
        const join = (x: number): boolean =>
          sign === 'cup' ? has(x) || each.has(x) : sign === 'cap' ? has(x) && each.has(x) : has(x) && !each.has(x)
        return { text: `${left.text}\\${sign}${each.text}`, has: join }
      }, undefined),
  )

test('sets are the same exactly when they have the same members', () => {
  fc.assert(
    fc.property(chain, chain, (a, b) => {
      if (a === undefined || b === undefined) return true
      const [x, y] = [setOf(a.text), setOf(b.text)]
      assert.ok(x !== undefined && y !== undefined)
      return sameSet(x, y, comparing()) === PROBES.every((probe) => a.has(probe) === b.has(probe))
    }),
    { seed: 8, numRuns: 1500 },
  )
})
