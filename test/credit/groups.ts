/** Groups for tests, made from token ids and values. */
import assert from 'node:assert/strict'
import { userPrompt } from '../../src/data/message.ts'
import { type Random, random } from '../../src/data/random.ts'
import type { Readout } from '../../src/data/readout.ts'
import type { Group } from '../../src/data/rollout.ts'
import { type Score, scored, unscored } from '../../src/data/score.ts'

/** A group with these completions and scores (a number is a value, null is Unscored) after a prompt of two tokens. */
export function group(completions: number[][], scores: (number | null | Score)[], id = 'p'): Group {
  const prompt = userPrompt(id, 'question')
  return {
    prompt,
    rollouts: completions.map((tokens) => ({
      sample: { prompt, completion: { text: tokens.join(' '), finish: 'stop' } },
      sequence: { tokens: Int32Array.from([100, 101, ...tokens]), promptLength: 2 },
      logprobs: new Float32Array(tokens.length).fill(-1),
    })),
    scores: scores.map((score) => {
      if (score === null) return unscored('reward', 'no answer')
      return typeof score === 'number' ? scored(score) : score
    }),
  }
}

/** A group of one-token answers with these values. */
export function flat(scores: (number | null | Score)[], id = 'p'): Group {
  return group(
    scores.map((_, i) => [i]),
    scores,
    id,
  )
}

/** Asserts that nested lists of numbers agree; published values were computed in 32-bit floats and print six digits. */
export function assertClose(actual: unknown, expected: unknown, tolerance = 2e-6): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`)
    return
  }
  assert.ok(Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length)
  actual.forEach((one, i) => {
    assertClose(one, expected[i], tolerance)
  })
}

/** Empty readouts for groups. */
export function noOutputs(groups: readonly Group[]): Readout[][] {
  return groups.map(({ rollouts }) => rollouts.map(() => ({})))
}

/** A batch of random groups and all readouts a credit may need; some rollouts are Unscored. */
export function randomBatch(seed: number): { groups: Group[]; outputs: Readout[][] } {
  const source = random(seed)
  const groups = Array.from({ length: source.int(1, 4) }, (_, g) => {
    const completions = Array.from({ length: source.int(1, 6) }, () =>
      Array.from({ length: source.int(1, 6) }, () => source.int(0, 2)),
    )
    const scores = completions.map(() => (source.next() < 0.15 ? null : source.int(0, 4) / 4))
    return group(completions, scores, `p${g}`)
  })
  const withLogprobs = groups.map((one) => ({
    ...one,
    rollouts: one.rollouts.map((rollout) => ({ ...rollout, logprobs: draw(source, rollout.logprobs.length, -2) })),
  }))
  const outputs = withLogprobs.map(({ rollouts }) =>
    rollouts.map(({ logprobs: { length } }) => ({
      logprobs: draw(source, length, -2),
      reference: draw(source, length, -2),
      values: draw(source, length, 0),
      entropy: draw(source, length, 3).map(Math.abs),
      processRewards: draw(source, length, 0),
      influence: draw(source, length, 0),
    })),
  )
  return { groups: withLogprobs, outputs }
}

function draw(source: Random, length: number, mean: number): Float32Array {
  return Float32Array.from({ length }, () => mean + source.normal())
}

/** Rows as plain numbers, rounded. */
export function rows(arrays: readonly (readonly (Float32Array | undefined)[])[], digits = 6): (number[] | null)[][] {
  const round = (x: number) => Number(x.toFixed(digits)) + 0
  return arrays.map((group) => group.map((array) => (array === undefined ? null : Array.from(array, round))))
}
