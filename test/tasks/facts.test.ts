import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { factShare, facts } from '../../src/tasks/facts.ts'
import { judge } from './judge.ts'

test('an answer is as good as the share of facts it tells', async () => {
  const task = facts({ facts: 4 })
  const [prompt] = task.prompts(3).take(1)
  const given = [...String(prompt.messages[0].content).matchAll(/([a-h])(\d)/g)].map(([, key, value]) => ({
    key,
    value,
  }))
  assert.equal(given.length, 4)
  const tell = (count: number, word = 'is') =>
    given
      .slice(0, count)
      .map(({ key, value }) => `${key} ${word} ${value}`)
      .join(' ')
  for (const count of [0, 1, 2, 3, 4]) assert.equal(factShare(tell(count), prompt), count / 4)
  assert.equal(factShare(tell(4, 'got'), prompt), 1)
  assert.equal(factShare(tell(4, 'eats'), prompt), 0)
  const wrong = `${given[0].key} is ${(Number(given[0].value) + 1) % 10}`
  assert.equal(factShare(`${wrong} ${tell(4)}`, prompt), 3 / 4, 'the first telling counts')
  const score = await judge(task, prompt, `${tell(2)} hm`)
  assert.deepEqual([score.value, score.parts], [0, { answer: 0, format: 0, facts: 0.5 }])
})

test('references and demonstrations tell all, poor answers as much as they are set to', () => {
  const task = facts({ facts: 3, references: 4, drop: 0.4, corrupt: 0.2 })
  const prompts = [...task.prompts(1).take(400)]
  for (const prompt of prompts) {
    assert.ok(Array.isArray(prompt.reference) && prompt.reference.length === 4)
    for (const reference of [...prompt.reference, task.demonstration(prompt)])
      assert.equal(factShare(String(reference), prompt), 1)
  }
  const source = random('poor')
  const mean = prompts.reduce((total, each) => total + factShare(task.poorAnswer(each, source), each), 0) / 400
  // Kept with 0.6, and told rightly with 0.8 + 0.2 / 10.
  assert.ok(Math.abs(mean - 0.6 * 0.82) < 0.04, `${mean}`)
})
