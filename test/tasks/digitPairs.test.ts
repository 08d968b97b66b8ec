import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { digitPairs } from '../../src/tasks/digitPairs.ts'

const task = digitPairs()

async function right(digit: number, text: string): Promise<number> {
  const [score] = await task.reward.score([
    { prompt: userPrompt('p', `${digit}:`, digit), completion: { text, finish: 'stop' } },
  ])
  assert.ok(score.kind === 'scored')
  return score.value
}

test('exactly ten pairs of digits are right to each prompt', async () => {
  for (let digit = 0; digit < 10; digit++) {
    const verdicts = await Promise.all(Array.from({ length: 100 }, (_, n) => right(digit, String(n).padStart(2, '0'))))
    assert.equal(
      verdicts.reduce((sum, value) => sum + value),
      10,
    )
  }
  assert.equal(await right(7, '34'), 1)
  assert.equal(await right(7, '98'), 1)
  for (const text of ['', '7', '340', 'ab', '3 4']) assert.equal(await right(7, text), 0)
})

test('warm-up data has a favourite answer to each digit, and is right as often as it says', async () => {
  const answers = new Map<string, Map<string, number>>()
  let [count, good] = [0, 0]
  for (const { prompt, answer } of task.warmup(1)) {
    const text = String(prompt.messages[0].content)
    const seen = answers.get(text) ?? new Map<string, number>()
    answers.set(text, seen.set(answer, (seen.get(answer) ?? 0) + 1))
    good += await right(Number(text[0]), answer)
    if (++count === 2000) break
  }
  assert.equal(answers.size, 10)
  for (const seen of answers.values()) assert.ok(Math.abs(Math.max(...seen.values()) / 200 - 0.715) < 0.13)
  // The favourite, half of the rest, and a tenth of the other half.
  assert.ok(Math.abs(good / count - (0.7 + 0.15 + 0.015)) < 0.03, `${good / count}`)
})
