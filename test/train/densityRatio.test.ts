import assert from 'node:assert/strict'
import { test } from 'node:test'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Feedback } from '../../src/data/rollout.ts'
import { densityRatios, matchPrompts } from '../../src/train/densityRatio.ts'
import { tinyPolicy } from './tiny.ts'

/** `counts[label][kind]` answers whose one feature is the kind. */
function drawn(counts: readonly (readonly [number, number])[]) {
  const rows = counts.flatMap(([even, odd], label) =>
    Array.from({ length: even + odd }, (_, i) => ({ feature: i < even ? 1 : 0, desirable: label === 0 })),
  )
  return {
    embeddings: rows.map(({ feature }) => Float64Array.of(feature)),
    desirable: rows.map(({ desirable }) => desirable),
    of: (weights: readonly number[], feature: number) =>
      weights.filter((_, i) => rows[i].feature === feature && !rows[i].desirable)[0],
  }
}

test('one feature of two values: the exact ratio of densities, whatever the sizes of the classes', () => {
  for (const [up, down] of [
    [1000, 1000],
    [1000, 200],
    [200, 1000],
  ]) {
    const { embeddings, desirable, of } = drawn([
      [0.8 * up, 0.2 * up],
      [0.2 * down, 0.8 * down],
    ])
    const weights = densityRatios(embeddings, desirable, { clamp: [0, 100], ridge: 1e-6 })
    assert.ok(Math.abs(of(weights, 1) - 4) < 1e-3, `${of(weights, 1)}`)
    assert.ok(Math.abs(of(weights, 0) - 0.25) < 1e-3)
    assert.deepEqual(
      [1, 0].map((kind) => Math.round(100 * of(densityRatios(embeddings, desirable, { ridge: 1e-6 }), kind)) / 100),
      [4, 0.5],
    )
  }
})

test('classes that are told apart for sure are clamped; a constant feature says nothing', () => {
  const { embeddings, desirable, of } = drawn([
    [50, 0],
    [1, 50],
  ])
  const weights = densityRatios(embeddings, desirable, { ridge: 1e-6 })
  assert.deepEqual([of(weights, 1), of(weights, 0)], [10, 0.5])
  const same = embeddings.map(() => Float64Array.of(3, 3))
  assert.ok(densityRatios(same, desirable).every((weight) => Math.abs(weight - 1) < 1e-6))
  assert.throws(
    () =>
      densityRatios(
        embeddings,
        desirable.map(() => true),
      ),
    /no ratio between the two/,
  )
})

test("prompts of a policy: undesirable answers to the desirable ones' prompts count more", async () => {
  const policy = tinyPolicy(1)
  const source = random(3)
  const feedback = Array.from({ length: 200 }, (_, i): Feedback => {
    const desirable = i % 2 === 0
    const common = source.next() < (desirable ? 0.8 : 0.2)
    const prompt = userPrompt(`p${i}`, common ? source.pick(['a', 'ab']) : source.pick(['g', 'gh']))
    return { sample: { prompt, completion: { text: 'c', finish: 'stop' } }, desirable }
  })
  const weighted = await matchPrompts(policy, feedback)
  const of = (letter: string) =>
    weighted.filter(
      ({ desirable, sample }) => !desirable && String(sample.prompt.messages[0].content).startsWith(letter),
    )
  const mean = (letter: string) => of(letter).reduce((sum, { weight = 0 }) => sum + weight, 0) / of(letter).length
  // The exact ratios are 4 and 1/4, which is held at 1/2; the sample has some twenty such answers.
  assert.ok(mean('a') > 2 && mean('a') < 8 && mean('g') < 0.8, `${mean('a')} and ${mean('g')}`)
  assert.ok(weighted.every(({ desirable, weight }) => !desirable || weight === undefined))
  await policy.close()
})
