import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  formatReward,
  listAccuracy,
  listReward,
  readEvaluation,
  reversedPairs,
} from '../../../src/rewards/judged/listEvaluation.ts'
import { near } from './near.ts'

const pairsOf = (given: readonly number[], known: readonly number[]) =>
  given.map((score, i): [number, number] => [score, known[i]])

test('reversed pairs: the values of the published function', () => {
  const known = [5, 3, 3, 1]
  for (const [given, expected] of [
    [known, 1],
    [[3, 3, 3, 3], 0.527778],
    [[1, 3, 3, 5], 0.055556],
    [[3, 5, 3, 1], 0.75],
  ] as const)
    near(reversedPairs(pairsOf(given, known)), expected)
  near(reversedPairs(pairsOf([4, 5, 2], [5, 4, 2])), 0.777778)
  near(reversedPairs(pairsOf([4, 4, 1], [5, 4, 2])), 0.888889)
  near(reversedPairs(pairsOf([2, 4, 5], [5, 4, 2])), 0)
})

const truth = { 'model-1': 2, 'model-2': 5, 'model-3': 3 }
const right =
  '{"scores": {"model-1": 2, "model-2": 5, "model-3": 3}, "best-to-worst": ["model-2", "model-3", "model-1"]}'
const long = `<think>${'a'.repeat(60)}</think>`

test("format: the brief's cases", () => {
  for (const [output, expected] of [
    [long + right, 1],
    [`<think>hi</think>${right}`, 0.95],
    [right, 0.8],
    [`<think>${'a'.repeat(60)}\n${right}`, 0.8],
    [`${long}Here: ${right} That is all.`, 0.95],
    [`${long}{"scores": {"model-1": 2, "model-2": 5}}`, 0.633333],
    [`${long}${right.replace(/\[.*\]/, '["model-1", "model-3", "model-2"]')}`, 0.8],
    [
      `${long}{'scores': {'model-1': 2, 'model-2': 5, 'model-3': 3,}, 'best-to-worse': ['model-2', 'model-3', 'model-1',],}`,
      1,
    ],
    ['hello', 0],
  ] as const)
    near(formatReward(output, truth), expected)
})

test('an apostrophe in a text does not break JSON that was whole', () => {
  const { scores, json } = readEvaluation(`{"note": "it's fine", "scores": {"model-1": 1}}`)
  assert.deepEqual([scores, json], [{ 'model-1': 1 }, 'whole'])
})

test('the whole reward is 0.15 format + 0.85 accuracy; a perfect one is 1', () => {
  near(listReward(long + right, truth).value, 1)
  const { format, accuracy, value } = listReward(`${long}{"scores": {"model-1": 2, "model-2": 5}}`, truth)
  near(value, 0.15 * format + 0.85 * accuracy, 1e-12)
})

test('scoring one name alone, which the published code pays in full, earns nothing; leaving one out costs its share', () => {
  assert.equal(listAccuracy({ 'model-1': 2 }, truth), 0)
  near(listAccuracy({ 'model-1': 2, 'model-2': 5 }, truth), 2 / 3)
})
