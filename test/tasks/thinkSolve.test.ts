import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, userPrompt } from '../../src/data/message.ts'
import { thinkSolve } from '../../src/tasks/thinkSolve.ts'
import { splitSteps } from '../../src/text/steps.ts'

const task = thinkSolve({ sums: 2, modulus: 5 })
const prompt = userPrompt('p', '3+4+2:', '4')

async function judged(text: string, withSteps = true) {
  const completion = { text, finish: 'stop', ...(withSteps ? { steps: splitSteps(text, ';') } : {}) } as const
  const [score] = await task.reward.score([{ prompt, completion }])
  assert.ok(score.kind === 'scored')
  const parts: Readonly<Record<string, number>> = score.parts ?? {}
  return {
    ...parts,
    answer: parts.answer,
    steps: score.steps && Array.from(score.steps, (step) => Number(step.toFixed(4))),
  }
}

test('running sums in a modulus, thinking anywhere, the answer last', async () => {
  assert.deepEqual(await judged('2;4;=4'), { answer: 1, format: 1, thinks: 0, lines: 3, steps: [0.8, 0.8, 0.75] })
  assert.deepEqual(await judged('t;2;t;4;=4'), {
    answer: 1,
    format: 1,
    thinks: 2,
    lines: 5,
    steps: [0.95, 0.8, 0.95, 0.8, 0.75],
  })
  assert.deepEqual((await judged('3;4;=4')).steps, [0.2, 0.2, 0.75])
  assert.deepEqual((await judged('2;2;4;=3')).steps, [0.8, 0.2, 0.8, 0.05])
  assert.deepEqual((await judged('2;4;4;=4')).steps, [0.8, 0.8, 0.2, 0.75])
})

test('answers that are early, missing, empty or followed by more', async () => {
  assert.deepEqual(await judged('=4'), { answer: 1, format: 1, thinks: 0, lines: 1, steps: [0.75] })
  assert.deepEqual(await judged(''), { answer: 0, format: 0, thinks: 0, lines: 1, steps: [0.2] })
  assert.equal((await judged('2;4')).answer, 0)
  assert.deepEqual(await judged('=4;t'), { answer: 0, format: 0, thinks: 1, lines: 2, steps: [0.05, 0.95] })
  assert.equal((await judged('2;4;=4', false)).steps, undefined)
})

test('demonstrations are right; warm-up data has its thinking and its share of wrong sums', async () => {
  for (const drawn of task.prompts(3).take(50)) {
    const completion = { text: task.demonstration(drawn), finish: 'stop' } as const
    const [score] = await task.reward.score([{ prompt: drawn, completion }])
    assert.ok(score.kind === 'scored' && score.value === 1, `${textOf(drawn.messages[0].content)} ${completion.text}`)
  }
  let [right, thinks, count] = [0, 0, 0]
  for (const { prompt: drawn, answer } of task.warmup(1, { thinks: 2, wrong: 0.5 })) {
    const [score] = await task.reward.score([{ prompt: drawn, completion: { text: answer, finish: 'stop' } }])
    assert.ok(score.kind === 'scored' && score.parts?.format === 1)
    right += score.value
    thinks += score.parts.thinks
    if (++count === 1000) break
  }
  // Of two sums each is drawn at random half the time, and is then right one time in five; two errors may cancel.
  assert.ok(Math.abs(right / count - (0.6 * 0.6 + 0.5 * 0.2 * (1 - 0.6))) < 0.08, `${right / count}`)
  assert.ok(Math.abs(thinks / count - 1) < 0.1)
})
