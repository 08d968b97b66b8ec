import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { bmas, bmasBaseline, bmasOf, type TokenEmbeddings } from '../../src/rewards/bmas.ts'
import { scoreOf, valuesOf } from './samples.ts'

/** The brief's table: one letter a token. */
const letters = 'abcde'
const toy: TokenEmbeddings = {
  encode: (text) => [...text].filter((letter) => letters.includes(letter)).map((letter) => letters.indexOf(letter)),
  table: Float32Array.of(1, 0, 0, 1, 1, 1, -1, 0, 3, 4),
  width: 2,
}
const near = (actual: number, expected: number, tolerance = 1e-6) =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual} is not ${expected}`)

test('forward, backward and their mean, of the brief', () => {
  // answer, reference: forward, backward, mean, f1
  const cases: [string, string, number, number, number, number][] = [
    ['a b', 'a c', 0.853553, 0.853553, 0.853553, 0.853553],
    ['e', 'a b', 0.8, 0.7, 0.75, 0.746667],
    ['a b e', 'e c', 0.835702, 0.994975, 0.915339, 0.90841],
    ['a', 'a b d', 1, 0, 0.5, 0],
    ['b a', 'a b', 1, 1, 1, 1],
    ['a a a a', 'a b', 1, 0.5, 0.75, 2 / 3],
    ['a b e c', 'a b', 0.876777, 1, 0.938388, 0.934343],
    ['a', 'd', -1, -1, -1, 0],
  ]
  const mean = bmasOf(toy)
  const f1 = bmasOf(toy, { form: 'f1' })
  for (const [answer, reference, forward, backward, expected, harmonic] of cases) {
    const result = mean(answer, reference)
    near(result.forward, forward)
    near(result.backward, backward)
    near(result.value, expected)
    near(f1(answer, reference).value, harmonic)
  }
})

test('as a reward it is clipped, takes the best reference, and gives 0 to no tokens', async () => {
  assert.partialDeepStrictEqual(await scoreOf(bmas(toy), 'a', 'd'), { value: 0, parts: { forward: -1 } })
  assert.partialDeepStrictEqual(await scoreOf(bmas(toy), '?', 'a'), { value: 0 })
  near(valuesOf([await scoreOf(bmas(toy), 'a', ['d', 'a'])])[0] ?? 0, 1)
})

test('the baseline is taken out: 0.853553 becomes 0.790790 with 0.3', () => {
  near(bmasOf(toy, { baseline: 0.3 })('a b', 'a c').value, 0.79079)
})

test('skipped ids count in neither text', () => {
  near(bmasOf(toy, { skip: [3] })('a', 'a b d').value, bmasOf(toy)('a', 'a b').value)
})

test('unrelated texts score 0.275 in a random table and 0.651 where all rows lean one way', () => {
  const generator = random(11)
  for (const [offset, expected] of [
    [0, 0.275],
    [1 / 8, 0.651],
  ]) {
    const table = Float32Array.from({ length: 1000 * 64 }, () => generator.normal() / 8 + offset)
    const encode = (text: string) => text.split(' ').map(Number)
    const texts = Array.from({ length: 40 }, () => Array.from({ length: 30 }, () => generator.int(0, 999)).join(' '))
    near(bmasBaseline({ encode, table, width: 64 }, texts, { pairs: 100 }), expected, 0.015)
  }
})

test('the table is frozen with the reward, and an id outside it is Unscored', async () => {
  const table = Float32Array.of(1, 0, 0, 1)
  const reward = bmas({ encode: (text) => [...text].map(Number), table, width: 2 })
  const before = await scoreOf(reward, '01', '0')
  table.fill(5)
  assert.deepEqual(await scoreOf(reward, '01', '0'), before)
  const outside = await scoreOf(reward, '7', '0')
  assert.partialDeepStrictEqual(outside, { kind: 'unscored' })
})
