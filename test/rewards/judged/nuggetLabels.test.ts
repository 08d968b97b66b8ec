import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type NuggetLabel,
  nuggetReward,
  parseLabels,
  verifierReward,
} from '../../../src/rewards/judged/nuggetLabels.ts'
import { near } from './near.ts'

const [S, P, N]: readonly NuggetLabel[] = ['support', 'partial_support', 'not_support']
const gold = [S, N, P, N]
const thought = '<reasoning>the passage says so</reasoning>\n'

test("the verifier's reward is that of the published code", () => {
  for (const [output, expected] of [
    [`${thought}${JSON.stringify(gold)}`, 1],
    [`${thought}${JSON.stringify([S, N, S, N])}`, 0.494444],
    [JSON.stringify([S, N, S, N]), 0.294444],
    [`${thought}${gold.join(' | ')}`, 0.9],
    [`${thought}["support"]`, 0],
    [`<reasoning></reasoning>${JSON.stringify(gold)}`, 0.9],
    [`${thought}${JSON.stringify([N, S, N, S])}`, 0],
    [`${thought}${JSON.stringify([N, N, N, N])}`, 0.377778],
    [`${thought}${JSON.stringify([S, S, S, S])}`, 0.346667],
    [`${thought}${thought}${JSON.stringify(gold)}`, 0],
    ['', 0],
  ] as const)
    near(verifierReward(output, gold).value, expected)
  near(verifierReward(`${thought}support`, [S], { format: 'csv' }).value, 0.9)
  near(verifierReward(`${thought}1. support\n2. not_support`, [S, N], { format: 'numbered' }).value, 1)
})

test('the loophole of classes that neither side names, and the way out of it', () => {
  near(verifierReward(`${thought}${JSON.stringify([N, N])}`, [S, S]).value, 0.416667)
  near(verifierReward(`${thought}${JSON.stringify([S, N])}`, [S, S]).value, 0.494444)
  near(verifierReward(`${thought}${JSON.stringify([N, N])}`, [S, S], { classes: 'gold' }).value, 0)
})

test('labels are read in all ten layouts, and from nothing else', () => {
  const words = gold
  const layouts = [
    JSON.stringify(words),
    `['${words.join("', '")}']`,
    words.join(','),
    words.join(', '),
    words.join('\t'),
    words.join('|'),
    words.map((word) => `- ${word}`).join('\n'),
    words.map((word) => `* ${word}`).join('\n'),
    words.map((word, i) => `${i + 1}. ${word}`).join('\n'),
    `<labels>${words.map((word) => `<label>${word}</label>`).join('')}</labels>`,
  ]
  for (const text of layouts) assert.deepEqual(parseLabels(text), gold, text)
  for (const text of ['', 'I support this', '["support", 3]', '__import__("os")', 'support, maybe'])
    assert.equal(parseLabels(text), undefined, text)
})

test('the weighted share of supported nuggets', () => {
  const labels = [S, P, N, S]
  near(nuggetReward(labels, [1, 1, 1, 1]), 0.625)
  near(nuggetReward(labels, [1, 1, 0.5, 0.5]), 0.666667)
  near(nuggetReward(labels, [1, 1, 1, 1], { support: 1, partial_support: 0, not_support: 0 }), 0.5)
})
