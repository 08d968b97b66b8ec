import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { compareAnswers, explainDifference, readAnswer, verifyMath } from '../../../src/text/math/verify.ts'

const cases = z
  .array(
    z.object({
      answer: z.string(),
      reference: z.string(),
      equal: z.boolean(),
      category: z.string(),
      note: z.string().optional(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('../vectors/math-cases.json', import.meta.url), 'utf8')))

const texts = [...new Set(cases.flatMap(({ answer, reference }) => [answer, reference]))]

for (const [category, group] of Map.groupBy(cases, (each) => each.category)) {
  test(`labelled cases: ${category}`, () => {
    for (const { answer, reference, equal, note } of group) {
      assert.equal(verifyMath(answer, reference), equal, `${answer} against ${reference}${note ? ` (${note})` : ''}`)
    }
  })
}

test('the order of the two does not matter', () => {
  for (const { answer, reference } of cases) {
    assert.equal(verifyMath(reference, answer), verifyMath(answer, reference), `${answer} against ${reference}`)
  }
  const any = fc.constantFrom(...texts)
  fc.assert(
    fc.property(any, any, (a, b) => verifyMath(a, b) === verifyMath(b, a)),
    { seed: 4, numRuns: 1500 },
  )
})

test('every answer equals itself, and the same question asked again gets the same verdict', () => {
  for (const text of texts) {
    assert.equal(verifyMath(text, text), readAnswer(text).text !== '', text)
    const [a, b] = [readAnswer(text), readAnswer(text)]
    assert.deepEqual(a.reading.spelling, b.reading.spelling)
  }
})

test('any text gets a verdict, the same both ways', () => {
  const piece = fc.constantFrom(
    ...'0123456789xyzabinekπ+-*/^_!%|()[]{},;:=<>.$ \\\n'.split(''),
    ...[
      '\\frac',
      '\\sqrt',
      '\\text{',
      '\\boxed{',
      '\\left(',
      '\\right)',
      '\\{',
      '\\}',
      '\\pm',
      '\\le',
      '\\cup',
      '\\in',
    ],
    ...[
      '\\infty',
      '\\begin{pmatrix}',
      '\\end{pmatrix}',
      '\\sum_{k=1}^',
      '\\log_',
      'sin ',
      ' or ',
      ' cm',
      '\\circ',
      '\\%',
    ],
    ...['²', '½', '∞', '∪', '≤', '√', 'é', '数', '\ud83d', '1,000', '0.\\overline{3}', 'the answer is ', '####', '**'],
  )
  const text = fc.array(piece, { maxLength: 24 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (a, b) => {
      const verdict = compareAnswers(readAnswer(a), readAnswer(b))
      return typeof verdict.equal === 'boolean' && verifyMath(b, a) === verdict.equal
    }),
    { seed: 11, numRuns: 4000 },
  )
})

test('a tolerance makes near numbers equal, whole ones too', () => {
  assert.equal(verifyMath('99', '100', { tolerance: 0.01 }), true)
  assert.equal(verifyMath('98', '100', { tolerance: 0.01 }), false)
  assert.equal(verifyMath('3.14', '\\pi', { tolerance: 0.001 }), true)
  assert.equal(verifyMath('3.14', '\\pi'), false)
  assert.equal(verifyMath('(1.01, 2)', '(1, 2)', { tolerance: 0.02 }), true)
  assert.equal(verifyMath('3.14159', '\\pi', { tolerance: 0 }), false)
})

test('what decided is told', () => {
  const by = (a: string, b: string) => compareAnswers(readAnswer(a), readAnswer(b)).by
  assert.equal(by('\\boxed{x + 1}', 'x+1'), 'spelling')
  assert.equal(by('3/4', '0.75'), 'number')
  assert.equal(by('x+1', '1+x'), 'meaning')
  const many = Array.from({ length: 300 }, (_, i) => `\\sin ${i}x`)
  assert.equal(by(`\\{${many.join(',')}\\}`, `\\{${many.toReversed().join(',')}\\}`), 'allowance')
})

test('a difference is explained', () => {
  const why = (a: string, b: string) => {
    const [answer, reference] = [readAnswer(a), readAnswer(b)]
    return explainDifference(answer, reference, compareAnswers(answer, reference))
  }
  assert.equal(why('5', '6'), 'the numbers differ: 5 and 6')
  assert.equal(why('3+i', '3-i'), 'the numbers differ: 3 + 1i and 3 - 1i')
  assert.equal(why('2x+1', '2y+1'), 'the variables differ: x where y was expected')
  assert.equal(why('5 cm', '5 s'), 'the units measure different things: cm and s')
  assert.equal(why('1, 2', '\\{1,2,3\\}'), 'a list of 2 where a set of 3 was expected')
  assert.equal(why('yes', '5'), 'words where a number was expected')
  assert.equal(why('', '5'), 'no answer was found')
  const at = /^the formulae differ: at x = (\S+) they are (\S+) and (\S+)$/.exec(why('x^2+1', 'x^2-x'))
  assert.ok(at)
  const [x, left, right] = at.slice(1).map(Number)
  assert.ok(Math.abs(x * x + 1 - left) < 1e-3 * left && Math.abs(x * x - x - right) < 1e-3 * Math.abs(right))
})
