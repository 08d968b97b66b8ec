import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { userPrompt } from '../../src/data/message.ts'
import { countdown } from '../../src/tasks/countdown.ts'
import { judge } from './judge.ts'

const prompt = userPrompt('p', 'make 22 from 3 5 7 7:', { target: 22, numbers: [3, 5, 7, 7] })

test('answers are right if their exact value is the target and no number is used too often', async () => {
  const cases: [string, boolean, boolean][] = [
    ['3*5+7', true, true],
    ['(7 + 7/7 ) * 3', false, false],
    ['3*5+7+7', false, true],
    ['7+5*3 = 22', true, true],
    ['7+5*3=23', true, true],
    ['7+(7/7)*15', false, false],
    ['3*5+7\n', true, true],
    ['I think\n7+3*5', true, true],
    ['22', false, false],
    ['<answer>3*5+7</answer> done', true, true],
    ['<answer>1</answer> no: <answer>\n7+3*5\n</answer>', true, true],
    ['<answer>3*5+7', true, true],
    ['5/(7-7)', false, true],
    ['7/7*5', false, true],
    ['9'.repeat(900), false, false],
    ['', false, false],
  ]
  for (const [answer, right, format] of cases) {
    const { value, parts } = await judge(countdown(), prompt, answer)
    assert.deepEqual([value, parts], [right ? 1 : 0, { answer: right ? 1 : 0, format: format ? 1 : 0 }], answer)
  }
})

test('feedback says what is wrong', async () => {
  const feedback = async (answer: string) => (await judge(countdown(), prompt, answer)).feedback
  assert.equal(await feedback('3+5+7'), 'it makes 15, not 22')
  assert.equal(await feedback('3/5'), 'it makes 3/5, not 22')
  assert.equal(await feedback('3*3'), '3 is not given, or not so often')
  assert.equal(await feedback('5/(7-7)'), 'it divides by zero')
  assert.equal(await feedback('eh'), 'not an expression: unexpected e')
})

test('every prompt has a solution of all its numbers that JavaScript computes to the target', () => {
  const task = countdown({ count: [2, 6], values: [1, 25], target: [10, 200], operators: ['+', '-', '*', '/'] })
  for (const made of task.prompts(1).take(500)) {
    const solution = task.demonstration(made)
    const { reference } = made
    assert.ok(typeof reference === 'object' && reference !== null && 'target' in reference && 'numbers' in reference)
    assert.ok(Array.isArray(reference.numbers))
    assert.ok(Math.abs(runInNewContext(solution) - Number(reference.target)) < 1e-9, solution)
    assert.deepEqual((solution.match(/\d+/g) ?? []).map(Number).sort(), reference.numbers.toSorted(), solution)
    assert.ok(Number(reference.target) >= 10 && Number(reference.target) <= 200)
    assert.deepEqual(made.messages, [
      { role: 'user', content: `make ${reference.target} from ${reference.numbers.join(' ')}:` },
    ])
  }
})
