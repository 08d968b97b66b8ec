import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../src/data/message.ts'
import { bleu } from '../../src/rewards/bleu.ts'
import { bleuberi } from '../../src/rewards/bleuberi.ts'
import { chartTolerance } from '../../src/rewards/chartTolerance.ts'
import { chrf } from '../../src/rewards/chrf.ts'
import { editSimilarity } from '../../src/rewards/editSimilarity.ts'
import { instructions } from '../../src/rewards/instructions.ts'
import { inTag } from '../../src/rewards/inTag.ts'
import { iou } from '../../src/rewards/iou.ts'
import { jsonSchema } from '../../src/rewards/jsonSchema.ts'
import { language } from '../../src/rewards/language.ts'
import { multipleChoice } from '../../src/rewards/multipleChoice.ts'
import { normalisedMatch } from '../../src/rewards/normalisedMatch.ts'
import { repetition } from '../../src/rewards/repetition.ts'
import type { Reward } from '../../src/rewards/reward.ts'
import { rougeL } from '../../src/rewards/rougeL.ts'
import { tokenF1 } from '../../src/rewards/tokenF1.ts'
import { toolCallMatch } from '../../src/rewards/toolCallMatch.ts'
import { scoreOf } from './samples.ts'

const text = 'the quick brown fox jumps over the lazy dog'
const rewards: [Reward, Json][] = [
  [bleu(), text],
  [bleu({ tokenise: 'intl', smoothing: 'add-k' }), [text, 'x']],
  [chrf({ wordOrder: 2 }), text],
  [rougeL(), text],
  [tokenF1(), text],
  [editSimilarity(), text],
  [bleuberi(), text],
  [iou(), [0, 0, 1, 1]],
  [normalisedMatch(), text],
  [multipleChoice(), 'AC'],
  [chartTolerance(), [1, 'x']],
  [jsonSchema({ schema: { type: 'object' } }), null],
  [toolCallMatch(), { name: 'f', arguments: {} }],
  [instructions(), [{ id: 'detectable_format:json_format' }, { id: 'detectable_format:title' }]],
  [repetition(), null],
  [inTag('answer', bleu()), text],
]

/** Pieces that break parsers, many times over. */
const pieces = [
  ...[
    'a',
    ' ',
    '\n',
    '.',
    ',',
    '1.',
    '[',
    '{',
    '(',
    '<',
    '"',
    '\\',
    '*',
    '`',
    '```',
    '$',
    '|',
    '\\boxed{',
    '<tool_call>',
  ],
  ...[
    '[1,',
    '{"a":',
    'answer is ',
    'A, ',
    '1e9',
    '9',
    '😀',
    '\ud83d',
    '\u0000',
    '\u0301',
    '\u202e',
    '<<',
    '&amp;',
    '-\n',
  ],
]

test('fifty thousand of anything is scored, in range, and soon', async () => {
  for (const piece of pieces) {
    for (const [reward, reference] of rewards) {
      const score = await scoreOf(reward, piece.repeat(50_000 / piece.length), reference)
      assert.ok(score.kind === 'scored', `${reward.name} on ${JSON.stringify(piece)}: ${JSON.stringify(score)}`)
      const [low, high] = reward.range ?? [Number.NaN, Number.NaN]
      assert.ok(score.value >= low && score.value <= high, `${reward.name} on ${JSON.stringify(piece)}: ${score.value}`)
    }
  }
})

test('so is any mixture, and its language is told or Unscored', async () => {
  const mixtures = fc.array(fc.constantFrom(...pieces, 'fox', '}', ']', ')', '</tool_call>'), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(mixtures, async (parts) => {
      const answer = parts.join('')
      for (const [reward, reference] of rewards) {
        const score = await scoreOf(reward, answer, reference)
        const [low, high] = reward.range ?? [Number.NaN, Number.NaN]
        assert.ok(
          score.kind === 'scored' && score.value >= low && score.value <= high,
          JSON.stringify([reward.name, score]),
        )
      }
      const told = await scoreOf(language('en'), answer)
      assert.ok(told.kind === 'unscored' || (told.value >= 0 && told.value <= 1))
    }),
    { seed: 12, numRuns: 300 },
  )
})
