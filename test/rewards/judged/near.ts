/** Numbers that a paper's brief or a peer printed to so many places. */
import assert from 'node:assert/strict'

export function near(actual: number, expected: number, within = 1e-6): void {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not ${expected}`)
}
