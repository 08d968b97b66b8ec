import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from '../../src/text/nearestName.ts'

test('the name that was meant: letters swapped, left out, doubled, in another case', () => {
  const names = ['grpo', 'rloo', 'reinforce', 'bnpo', 'numericMatch', 'exactMatch']
  for (const [given, meant] of [
    ['gpro', 'grpo'],
    ['rlo', 'rloo'],
    ['reinforcee', 'reinforce'],
    ['NumericMatch', 'numericMatch'],
    ['exactmatch', 'exactMatch'],
    ['exact_match', 'exactMatch'],
  ])
    assert.equal(nearestName(given, names), meant, given)
})

test('something else altogether is no slip', () => {
  assert.equal(nearestName('xyz', ['grpo', 'rloo']), undefined)
  assert.equal(nearestName('', ['grpo']), undefined)
  assert.equal(nearestName('grpo', []), undefined)
})
