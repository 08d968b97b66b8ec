import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { combineVotes } from '../../src/judge/combineVotes.ts'

test('words go by majority, of several first ones the first voter’s; prose is no vote', () => {
  assert.deepEqual(combineVotes(['A', 'B', 'B'], 'mean'), { value: 'B', spread: 1 / 3 })
  assert.deepEqual(combineVotes([true, false], 'mean'), { value: true, spread: 0.5 })
  assert.deepEqual(combineVotes(['it is good', 'quite bad really'], 'mean'), { value: 'it is good', spread: 0 })
  assert.deepEqual(combineVotes([null, 1, 1], 'mean').value, 1)
})

test('objects and lists of one shape are combined entry by entry, others go by majority', () => {
  assert.deepEqual(
    combineVotes(
      [
        { verdict: 'A', scores: [1, 2], sure: true },
        { sure: true, verdict: 'B', scores: [3, 6] },
        { verdict: 'B', scores: [5, 4], sure: true },
      ],
      'mean',
    ),
    { value: { verdict: 'B', scores: [3, 4], sure: true }, spread: Math.sqrt(8 / 3) },
  )
  assert.deepEqual(combineVotes([[1], [1, 2], [1, 2]], 'mean'), { value: [1, 2], spread: 1 / 3 })
  assert.deepEqual(combineVotes([{ a: 1 }, { b: 1 }, { a: 1 }], 'mean').value, { a: 1 })
})

test('numbers: within the votes, blind to their order, moved with them; spread 0 exactly where all agree', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 9 }),
      fc.constantFrom('mean' as const, 'median' as const, 'majority' as const),
      fc.integer({ min: -50, max: 50 }),
      (votes, combine, shift) => {
        const { value, spread } = combineVotes(votes, combine)
        assert.ok(typeof value === 'number')
        assert.ok(value >= Math.min(...votes) - 1e-9 && value <= Math.max(...votes) + 1e-9)
        const turned = combineVotes(votes.toReversed(), combine).value
        assert.ok(typeof turned === 'number' && Math.abs(turned - value) < 1e-9)
        const moved = combineVotes(
          votes.map((vote) => vote + shift),
          combine,
        ).value
        assert.ok(typeof moved === 'number' && Math.abs(moved - value - shift) < 1e-9)
        assert.equal(spread === 0, new Set(votes).size === 1)
      },
    ),
    { seed: 8 },
  )
})
