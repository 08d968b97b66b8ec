import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { textOf, userPrompt } from '../../src/data/message.ts'
import { chainedArithmetic } from '../../src/tasks/chainedArithmetic.ts'
import { judge } from './judge.ts'

test('references are what JavaScript makes of the chain, products first', () => {
  const task = chainedArithmetic({ operations: [1, 8], operators: ['+', '-', '*'], operands: [0, 20] })
  for (const prompt of task.prompts(1).take(1000)) {
    const chain = textOf(prompt.messages[0].content).replace(/=$/, '')
    assert.equal(prompt.reference, `${runInNewContext(chain)}`, chain)
  }
})

test('with a modulus references are the least residue of the chain', () => {
  const task = chainedArithmetic({ operations: [1, 8], operators: ['+', '-', '*'], operands: [0, 20], modulus: 7 })
  for (const prompt of task.prompts(2).take(1000)) {
    const [, chain] = /^(.*) mod 7=$/.exec(textOf(prompt.messages[0].content)) ?? []
    const value: number = runInNewContext(chain)
    assert.equal(prompt.reference, `${((value % 7) + 7) % 7}`, chain)
  }
})

test('each step of a demonstration is true, and one operation shorter than the last', () => {
  const task = chainedArithmetic({ operations: [1, 8], operators: ['+', '-', '*'] })
  for (const prompt of task.prompts(3).take(300)) {
    const steps = task.demonstration(prompt).split(';')
    const value = steps.pop()
    assert.equal(steps.length, prompt.meta?.operations)
    for (const step of steps) {
      const [left, right] = step.split('=')
      assert.equal(`${runInNewContext(left)}`, right, step)
    }
    assert.equal(steps.at(-1)?.split('=')[1], value)
  }
})

const worked: [string, string][] = [
  ['7+5-3*2=', '3*2=6;7+5=12;12-6=6;6'],
  ['7+5-3=', '7+5=12;12-3=9;9'],
  ['1-9*2*3+4=', '9*2=18;18*3=54;1-54=-53;-53+4=-49;-49'],
  ['0-5=', '0-5=-5;-5'],
]

test('worked examples', () => {
  const task = chainedArithmetic({ operators: ['+', '-', '*'] })
  for (const [text, demonstration] of worked) assert.equal(task.demonstration(userPrompt('p', text)), demonstration)
  const modular = chainedArithmetic({ modulus: 10 })
  assert.equal(modular.demonstration(userPrompt('p', '7+5-9*4 mod 10=')), '9*4=6;7+5=2;2-6=6;6')
})

test('a demonstration that slips takes differences below zero the wrong way round, and goes on from there', () => {
  const always = chainedArithmetic({ modulus: 7, slips: 1 })
  assert.equal(always.demonstration(userPrompt('p', '2-5+1-0 mod 7=')), '2-5=3;3+1=4;4-0=4;4')
  const sometimes = chainedArithmetic({ operations: 4, operands: [0, 6], modulus: 7, slips: 0.6 })
  const [slipped, below] = [...sometimes.prompts(4).take(2000)]
    .flatMap((prompt) => {
      assert.equal(sometimes.demonstration(prompt), sometimes.demonstration(prompt))
      return sometimes.demonstration(prompt).split(';').slice(0, -1)
    })
    .reduce(
      ([slips, all], step) => {
        const [a, b, result] = step.split(/[-+=]/).map(Number)
        const minus = step.includes('-')
        const right = (((minus ? a - b : a + b) % 7) + 7) % 7
        if (minus && a < b) {
          assert.ok(result === right || result === b - a, step)
          return [slips + (result === b - a ? 1 : 0), all + 1]
        }
        assert.equal(result, right, step)
        return [slips, all]
      },
      [0, 0],
    )
  // Of some 1,700 differences below zero; five standard deviations are 0.06.
  assert.ok(Math.abs(slipped / below - 0.6) < 0.06, `${slipped} of ${below}`)
  assert.throws(() => chainedArithmetic({ slips: 2 }), /slips is 2/)
})

test('rewards do not slip', async () => {
  const task = chainedArithmetic({ modulus: 7, slips: 1 })
  const prompt = userPrompt('p', '2-5+1-0 mod 7=', '5')
  assert.equal((await judge(task, prompt, '2-5=3;3+1=4;4-0=4;4')).value, 0)
  assert.deepEqual((await judge(task, prompt, '2-5=4;4+1=5;5-0=5;5')).parts, { answer: 1, format: 1, steps: 1 })
})

test('the last number counts; form and steps are parts of their own', async () => {
  const task = chainedArithmetic({ formatWeight: 0.1 })
  const prompt = userPrompt('p', '7+5-3=', '9')
  const cases: [string, number, Record<string, number>][] = [
    ['7+5=12;12-3=9;9', 1, { answer: 1, format: 1, steps: 1 }],
    ['9', 1, { answer: 1, format: 1, steps: 0 }],
    ['the answer is 9', 0.9, { answer: 1, format: 0, steps: 0 }],
    ['7+5=12;12-3=8;8', 0.1, { answer: 0, format: 1, steps: 0.5 }],
    ['7+5=12;12-3=9', 0.9, { answer: 1, format: 0, steps: 1 }],
    ['7+5=13;12-3=9;9', 1, { answer: 1, format: 1, steps: 0.5 }],
    ['12-3=9;7+5=12;9', 1, { answer: 1, format: 1, steps: 0 }],
    ['9;8', 0, { answer: 0, format: 0, steps: 0 }],
    ['', 0, { answer: 0, format: 0, steps: 0 }],
  ]
  for (const [answer, value, parts] of cases) {
    const score = await judge(task, prompt, answer)
    assert.ok(Math.abs(score.value - value) < 1e-12, answer)
    assert.deepEqual(score.parts, parts, answer)
  }
})
