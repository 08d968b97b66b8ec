import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaUnderCurve } from '../../src/data/areaUnderCurve.ts'
import { random } from '../../src/data/random.ts'

test('the area is the share of pairs in which the positive is above, equals counting half', () => {
  for (let seed = 0; seed < 30; seed++) {
    const source = random(seed)
    const draw = () => Array.from({ length: source.int(1, 12) }, () => source.int(0, 6))
    const [up, down] = [draw(), draw()]
    const won: number[] = up.flatMap((a) => down.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)))
    assert.ok(Math.abs(areaUnderCurve(up, down) - won.reduce((sum, x) => sum + x, 0) / won.length) < 1e-12)
  }
  assert.equal(areaUnderCurve([2, 3], [0, 1]), 1)
  assert.ok(Number.isNaN(areaUnderCurve([], [1])) && Number.isNaN(areaUnderCurve([1], [])))
})
