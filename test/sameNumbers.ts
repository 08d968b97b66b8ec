import assert from 'node:assert/strict'

/** Two models' weights, to the bit. Not assert.deepEqual: its message about so many numbers would take gigabytes. */
export function sameNumbers(found: Float32Array, expected: Float32Array, what = 'weights'): void {
  assert.equal(found.length, expected.length, what)
  const at = found.findIndex((value, i) => !Object.is(value, expected[i]))
  assert.equal(at, -1, `${what}: number ${at} is ${found[at]}, not ${expected[at]}`)
}

/** Whether two models differ anywhere. */
export function differ(one: Float32Array, other: Float32Array): boolean {
  return one.some((value, i) => !Object.is(value, other[i]))
}
