import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newBudget, STEPS_PER_ANSWER } from '../../../src/text/math/budget.ts'
import { parse } from '../../../src/text/math/parse.ts'
import { verifyMath } from '../../../src/text/math/verify.ts'
import { hostileAnswers } from './hostileAnswers.ts'

// Nearly four hundred comparisons: a single one that ran away would end this test.
test('no answer, however hostile, keeps the verifier busy or breaks it', { timeout: 60_000 }, () => {
  for (const [name, text] of Object.entries(hostileAnswers)) {
    for (const other of ['7', 'x+1', text.slice(0, -1), `(${text})`]) {
      const verdict = verifyMath(text, other)
      assert.equal(verifyMath(other, text), verdict, name)
    }
    assert.equal(verifyMath(text, '0.123456'), false, name)
  }
})

test('reading a text never costs more than its allowance', () => {
  for (const [name, text] of Object.entries(hostileAnswers)) {
    const budget = newBudget()
    parse(text, budget)
    assert.ok(budget.left <= STEPS_PER_ANSWER, name)
  }
})
