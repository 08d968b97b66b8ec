import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, userPrompt } from '../../src/data/message.ts'
import { byType } from '../../src/rewards/byType.ts'
import { chartTolerance } from '../../src/rewards/chartTolerance.ts'
import { iou } from '../../src/rewards/iou.ts'
import { normalisedMatch } from '../../src/rewards/normalisedMatch.ts'

const sample = (type: Json, reference: Json, text: string) => ({
  prompt: userPrompt(`${type}`, 'q', reference, type === null ? {} : { type }),
  completion: { text, finish: 'stop' as const },
})
const mixed = byType({ match: normalisedMatch(), chart: chartTolerance(), iou: iou() })

test('each kind by its own reward: the values of Mixed-R1', async () => {
  const scores = await mixed.score([
    sample('match', 'Yes', 'yes.'),
    sample('chart', '50', '52.5'),
    sample('chart', '50', '53'),
    sample('iou', [5, 5, 15, 15], '[0, 0, 10, 10]'),
  ])
  assert.deepEqual(
    scores.map((score) => score.kind === 'scored' && Number(score.value.toFixed(6))),
    [1, 1, 0, 0.142857],
  )
  assert.ok(scores[3].kind === 'scored' && Object.keys(scores[3].parts ?? {}).includes('iou'))
  assert.deepEqual(mixed.range, [0, 1])
})

test('no kind, or an unknown one, is Unscored with the way out', async () => {
  const [none, near] = await mixed.score([sample(null, 'x', 'x'), sample('charts', '1', '1')])
  assert.ok(none.kind === 'unscored' && /no text 'type'/.test(none.reason))
  assert.ok(near.kind === 'unscored' && near.reason === "there is no reward for the kind 'charts' (is it 'chart'?)")
})
