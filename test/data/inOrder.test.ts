import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { inOrder } from '../../src/data/inOrder.ts'
import { random } from '../../src/data/random.ts'

async function* counting(to: number, fault?: Error): AsyncGenerator<number> {
  for (let i = 0; i < to; i++) yield i
  if (fault !== undefined) throw fault
}

test('results come in order however long each takes, never more than so many at once', async () => {
  const dice = random('in order')
  let running = 0
  let most = 0
  const work = async (item: number) => {
    most = Math.max(most, ++running)
    await setTimeout(dice.int(0, 5))
    running--
    return item * 2
  }
  const results = await Array.fromAsync(inOrder(counting(50), 4, work))
  assert.deepEqual(
    results,
    Array.from({ length: 50 }, (_, i) => i * 2),
  )
  assert.equal(most, 4)
})

test('where the source throws, what came before is still given', async () => {
  const got: number[] = []
  const fault = new Error('line 10')
  await assert.rejects(async () => {
    for await (const result of inOrder(counting(10, fault), 4, async (item) => item)) got.push(result)
  }, fault)
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('an error of the work comes in its turn; who leaves early closes the source', async () => {
  const got: number[] = []
  const work = async (item: number) => {
    if (item === 3) throw new Error('three')
    return item
  }
  await assert.rejects(async () => {
    for await (const result of inOrder(counting(100), 8, work)) got.push(result)
  }, /three/)
  assert.deepEqual(got, [0, 1, 2])

  let closed = false
  async function* watched() {
    try {
      yield* counting(100)
    } finally {
      closed = true
    }
  }
  for await (const _ of inOrder(watched(), 2, async (item) => item)) break
  assert.ok(closed)
})
