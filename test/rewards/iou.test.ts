import assert from 'node:assert/strict'
import { test } from 'node:test'
import { iou, matchedOverlaps } from '../../src/rewards/iou.ts'
import { scoreOf } from './samples.ts'

test('one box: its IoU, or 1 from the threshold on', async () => {
  const reference = [0, 0, 10, 10]
  assert.partialDeepStrictEqual(await scoreOf(iou(), 'at [5, 5, 15, 15]', reference), { value: 25 / 175 })
  assert.partialDeepStrictEqual(await scoreOf(iou({ threshold: 0.5 }), '[0, 0, 10, 6]', reference), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(iou({ threshold: 0.5 }), '[0, 0, 10, 4]', reference), { value: 0 })
})

test('the group of the brief, thresholded', async () => {
  const values = []
  for (const height of [1, 3, 4.5, 6]) {
    values.push(await scoreOf(iou({ threshold: 0.5 }), `[0, 0, 10, ${height}]`, [0, 0, 10, 10]))
  }
  assert.deepEqual(
    values.map((score) => score.kind === 'scored' && score.value),
    [0, 0, 0, 1],
  )
})

test('several boxes are matched one to one, best first, over the longer list', async () => {
  const wanted = [
    [0, 0, 10, 10],
    [20, 0, 30, 10],
  ]
  assert.partialDeepStrictEqual(await scoreOf(iou(), '[20,0,30,10] and [0,0,10,5]', wanted), {
    value: 0.75,
    parts: { boxes: 2, matched: 2 },
  })
  // The same box twice is matched once.
  assert.partialDeepStrictEqual(await scoreOf(iou(), '[0,0,10,10] [0,0,10,10]', wanted), { value: 0.5 })
  assert.partialDeepStrictEqual(await scoreOf(iou(), '[0,0,10,10] [20,0,30,10] [50,50,60,60] [70,0,80,1]', wanted), {
    value: 0.5,
    feedback: '4 boxes given, 2 wanted',
  })
  // The box that fits both is given to the one it fits best.
  const overlaps = matchedOverlaps(
    [
      [0, 0, 10, 10],
      [0, 0, 10, 8],
    ],
    [[0, 0, 10, 9.5]],
  )
  assert.deepEqual(overlaps, [0.95])
})

test('a bad box is worth 0 and says why', async () => {
  const reference = [100, 100, 300, 300]
  const cases: [string, RegExp][] = [
    ['no idea', /no box \[x1/],
    ['[300, 300, 100, 100]', /right and bottom beyond/],
    ['[.1, .1, .3, .3]', /another unit/],
    ['[400, 400, 500, 500]', /^no box overlaps one/],
    ['[1e999, 0, 1e999, 1]', /right and bottom beyond/],
  ]
  for (const [text, why] of cases) {
    const score = await scoreOf(iou(), text, reference)
    assert.partialDeepStrictEqual(score, { kind: 'scored', value: 0 })
    assert.match((score.kind === 'scored' && score.feedback) || '', why)
  }
})

test('a reference that is no box is Unscored', async () => {
  for (const reference of [null, [], [1, 2, 3], [1, 2, 3, 'x'], [10, 10, 0, 0], [[0, 0, 1, 1], 'x'], '0,0,1,1']) {
    assert.equal((await scoreOf(iou(), '[0,0,1,1]', reference)).kind, 'unscored')
  }
})
