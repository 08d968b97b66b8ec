import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replay } from '../../src/audit/replay.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import type { RolloutRecord } from '../../src/runs/rolloutLog.ts'

/** A saved group whose answers are texts with the values they got; null for none. */
function group(step: number, index: number, answers: Readonly<Record<string, number | null>>): RolloutRecord {
  return {
    step,
    group: index,
    prompt: { id: `p${step}.${index}`, messages: [{ role: 'user', text: 'the question' }], reference: 'known' },
    completions: Object.entries(answers).map(([text, value]) => ({
      ...{ text, finish: 'stop', tokens: [], logprobs: [], advantages: [] },
      ...(value === null ? { unscored: { at: 'judge', reason: 'refused' } } : { score: { value } }),
    })),
  }
}
async function* records(...list: readonly RolloutRecord[]) {
  yield* list
}
/** Scores an answer by the number in it; null where it has none. */
const byNumber = defineReward('byNumber', ({ prompt, completion }) => {
  assert.deepEqual([prompt.reference, prompt.messages], ['known', [{ role: 'user', content: 'the question' }]])
  const digits = /-?\d+/.exec(completion.text)
  return digits === null ? null : Number(digits[0])
})

test('means, what neither or one side scored, changed values, signs of advantages', async () => {
  const found = await replay(
    records(
      // Advantages -1, 0, 1 become 1, 0, -1: two change sign; the order is turned round.
      group(0, 0, { 'a 3': 1, 'b 2': 2, 'c 1': 3 }),
      // All equal, so no advantage; then one of each.
      group(0, 1, { 'd 5': 7, 'e 9': 7 }),
      // One loses its score, one gains one, one has none at all; the last is as it was.
      group(4, 0, { none: 1, 'f 4': null, 'still none': null, 'g 2': 2 }),
    ),
    byNumber,
  )
  assert.deepEqual([found.rollouts, found.groups, found.steps, found.compared], [9, 3, 2, 6])
  assert.deepEqual([found.before.mean, found.after.mean], [23 / 7, 26 / 7])
  assert.deepEqual([found.before.unscored, found.after.unscored], [2, 2])
  assert.deepEqual(found.before.causes, { judge: { count: 2, reason: 'refused' } })
  assert.deepEqual(found.after.causes, { reward: { count: 2, reason: 'the reward abstained' } })
  assert.deepEqual([found.changed, found.flipped], [4, 3])
  // The third is g: 0.5 above 'none' before, 1 below f now.
  assert.deepEqual([found.woke, found.fellAsleep], [2, 0])
  assert.deepEqual([found.groupCorrelation, found.groupsCompared], [-1, 1])
  const [first, second, third] = found.largest
  // Scored by one side alone: first.
  assert.deepEqual([first.answer, second.answer].sort(), ['f 4', 'none'])
  assert.deepEqual(
    [third.answer, third.before, third.after],
    ['a 3', { value: 1, advantage: -1 }, { value: 3, advantage: 1 }],
  )
})

test('the same reward again: nothing changes and the order is the same', async () => {
  const same = await replay(records(group(0, 0, { '1': 1, '2': 2 }), group(1, 0, { '5': 5, '3': 3, '4': 4 })), byNumber)
  assert.deepEqual(
    [same.changed, same.flipped, same.woke, same.fellAsleep, same.rankCorrelation, same.groupCorrelation],
    [0, 0, 0, 0, 1, 1],
  )
  assert.deepEqual(same.largest, [])
})

test('no rollouts at all', async () => {
  const none = await replay(records(), byNumber)
  assert.deepEqual([none.rollouts, none.compared, none.before, none.largest], [0, 0, { unscored: 0, causes: {} }, []])
})
