/** Matrices in 8 bits: how far rounding goes, and that the product is the rounded matrix's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'

test('a number is off by at most half its scale; zeros stay zeros', () => {
  const rng = random('quantise')
  const values = Float32Array.from({ length: 4 * 64 }, (_, i) => (i < 32 ? 0 : rng.normal() * 10 ** rng.int(-3, 3)))
  const { codes, scales } = g.quantise(values, 4, 64)
  values.forEach((value, i) => {
    const scale = scales[Math.floor(i / g.quantisedBlock)]
    assert.ok(Math.abs((codes[i] - 128) * scale - value) <= scale * 0.5001, `${i}: ${value}`)
  })
  assert.deepEqual([...codes.subarray(0, 32)], new Array(32).fill(128))
  assert.throws(() => g.quantise(values, 8, 33), /no 8 rows of whole blocks/)
})

for (const rows of [1, 5, 40])
  test(`the product with ${rows} rows is within the other factor's rounding of the exact one`, async () => {
    const [count, width] = [96, 128]
    const rng = random(`product ${rows}`)
    const weight = Float32Array.from({ length: count * width }, () => rng.normal())
    const matrix = g.quantise(weight, count, width)
    const x = g.input('x', 'float32', ['rows', width])
    const program = await g.compile({ x }, { y: g.quantisedMatmul(x, matrix) }, { threads: 1 })
    const data = Float32Array.from({ length: rows * width }, () => rng.normal())
    const { y } = await program.run({ x: { data, dims: [rows, width] } })
    await program.close()
    assert.deepEqual(y.dims, [rows, count])
    y.data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / count), i % count]
      let exact = 0
      let bound = 0
      for (let k = 0; k < width; k++) {
        const at = column * width + k
        const rounded = (matrix.codes[at] - 128) * matrix.scales[Math.floor(at / g.quantisedBlock)]
        exact += data[row * width + k] * rounded
        bound += Math.abs(rounded)
      }
      // x is rounded in blocks as well: at most half of 1/127 of its greatest number, about 4, for every product.
      const tolerance = (bound * 4) / 254
      assert.ok(Math.abs(value - exact) < tolerance, `${i}: ${value} and ${exact}, tolerance ${tolerance}`)
    })
  })
