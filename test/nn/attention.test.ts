/** Attention in blocks against the same attention over the whole square, values and gradients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'
import { attentionBlocks, blockLength, causalAttention, causalMasks } from '../../src/nn/attention.ts'

/** softmax(q kᵀ / √d) v over positions 0..t, in plain numbers. [batch, heads, length, size] each. */
function plain(q: Float32Array, k: Float32Array, v: Float32Array, [batch, heads, shared, length, size]: number[]) {
  const out = new Float64Array(batch * heads * length * size)
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < heads; h++)
      for (let t = 0; t < length; t++) {
        const query = ((b * heads + h) * length + t) * size
        const key = (u: number) => ((b * shared + Math.floor((h * shared) / heads)) * length + u) * size
        const weights = Array.from({ length: t + 1 }, (_, u) => {
          let score = 0
          for (let d = 0; d < size; d++) score += q[query + d] * k[key(u) + d]
          return Math.exp(score / Math.sqrt(size))
        })
        const total = weights.reduce((a, b) => a + b)
        weights.forEach((weight, u) => {
          for (let d = 0; d < size; d++) out[query + d] += (weight / total) * v[key(u) + d]
        })
      }
  return out
}

const sizes = { batch: 2, heads: 4, shared: 2, length: 24, size: 8 }

async function attended(blocks: number) {
  const { batch, heads, shared, length, size } = sizes
  const span = g.multiplyDims(blocks, 'block')
  const q = g.input('q', 'float32', ['batch', heads, span, size])
  const k = g.input('k', 'float32', ['batch', shared, span, size])
  const v = g.input('v', 'float32', ['batch', shared, span, size])
  const slope = g.input('slope', 'float32', ['batch', heads, span, size])
  const out = causalAttention(q, k, v, causalMasks(span, blocks))
  const [dq, dk, dv] = g.gradients([{ of: out, cotangent: slope }], [q, k, v])
  const program = await g.compile({ q, k, v, slope }, { out, dq, dk, dv }, { threads: 1 })
  const rng = random('attention')
  const draw = (count: number) => ({
    data: Float32Array.from({ length: batch * count * length * size }, () => rng.normal()),
    dims: [batch, count, length, size],
  })
  const given = { q: draw(heads), k: draw(shared), v: draw(shared), slope: draw(heads) }
  const results = await program.run(given)
  await program.close()
  return { given, results }
}

const whole = attended(1)

test('attention over one square is its definition', async () => {
  const { given, results } = await whole
  const { batch, heads, shared, length, size } = sizes
  const expected = plain(given.q.data, given.k.data, given.v.data, [batch, heads, shared, length, size])
  results.out.data.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-5, `${i}: ${value} and ${expected[i]}`)
  })
})

for (const blocks of [2, 3, 4, 8])
  test(`${blocks} blocks give what one square gives, gradients included`, async () => {
    const expected = (await whole).results
    const { results } = await attended(blocks)
    for (const name of ['out', 'dq', 'dk', 'dv'] as const)
      results[name].data.forEach((value, i) => {
        const other = expected[name].data[i]
        assert.ok(Math.abs(value - other) < 2e-5, `${name} ${i}: ${value} and ${other}`)
      })
  })

test('a padded length is a multiple of its own blocks and pads by less than one position a block', () => {
  for (let length = 1; length <= 1100; length++) {
    const padded = blockLength(length)
    assert.equal(padded % attentionBlocks(padded), 0, `${length}`)
    assert.ok(padded >= length && padded - length < attentionBlocks(length), `${length} to ${padded}`)
  }
})
