import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, userPrompt } from '../../src/data/message.ts'
import { sorting } from '../../src/tasks/sorting.ts'
import { judge } from './judge.ts'

test('the reference is the prompt’s numbers in ascending order', () => {
  for (const prompt of sorting({ count: [1, 12], values: [0, 30] })
    .prompts(1)
    .take(500)) {
    const left = (textOf(prompt.messages[0].content).match(/\d+/g) ?? []).map(Number)
    const sorted = String(prompt.reference).split(' ').map(Number)
    assert.ok(sorted.every((number, i) => i === 0 || sorted[i - 1] <= number))
    for (const number of sorted) {
      const at = left.indexOf(number)
      assert.notEqual(at, -1)
      left.splice(at, 1)
    }
    assert.deepEqual(left, [])
  }
})

test('places are counted over the longer list', async () => {
  const prompt = userPrompt('p', 'sort 31 4 15 4:', '4 4 15 31')
  const cases: [string, number, number, number][] = [
    ['4 4 15 31', 1, 1, 1],
    ['4, 4, 15, 31', 1, 0, 1],
    ['04 4 15 31', 1, 1, 1],
    ['4 4 31 15', 0, 1, 0.5],
    ['4 4 15', 0, 1, 0.75],
    ['4 4 15 31 31 31 31 31', 0, 1, 0.5],
    ['', 0, 0, 0],
  ]
  for (const [text, answer, format, positions] of cases) {
    assert.deepEqual((await judge(sorting(), prompt, text)).parts, { answer, format, positions }, text)
  }
})
