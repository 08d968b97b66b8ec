import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from '../../src/data/message.ts'
import { needle } from '../../src/tasks/needle.ts'
import { judge } from './judge.ts'

test('an answer is right exactly if the needles are in place: counted over every answer there is', async () => {
  const task = needle({ questions: 3, length: 4, needles: 2, letters: 3 })
  for (const prompt of task.prompts(1).take(3)) {
    let right = 0
    for (let n = 0; n < 3 ** 4; n++) {
      const answer = [...n.toString(3).padStart(4, '0')].map((digit) => 'abc'[Number(digit)]).join('')
      const { value, parts } = await judge(task, prompt, answer)
      right += value
      assert.equal(parts?.format, 1)
    }
    assert.equal(right, 3 ** 2)
  }
})

test('questions go round, and only the task’s own seed moves the needles', () => {
  const texts = [...needle({ questions: 3 }).prompts(1).take(7)].map((prompt) => textOf(prompt.messages[0].content))
  assert.deepEqual(texts, ['q0:', 'q1:', 'q2:', 'q0:', 'q1:', 'q2:', 'q0:'])
  const needles = (seed: number, prompts: number) =>
    [...needle({ seed }).prompts(prompts).take(8)].map((prompt) => prompt.reference)
  assert.deepEqual(needles(0, 1), needles(0, 2))
  assert.notDeepEqual(needles(0, 1), needles(1, 1))
})

test('warm-up answers have filler at its rate, and decisions that say nothing', async () => {
  const task = needle({ letters: 4, filler: 0.7 })
  let [fillers, places, decisions, hits, right, count] = [0, 0, 0, 0, 0, 0]
  for (const { prompt, answer } of task.warmup(1).take(8000)) {
    const wanted = prompt.reference
    assert.ok(Array.isArray(wanted))
    const at = new Map<number, string>(wanted.map(({ position, letter }) => [position, letter]))
    assert.equal(answer.length, 8)
    for (const [i, letter] of [...answer].entries()) {
      if (at.has(i)) {
        decisions++
        if (at.get(i) === letter) hits++
      } else {
        places++
        if (letter === 'a') fillers++
      }
    }
    right += (await judge(task, prompt, answer)).value
    count++
  }
  assert.equal(decisions, 2 * count)
  // Six standard deviations around 0.7, 1/4 and 1/16.
  assert.ok(Math.abs(fillers / places - 0.7) < 6 * Math.sqrt(0.21 / places))
  assert.ok(Math.abs(hits / decisions - 1 / 4) < 6 * Math.sqrt(3 / 16 / decisions))
  assert.ok(Math.abs(right / count - 1 / 16) < 6 * Math.sqrt(15 / 256 / count))
  assert.deepEqual([...task.warmup(2).take(20)], [...task.warmup(2).take(20)])
})

test('more text than the answer changes the form, not the verdict', async () => {
  const task = needle()
  const [prompt] = task.prompts(1).take(1)
  assert.deepEqual((await judge(task, prompt, `${task.demonstration(prompt)}b`)).parts, {
    answer: 1,
    format: 0,
    needles: 1,
  })
  assert.deepEqual((await judge(task, prompt, 'aaaaaaaa')).parts, { answer: 0, format: 1, needles: 0 })
})
