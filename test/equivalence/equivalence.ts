/**
 * Equivalences: two settings that must give the same numbers. A new one is one entry in a table; both sides are
 * computed from the same seed, for every seed, and compared number by number.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'

/** Numbers, however nested; NaN stands for "no number" and equals itself. */
export type Numbers = number | Float32Array | readonly Numbers[]

export interface Equivalence {
  /** One sentence: this is that. */
  readonly claim: string
  left(seed: number): Numbers | Promise<Numbers>
  right(seed: number): Numbers | Promise<Numbers>
  /** Largest difference, relative to 1 + the number's size. Default 0: the same to the last bit. */
  readonly tolerance?: number
  /** How many seeds. Default 25. */
  readonly seeds?: number
}

/** One test for each entry. It fails too where a side has no numbers at all: then nothing was compared. */
export function equivalences(entries: readonly Equivalence[]): void {
  for (const { claim, left, right, tolerance = 0, seeds = 25 } of entries) {
    test(claim, async () => {
      let compared = 0
      for (let seed = 0; seed < seeds; seed++) {
        const [a, b] = [flatten(await left(seed)), flatten(await right(seed))]
        assert.equal(a.length, b.length, `seed ${seed}: ${a.length} numbers and ${b.length}`)
        a.forEach((x, i) => {
          const same = Object.is(x + 0, b[i] + 0) || Math.abs(x - b[i]) <= tolerance * (1 + Math.abs(x))
          assert.ok(same, `seed ${seed}, number ${i}: ${x} and ${b[i]}`)
        })
        compared += a.filter((x) => x !== 0).length
      }
      assert.ok(compared > 0, 'every number was 0')
    })
  }
}

function flatten(numbers: Numbers): number[] {
  if (typeof numbers === 'number') return [numbers]
  return numbers instanceof Float32Array ? Array.from(numbers) : numbers.flatMap(flatten)
}
