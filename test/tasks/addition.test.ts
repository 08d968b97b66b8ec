import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, userPrompt } from '../../src/data/message.ts'
import { addition } from '../../src/tasks/addition.ts'
import { judge } from './judge.ts'

test('both numbers have the drawn number of digits and the reference is their sum', () => {
  for (const prompt of addition({ digits: [1, 15] })
    .prompts(1)
    .take(2000)) {
    const [, a, b] = /^(\d+)\+(\d+)=$/.exec(textOf(prompt.messages[0].content)) ?? []
    assert.deepEqual([a.length, b.length], [prompt.meta?.digits, prompt.meta?.digits])
    assert.equal(prompt.reference, `${BigInt(a) + BigInt(b)}`)
  }
})

test('the last number counts, however it is written; a bare number is the form', async () => {
  const prompt = userPrompt('p', '999+1=', '1000')
  const cases: [string, number, number][] = [
    ['1000', 1, 1],
    ['1,000', 1, 0],
    ['999+1=1000', 1, 0],
    ['1000.', 1, 0],
    ['1001', 0, 1],
    ['-1000', 0, 0],
    ['one thousand', 0, 0],
    ['10000', 0, 1],
    ['1000 1', 0, 0],
  ]
  for (const [answer, right, format] of cases) {
    assert.deepEqual((await judge(addition(), prompt, answer)).parts, { answer: right, format }, answer)
  }
  assert.equal((await judge(addition(), prompt, 'so 17')).feedback, 'expected 1000, found the number 17')
  assert.equal((await judge(addition(), prompt, '?')).feedback, 'expected 1000, found no number')
})
