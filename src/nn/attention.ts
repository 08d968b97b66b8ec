/** Grouped-query attention (Ainslie et al. 2023): over whole sequences, and of one token after a cache. */
import * as g from '../graph/index.ts'

/** [batch, heads, length, size] */
export type Attended = g.Float

/** 0 where a position may look, a large negative number where it may not: [length, length]. */
export function causalMask(length: g.Dim): g.Float {
  const places = g.iota(length)
  const visible = g.lessEqual(g.reshape(places, [1, length]), g.reshape(places, [length, 1]))
  return g.where(visible, 0, g.filled(-1e9, [1, 1]))
}

/**
 * softmax(q kᵀ / √size + mask) v. queries: [batch, heads, length, size]; keys and values: [batch, keyValueHeads,
 * length, size], each serving heads / keyValueHeads neighbouring query heads. Its gradient uses
 * Σ_j P_ij dP_ij = Σ_d dO_id O_id (Dao et al. 2022, eq. 4), which sums over the head instead of over the sequence.
 */
export function causalAttention(queries: g.Float, keys: g.Float, values: g.Float, mask: g.Float): Attended {
  const [batch, heads, length, size] = queries.shape
  const [, shared] = keys.shape
  const each = Number(heads) / Number(shared)
  const scale = 1 / Math.sqrt(Number(size))
  const rows = g.multiplyDims(each, length)
  // The query heads of one key head are rows of one matrix: no key is copied.
  const q = g.reshape(queries, [batch, shared, rows, size])
  const scores = g.reshape(g.matmul(q, keys, { transposeB: true, scale }), [batch, shared, each, length, length])
  const weights = g.reshape(g.softmax(g.add(scores, mask)), [batch, shared, rows, length])
  const out = g.matmul(weights, values)
  const attended = g.withGradient('causalAttention', out, [q, keys, values], (dOut) => {
    const along = g.sum(g.mul(dOut, out), -1, true)
    const dScores = g.mul(weights, g.sub(g.matmul(dOut, values, { transposeB: true }), along))
    return [
      g.matmul(dScores, keys, { scale }),
      g.matmul(dScores, q, { transposeA: true, scale }),
      g.matmul(weights, dOut, { transposeA: true }),
    ]
  })
  return g.reshape(attended, [batch, heads, length, size])
}

/** What came before: [batch, keyValueHeads, capacity, size] each, and an additive mask [batch, 1, 1, capacity]. */
export interface CachedKeys {
  readonly keys: g.Float
  readonly values: g.Float
  readonly mask: g.Float
}

/** One token per row looks at its cache and at itself, without joining the two. Shapes as above with length 1. */
export function attentionAfterCache(queries: g.Float, keys: g.Float, values: g.Float, past: CachedKeys): Attended {
  const [batch, heads, , size] = queries.shape
  const [, shared] = keys.shape
  const [capacity] = past.keys.shape.slice(2)
  const scale = 1 / Math.sqrt(Number(size))
  const q = g.reshape(queries, [batch, shared, Number(heads) / Number(shared), size])
  const before = g.add(g.matmul(q, past.keys, { transposeB: true, scale }), past.mask)
  const now = g.matmul(q, keys, { transposeB: true, scale })
  const [weightsBefore, weightNow] = g.split(g.softmax(g.concat([before, now], -1)), -1, [capacity, 1])
  const out = g.add(g.matmul(weightsBefore, past.values), g.matmul(weightNow, values))
  return g.reshape(out, [batch, heads, 1, size])
}
