/** What holds for every generated task, whatever its knobs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Prompt, textOf, userPrompt } from '../../src/data/message.ts'
import {
  addition,
  chainedArithmetic,
  countdown,
  type GeneratedTask,
  multipleChoice,
  needle,
  sorting,
  stringEditing,
} from '../../src/tasks/index.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { judge } from './judge.ts'

const tasks: Readonly<Record<string, GeneratedTask>> = {
  addition: addition(),
  'addition, mixed': addition({ digits: [1, 6] }),
  'addition, 15 digits': addition({ digits: 15, formatWeight: 0.2 }),
  chainedArithmetic: chainedArithmetic(),
  'chainedArithmetic with products': chainedArithmetic({ operations: [1, 6], operators: ['+', '-', '*'] }),
  'chainedArithmetic mod 97': chainedArithmetic({
    operations: 12,
    operands: [0, 999],
    operators: ['*', '-'],
    modulus: 97,
  }),
  countdown: countdown(),
  'countdown, large': countdown({
    count: [2, 6],
    values: [1, 50],
    target: [0, 999],
    operators: ['+', '-', '*', '/'],
    formatWeight: 0.1,
  }),
  sorting: sorting(),
  'sorting, one number': sorting({ count: 1, values: [0, 1] }),
  stringEditing: stringEditing(),
  'stringEditing of two letters': stringEditing({ letters: 'xy', length: 2 }),
  multipleChoice: multipleChoice(),
  'multipleChoice, several hold': multipleChoice({ choices: [3, 26], holding: [1, 3], operands: [0, 500] }),
  needle: needle(),
  'needle, long': needle({ questions: 16, length: 12, needles: 3, letters: 26 }),
}

for (const [label, task] of Object.entries(tasks)) {
  test(`${label}: demonstrations score the most there is, in every part, also with white space around`, async () => {
    for (const prompt of task.prompts('demonstrations').take(200)) {
      const demonstration = task.demonstration(prompt)
      const { value, parts = {}, feedback } = await judge(task, prompt, demonstration)
      assert.deepEqual({ value, feedback }, { value: 1, feedback: undefined }, demonstration)
      assert.ok(
        Object.values(parts).every((part) => part === 1),
        `${demonstration} ${JSON.stringify(parts)}`,
      )
      if (task.name !== 'needle') assert.equal((await judge(task, prompt, ` ${demonstration}\n`)).value, 1)
    }
  })

  test(`${label}: the demonstration of another prompt scores less`, async () => {
    const prompts = [...task.prompts('others').take(60)]
    let tried = 0
    for (const [i, prompt] of prompts.entries()) {
      const other = prompts[(i + 7) % prompts.length]
      // Two exercises may have the same answer; then it is no wrong one.
      if (JSON.stringify(other.reference) === JSON.stringify(prompt.reference)) continue
      const { value, parts, feedback } = await judge(task, prompt, task.demonstration(other))
      assert.equal(parts?.answer, 0)
      assert.ok(value < 1)
      assert.ok(feedback !== undefined && feedback !== '')
      tried++
    }
    assert.ok(tried > 10)
  })

  test(`${label}: any text gets a finite score in [0, 1]`, async () => {
    const prompts = [...task.prompts('garbage').take(20)]
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(...task.alphabet, ...'()+-*/=;<>', '<answer>', '</answer>', '\n', '9'.repeat(400)),
    )
    const text = fc.oneof(
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
      fc
        .tuple(fc.constantFrom(...task.alphabet, '(', '-', 'A ', '1 ', '1;'), fc.integer({ min: 1, max: 30_000 }))
        .map(([unit, n]) => unit.repeat(n)),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...prompts), text, async (prompt, text) => {
        const { value, parts = {} } = await judge(task, prompt, text)
        for (const number of [value, ...Object.values(parts)]) assert.ok(number >= 0 && number <= 1, `${number}`)
        assert.ok(value < 1 || parts.answer === 1)
      }),
      { seed: 6, numRuns: 200 },
    )
  })

  test(`${label}: prompts repeat with their seed, differ between seeds, and have ids of their own`, () => {
    const take = (seed: number) => [...task.prompts(seed).take(100)]
    const [once, again, other] = [take(1), take(1), take(2)]
    assert.deepEqual(once, again)
    assert.deepEqual(
      once.map((prompt) => prompt.id),
      once.map((_, n) => `${task.name}-1-${n}`),
    )
    if (task.name !== 'needle' && !label.includes('one number')) assert.notDeepEqual(once.map(text), other.map(text))
    assert.equal(new Set([...once, ...other].map((prompt) => prompt.id)).size, 200)
  })

  test(`${label}: a tokenizer of its alphabet encodes every prompt and demonstration`, () => {
    const tokenizer = characterTokenizer(task.alphabet)
    for (const prompt of task.prompts('alphabet').take(300)) {
      for (const string of [tokenizer.render(prompt.messages), task.demonstration(prompt)]) {
        assert.equal(tokenizer.decode(tokenizer.encode(string)), string)
      }
    }
  })

  test(`${label}: the answers to a prompt of another task are Unscored, not wrong`, async () => {
    const [result] = await task.reward.score([
      { prompt: userPrompt('x', 'Hello'), completion: { text: '', finish: 'stop' } },
    ])
    assert.deepEqual([result.kind, result.kind === 'unscored' && result.at], ['unscored', 'reward'])
  })
}

test('formatWeight moves that share of the value from the answer to the form', async () => {
  const task = addition({ digits: 2, formatWeight: 0.25 })
  const [prompt] = task.prompts(1).take(1)
  const answer = task.demonstration(prompt)
  const values = await Promise.all(
    [answer, `so ${answer}`, '0', 'no'].map(async (text) => (await judge(task, prompt, text)).value),
  )
  assert.deepEqual(values, [1, 0.75, 0.25, 0])
})

test('knobs that make no sense are GuerdonErrors that name the knob and its limits', () => {
  const cases: [() => GeneratedTask, RegExp][] = [
    [() => addition({ digits: 0 }), /digits is 0[\s\S]*within 1 to 15/],
    [() => addition({ digits: [3, 2] }), /digits is \[3,2\]/],
    [() => addition({ digits: 1.5 }), /digits is 1\.5/],
    [() => chainedArithmetic({ operators: [] }), /operators is empty/],
    [() => chainedArithmetic({ operators: ['*'], operations: 20, operands: [0, 999] }), /21 factors up to 999 pass/],
    [() => chainedArithmetic({ modulus: 1 }), /modulus is 1/],
    [() => countdown({ operators: [] }), /operators is empty/],
    [() => sorting({ count: -1 }), /count is -1/],
    [() => stringEditing({ letters: 'aaa' }), /letters is "aaa"/],
    [() => stringEditing({ letters: 'AB' }), /letters is "AB"/],
    [() => stringEditing({ edits: [] }), /edits is empty/],
    [() => multipleChoice({ choices: 27 }), /choices is 27/],
    [() => multipleChoice({ choices: 3, holding: 4 }), /holding is 4[\s\S]*within 1 to 3/],
    [() => needle({ length: 3, needles: 4 }), /needles is 4/],
  ]
  for (const [make, message] of cases) assert.throws(make, { name: 'GuerdonError', message })
  assert.throws(
    () =>
      countdown({ values: [1, 2], target: [5000, 6000] })
        .prompts(1)
        .next(),
    /no target within \[5000,6000\] comes from/,
  )
})

test('ranges are drawn whole, with about equal chance', () => {
  const count = new Map<number, number>()
  for (const { meta } of addition({ digits: [1, 6] })
    .prompts(3)
    .take(6000)) {
    assert.ok(typeof meta?.digits === 'number')
    count.set(meta.digits, (count.get(meta.digits) ?? 0) + 1)
  }
  assert.deepEqual([...count.keys()].sort(), [1, 2, 3, 4, 5, 6])
  // 6000 draws with p = 1/6: standard deviation 29.
  for (const n of count.values()) assert.ok(Math.abs(n - 1000) < 6 * 29, `${n}`)
})

function text(prompt: Prompt): string {
  return prompt.messages.map((message) => textOf(message.content)).join('')
}

test('a seed is a seed: numbers and their text are the same stream', () => {
  const first = (seed: number | string) => [...sorting().prompts(seed).take(5)].map(text)
  assert.deepEqual(first(7), first('7'))
  assert.notDeepEqual(first(7), first(8))
})
