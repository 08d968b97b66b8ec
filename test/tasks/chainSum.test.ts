import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { chainSum, withCare } from '../../src/tasks/chainSum.ts'
import { pairsOf } from '../../src/train/preferencesOf.ts'
import { group } from '../credit/groups.ts'

const task = chainSum({ seed: 3 })
const example = userPrompt('p', '=314159', '3')

test('the answer is the running sum; the last digit is judged, every digit is known to be right or wrong', async () => {
  assert.equal(task.demonstration(example), '348943')
  const judge = async (text: string) => {
    const [score] = await task.reward.score([{ prompt: example, completion: { text, finish: 'stop' } }])
    return score.kind === 'scored' ? score : assert.fail()
  }
  assert.deepEqual((await judge('348943')).parts, { answer: 1, format: 1, steps: 1 })
  // An error goes on from the wrong digit: 3, 5 (not 4), then right again.
  assert.deepEqual(task.localErrors(example, '359054'), [false, true, false, false, false, false])
  assert.equal((await judge('359054')).value, 0)
  // Two errors that cancel: the last digit is right.
  assert.equal((await judge('359053')).value, 1)
  assert.deepEqual((await judge('')).parts, { answer: 0, format: 0, steps: 0 })
  assert.equal((await judge('3489433')).parts?.format, 0)
})

test('the reference errs as often as it should, where it should, and less when asked to take care', () => {
  const rate = (care: '=' | '+' | '-') => {
    const answers = [...task.reference('rates', [care]).take(4000)]
    const errors = answers.flatMap(({ prompt, answer }) => task.localErrors(prompt, answer))
    return errors.filter(Boolean).length / errors.length
  }
  // A quarter of the contexts at 1/2, the rest at 0.04; the contexts visited are not uniform.
  const plain = rate('=')
  assert.ok(Math.abs(plain - 0.155) < 0.03, `${plain}`)
  assert.ok(Math.abs(rate('+') / plain - 0.3) < 0.06)
  assert.ok(Math.abs(rate('-') / plain - 1.7) < 0.15)
  const cares = [...task.reference('turns', ['=', '+', '-']).take(3)].map(({ prompt }) => prompt.messages[0].content)
  assert.deepEqual(
    cares.map((text) => text.slice(0, 1)),
    ['=', '+', '-'],
  )
  assert.equal(withCare(example, '-').messages[0].content, '-314159')
  assert.throws(() => withCare(userPrompt('p', 'abc'), '+'), /no prompt of chainSum/)
})

test('pairs of groups: first best against first worst; none where nothing is preferred', () => {
  const pairs = pairsOf([
    group([[1], [2], [3], [4]], [0.5, 1, 1, 0]),
    group([[1], [2]], [1, 1]),
    group([[1], [2], [3]], [null, 0, 1]),
    group([[1], [2]], [null, 1]),
    group([], []),
  ])
  assert.deepEqual(
    pairs.map(({ chosen, rejected }) => [chosen, rejected]),
    [
      ['2', '4'],
      ['3', '2'],
    ],
  )
})
