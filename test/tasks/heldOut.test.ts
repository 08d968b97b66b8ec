import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Prompt, userPrompt } from '../../src/data/message.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { addition } from '../../src/tasks/addition.ts'
import { heldOut } from '../../src/tasks/heldOut.ts'
import { needle } from '../../src/tasks/needle.ts'
import { promptStream, type Task } from '../../src/tasks/task.ts'
import { collect } from '../collect.ts'

const text = (prompt: Prompt) => JSON.stringify(prompt.messages)
const reward = defineReward('any', () => 1)

test('no held-out prompt is ever in the training stream, under any seed', async () => {
  const { training, heldOut: test } = await heldOut(addition({ digits: 1 }), { count: 40, seed: 'test' })
  const held = new Set(test.map(text))
  assert.equal(held.size, 40)
  const seen = new Set<string>()
  for (const seed of ['test', 1, 2, 3]) for (const prompt of training.prompts(seed).take(1000)) seen.add(text(prompt))
  // Of the 100 sums of two digits the 60 others, all of them.
  assert.equal(seen.size, 60)
  assert.ok([...seen].every((prompt) => !held.has(prompt)))
  assert.equal(training.demonstration(test[0]), test[0].reference)
  assert.equal(training.name, 'addition')
})

test('the same seed holds out the same prompts', async () => {
  const split = (seed: number) => heldOut(addition(), { count: 20, seed })
  assert.deepEqual((await split(1)).heldOut, (await split(1)).heldOut)
  assert.notDeepEqual((await split(1)).heldOut.map(text), (await split(2)).heldOut.map(text))
})

test('more than there is, and all there is, are errors and no endless loops', async () => {
  await assert.rejects(
    heldOut(needle({ questions: 5 }), { count: 6, seed: 1 }),
    /needle has only 5 different prompts, not 6/,
  )
  const { training } = await heldOut(needle({ questions: 5 }), { count: 5, seed: 1 })
  assert.throws(() => training.prompts(2).next(), /gives no prompt that is not held out/)
  assert.deepEqual((await heldOut(addition(), { count: 0, seed: 1 })).heldOut, [])
})

const image = (bytes: number[]): Prompt => ({
  id: `image ${bytes}`,
  messages: [{ role: 'user', content: [{ type: 'image', bytes: new Uint8Array(bytes), mediaType: 'image/png' }] }],
})

test('a finite task that comes asynchronously is split too; images and roles make prompts different', async () => {
  const all: Prompt[] = [
    userPrompt('1', 'a'),
    userPrompt('2', 'a'),
    { id: '3', messages: [{ role: 'system', content: 'a' }] },
    { id: '4', messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] },
    image([1]),
    image([2]),
    userPrompt('7', 'b'),
  ]
  const task: Task = {
    name: 'list',
    reward,
    async *prompts() {
      yield* all
    },
  }
  const split = await heldOut(task, { count: 3, seed: 1 })
  assert.deepEqual(
    split.heldOut.map((prompt) => prompt.id),
    ['1', '3', 'image 1'],
  )
  const training = split.training.prompts(1)
  assert.ok(Symbol.asyncIterator in training)
  assert.deepEqual(
    (await collect(training)).map((prompt) => prompt.id),
    ['image 2', '7'],
  )
  await assert.rejects(heldOut(task, { count: 6, seed: 1 }), /has only 5 different prompts/)
})

test('promptStream goes through a finite task again and again, each time with a seed of its own', async () => {
  const seeds: (number | string)[] = []
  const task: Task = {
    name: 'pair',
    reward,
    prompts(seed) {
      seeds.push(seed)
      return [userPrompt(`${seed}-a`, 'a'), userPrompt(`${seed}-b`, 'b')]
    },
  }
  const ids: string[] = []
  for await (const prompt of promptStream(task, 5)) if (ids.push(prompt.id) === 5) break
  assert.deepEqual(ids, ['5-a', '5-b', '5/1-a', '5/1-b', '5/2-a'])
  assert.deepEqual(seeds, [5, '5/1', '5/2'])
  await assert.rejects(promptStream({ ...task, prompts: () => [] }, 1).next(), /the task pair has no prompts/)
})
