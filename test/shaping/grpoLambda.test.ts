/** GRPO-lambda on the vectors computed for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grpo } from '../../src/credit/index.ts'
import { scored } from '../../src/data/score.ts'
import { type GrpoLambdaOptions, grpoLambda } from '../../src/shaping/grpoLambda.ts'
import { assertClose, flat, group } from '../credit/groups.ts'

const lengths = [100, 200, 300, 400]
const of = (scores: (number | null)[], sizes = lengths) =>
  group(
    sizes.map((size) => Array.from({ length: size }, () => 1)),
    scores,
  )
const all: GrpoLambdaOptions = { lambda: 1 }

function valuesOf(scores: (number | null)[], options: GrpoLambdaOptions, sizes = lengths): number[] {
  const [shaped] = grpoLambda({ ...all, ...options }).shape([of(scores, sizes)])
  return shaped.scores.map((score) => (score.kind === 'scored' ? score.value : Number.NaN))
}

test('right answers lose by their length, wrong ones nothing', () => {
  assertClose(valuesOf([1, 1, 1, 1], { penalty: 0.2 }), [0.958552, 0.921995, 0.878005, 0.841448])
  assertClose(valuesOf([1, 1, 1, 1], { penalty: 0.6 }), [0.875656, 0.765986, 0.634014, 0.524344])
  assertClose(valuesOf([1, 1, 0, 1], {}), [0.846649, 0.739852, 0, 0.524871])
  assertClose(valuesOf([1, 1, 0, 1], { deviation: 'sample' }), [0.823206, 0.732603, 0, 0.550848])
  assertClose(valuesOf([1, 0, 0, 0], {}), [0.7, 0, 0, 0])
  assertClose(valuesOf([0, 0, 0, 0], {}), [0, 0, 0, 0])
})

test('with GRPO: in a group that is all right the penalty’s size cancels', () => {
  for (const penalty of [0.2, 0.6]) {
    const shaped = grpoLambda({ ...all, penalty }).shape([of([1, 1, 1, 1])])
    const [advantages] = grpo().assign(shaped, [])
    assertClose(
      advantages.map((array) => array[0]),
      [1.14651, 0.430692, -0.430692, -1.14651],
      2e-5,
    )
  }
})

test('the best share of groups is penalised, at least one', () => {
  const batch = (rates: readonly number[]) =>
    rates.map((rate, g) =>
      flat(
        Array.from({ length: 4 }, (_, i) => (i < 4 * rate ? 1 : 0)),
        `p${g}`,
      ),
    )
  const chosen = (rates: readonly number[], options: GrpoLambdaOptions) => {
    const groups = batch(rates)
    return grpoLambda(options)
      .shape(groups)
      .flatMap((group, g) => (group === groups[g] ? [] : [g]))
  }
  const rates = [1, 0.75, 0.5, 0.25, 0]
  assert.deepEqual(chosen(rates, { lambda: 0.2 }), [0])
  assert.deepEqual(chosen(rates, { lambda: 0.4 }), [0, 1])
  assert.deepEqual(chosen(rates, { lambda: 0 }), [])
  assert.equal(
    chosen(
      Array.from({ length: 16 }, () => 0.5),
      { lambda: 0.2 },
    ).length,
    4,
  )
  assert.deepEqual(chosen([0.25, 0], { lambda: 1, least: 0.2 }), [0])
  const ties = Array.from({ length: 10 }, () => 1)
  const draws = new Set([1, 2, 3, 4, 5].map((seed) => String(chosen(ties, { lambda: 0.2, seed }))))
  assert.ok(draws.size > 1, 'groups with equal shares are always the same')
})

test('Unscored answers and answers of one length: no NaN, nothing lost', () => {
  assertClose(valuesOf([1, 1], {}, [5, 5]), [0.7, 0.7])
  const [shaped] = grpoLambda(all).shape([of([null, 1, null, 0])])
  assert.deepEqual(
    shaped.scores.map((score) => (score.kind === 'scored' ? score.value : null)),
    [null, 0.7, null, 0],
  )
  assert.deepEqual(grpoLambda(all).shape([]), [])
  const byPart = group([[1], [2, 3]], [scored(2, { parts: { answer: 1 } }), scored(2, { parts: { answer: 0 } })])
  assert.deepEqual(
    grpoLambda({ ...all, part: 'answer' })
      .shape([byPart])[0]
      .scores.map((score) => (score.kind === 'scored' ? score.value : null)),
    [1.7, 2],
  )
})
