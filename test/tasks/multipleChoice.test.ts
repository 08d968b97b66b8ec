import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, userPrompt } from '../../src/data/message.ts'
import { multipleChoice } from '../../src/tasks/multipleChoice.ts'
import { judge } from './judge.ts'

test('exactly the options of the reference hold, and every letter is as likely', () => {
  const count: Record<string, number> = { A: 0, B: 0, C: 0, D: 0 }
  for (const prompt of multipleChoice().prompts(1).take(2000)) {
    const options = [...textOf(prompt.messages[0].content).matchAll(/([A-Z]) (\d+)\+(\d+)=(\d+)/g)]
    assert.equal(options.length, 4)
    const holding = options.filter(([, , a, b, c]) => Number(a) + Number(b) === Number(c)).map(([, letter]) => letter)
    assert.deepEqual(holding, [prompt.reference])
    count[holding[0]]++
  }
  // 2000 draws with p = 1/4: standard deviation 19.
  for (const [letter, n] of Object.entries(count)) assert.ok(Math.abs(n - 500) < 6 * 19, `${letter} ${n}`)
})

test('several options may hold', () => {
  const lengths = new Set<number>()
  for (const prompt of multipleChoice({ choices: [4, 8], holding: [1, 4] })
    .prompts(2)
    .take(500)) {
    const options = [...textOf(prompt.messages[0].content).matchAll(/([A-Z]) (\d+)\+(\d+)=(\d+)/g)]
    const holding = options.filter(([, , a, b, c]) => Number(a) + Number(b) === Number(c)).map(([, letter]) => letter)
    assert.equal(holding.join(''), prompt.reference)
    assert.equal(options.length, prompt.meta?.choices)
    lengths.add(holding.length)
  }
  assert.deepEqual([...lengths].sort(), [1, 2, 3, 4])
})

test('the last letters that stand alone count, in any order', async () => {
  const prompt = userPrompt('p', 'which holds? ...', 'AC', { choices: 4 })
  const cases: [string, number, number, number][] = [
    ['AC', 1, 1, 1],
    ['CA', 1, 0, 1],
    ['A, C', 1, 0, 1],
    ['The answer is (A, C).', 1, 0, 1],
    ['B? No: AC', 1, 0, 1],
    ['AC or B', 0, 0, 0.25],
    ['A', 0, 1, 0.75],
    ['ABCD', 0, 1, 0.5],
    ['Can', 0, 0, 0.5],
    ['E', 0, 0, 0.5],
    ['', 0, 0, 0.5],
  ]
  for (const [text, answer, format, choices] of cases) {
    assert.deepEqual((await judge(multipleChoice(), prompt, text)).parts, { answer, format, choices }, text)
  }
})
