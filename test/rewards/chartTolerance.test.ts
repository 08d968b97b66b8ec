import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../src/data/message.ts'
import { chartTolerance } from '../../src/rewards/chartTolerance.ts'
import { scoreOf } from './samples.ts'

const value = async (text: string, reference: Json, options = {}) => {
  const score = await scoreOf(chartTolerance(options), text, reference)
  return score.kind === 'scored' ? score.value : null
}

test('the pairs of the brief', async () => {
  const pairs: [string, number, number][] = [
    ['52', 50, 1],
    ['52.5', 50, 1],
    ['53', 50, 0],
    ['0', 0, 1],
    ['0.01', 0, 0],
    ['-49', -50, 1],
  ]
  for (const [text, reference, expected] of pairs) assert.equal(await value(text, reference), expected, text)
})

test('signs are left out, prose is read, texts are matched', async () => {
  assert.equal(await value('$1,230', '1200'), 1)
  assert.equal(await value('45', '45%'), 1)
  assert.equal(await value('0.45', '45%'), 0)
  assert.equal(await value('The bar shows about 51.', 50), 1)
  assert.equal(await value('brazil.', 'Brazil'), 1)
  assert.equal(await value('Peru', 'Brazil'), 0)
  assert.equal(await value('many', 50), 0)
})

test('tolerance and closeness', async () => {
  assert.equal(await value('52', 50, { tolerance: 0 }), 0)
  assert.equal(await value('50.0', 50, { tolerance: 0 }), 1)
  assert.ok(Math.abs(((await value('40', 50, { continuous: true })) ?? 0) - 0.8) < 1e-12)
  assert.equal(await value('500', 50, { continuous: true }), 0)
})

test('a list is the mean by position over the longer length', async () => {
  assert.equal(await value('[10, 20, 31]', [10, 20, 30]), 1)
  assert.equal(await value('10, 20', [10, 20, 30, 40]), 0.5)
  assert.equal(await value('10; 99; 1,030; Peru', [10, 20, 1000, 'peru']), 0.75)
  assert.equal(await value('10\n20\n30\n40', [10, 20]), 0.5)
  assert.deepEqual(await scoreOf(chartTolerance(), '10, 99', [10, 20]), {
    kind: 'scored',
    value: 0.5,
    feedback: 'expected 20, found 99 at position 2',
  })
})

test('a reference of nothing is Unscored', async () => {
  for (const reference of [null, [], [null], { value: 1 }]) assert.equal(await value('1', reference), null)
})
