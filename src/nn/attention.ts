/** Grouped-query attention (Ainslie et al. 2023): over whole sequences, and of one token after a cache. */
import * as g from '../graph/index.ts'

/** [batch, heads, length, size] */
export type Attended = g.Float

/**
 * In how many blocks attention over sequences of this length goes: small squares stay in the processor's cache, but
 * below 16 positions a block's products are too small to be worth their start.
 */
export function attentionBlocks(length: number): number {
  return length < 64 ? 1 : length < 256 ? 4 : mostBlocks
}

/** The length that is a multiple of its blocks. */
export function blockLength(length: number): number {
  const blocks = attentionBlocks(length)
  return Math.ceil(length / blocks) * blocks
}

/** Every other number of blocks divides it. */
export const mostBlocks = 8

/**
 * Attention over whole sequences goes block by block: the queries of block i look at the keys of blocks 0..i only, so
 * that with n blocks (n - 1) / 2n of the square, which the mask would hide, is never computed. One mask a block, 0 where
 * a position may look and a large negative number where it may not: [size, size], [size, 2 size], ... with size =
 * length / blocks, which must come out even.
 */
export function causalMasks(length: g.Dim, blocks: number): readonly g.Float[] {
  const size = g.divideDims(length, blocks)
  if (size === undefined) throw new Error(`a length of ${length} cannot be cut into ${blocks} blocks`)
  const places = g.iota(size)
  const visible = g.lessEqual(g.reshape(places, [1, size]), g.reshape(places, [size, 1]))
  const own = g.where(visible, 0, g.filled(-1e9, [1, 1]))
  return Array.from({ length: blocks }, (_, i) =>
    i === 0 ? own : g.concat([g.filled(0, [size, g.multiplyDims(i, size)]), own], 1),
  )
}

/**
 * softmax(q kᵀ / √size + mask) v. queries: [batch, heads, length, size]; keys and values: [batch, keyValueHeads,
 * length, size], each serving heads / keyValueHeads neighbouring query heads. Its gradient uses
 * Σ_j P_ij dP_ij = Σ_d dO_id O_id (Dao et al. 2022, eq. 4), which sums over the head instead of over the sequence.
 */
export function causalAttention(queries: g.Float, keys: g.Float, values: g.Float, masks: readonly g.Float[]): Attended {
  const [batch, heads, , size] = queries.shape
  const [, shared] = keys.shape
  const each = Number(heads) / Number(shared)
  const scale = 1 / Math.sqrt(Number(size))
  const [length] = masks[0].shape
  const rows = g.multiplyDims(each, length)
  // The query heads of one key head are rows of one matrix: no key is copied.
  const blocksOf = (x: g.Float) => cut(x, length, masks.length).map((x) => g.reshape(x, [batch, shared, rows, size]))
  const whole = (blocks: readonly g.Float[]) =>
    joined(blocks.map((block) => g.reshape(block, [batch, heads, length, size])))
  const q = blocksOf(queries)
  const seen = (x: g.Float, block: number) =>
    block === masks.length - 1 ? x : g.slice(x, 2, 0, g.multiplyDims(block + 1, length))
  const k = masks.map((_, i) => seen(keys, i))
  const v = masks.map((_, i) => seen(values, i))
  const weights = masks.map((mask, i) => {
    const width = mask.shape[1]
    const scores = g.reshape(g.matmul(q[i], k[i], { transposeB: true, scale }), [batch, shared, each, length, width])
    return g.reshape(g.softmax(g.add(scores, mask)), [batch, shared, rows, width])
  })
  const outs = weights.map((weight, i) => g.matmul(weight, v[i]))
  return g.withGradient('causalAttention', whole(outs), [queries, keys, values], (dOut) => {
    const dOuts = blocksOf(dOut)
    const dScores = weights.map((weight, i) => {
      const along = g.sum(g.mul(dOuts[i], outs[i]), -1, true)
      return g.mul(weight, g.sub(g.matmul(dOuts[i], v[i], { transposeB: true }), along))
    })
    return [
      whole(dScores.map((slope, i) => g.matmul(slope, k[i], { scale }))),
      piled(dScores.map((slope, i) => g.matmul(slope, q[i], { transposeA: true, scale }))),
      piled(weights.map((weight, i) => g.matmul(weight, dOuts[i], { transposeA: true }))),
    ]
  })
}

/** Pieces of this length along the sequence. */
function cut(x: g.Float, length: g.Dim, count: number): readonly g.Float[] {
  return count === 1
    ? [x]
    : g.split(
        x,
        2,
        Array.from({ length: count }, () => length),
      )
}

function joined(blocks: readonly g.Float[]): g.Float {
  return blocks.length === 1 ? blocks[0] : g.concat(blocks, 2)
}

/** The sum of tensors that reach over one block, two, three, ... of the sequence. */
function piled(reaching: readonly g.Float[]): g.Float {
  const length = reaching[0].shape[2]
  const pieces = reaching.map((x, i) => cut(x, length, i + 1))
  return joined(
    reaching.map((_, j) =>
      pieces
        .slice(j)
        .map((piece) => piece[j])
        .reduce((a, b) => g.add(a, b)),
    ),
  )
}

/** What came before: [batch, keyValueHeads, capacity, size] each, and an additive mask [batch, 1, 1, capacity]. */
export interface CachedKeys {
  readonly keys: g.Float
  readonly values: g.Float
  readonly mask: g.Float
}

/**
 * One token per row looks at its cache and at itself, without joining the two. Shapes as above with length 1; the queries
 * come scaled by 1 / √size: ONNX Runtime's kernel for one row takes no factor, and would be given one that stood beside
 * the product.
 */
export function attentionAfterCache(queries: g.Float, keys: g.Float, values: g.Float, past: CachedKeys): Attended {
  const [batch, heads, , size] = queries.shape
  const [, shared] = keys.shape
  const [capacity] = past.keys.shape.slice(2)
  const q = g.reshape(queries, [batch, shared, Number(heads) / Number(shared), size])
  const before = g.add(g.matmul(q, past.keys, { transposeB: true }), past.mask)
  // With one key, one value a head, passes over memory take less than products.
  const now = g.sum(g.mul(q, keys), -1, true)
  const [weightsBefore, weightNow] = g.split(g.softmax(g.concat([before, now], -1)), -1, [capacity, 1])
  const out = g.add(g.matmul(weightsBefore, past.values), g.mul(weightNow, values))
  return g.reshape(out, [batch, heads, 1, size])
}
