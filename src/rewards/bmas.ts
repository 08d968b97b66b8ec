/**
 * Bidirectional Max-Average Similarity: the open-ended reward of Mixed-R1 (arXiv 2505.24164), which compares an answer
 * with a reference through a table of token embeddings, without a judge. The abstract names it; the formula here is the
 * one its name gives. With S_ij the cosine of the i-th answer token's row and the j-th reference token's,
 *
 *     forward = mean_i max_j S_ij,   backward = mean_j max_i S_ij,   BMAS = (forward + backward) / 2
 *
 * clipped to [0, 1]. It ignores order, negation and counts: see docs/rewards/bmas.md.
 */
import { GuerdonError } from '../data/error.ts'
import { random } from '../data/random.ts'
import { scored } from '../data/score.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/** Token embeddings that do not depend on context: rows of a model's input table. */
export interface TokenEmbeddings {
  /** Token ids of a text. */
  encode(text: string): ArrayLike<number>
  /** Row-major [vocabulary, width]: row `id` is that token's vector. */
  readonly table: Float32Array
  readonly width: number
}

export interface BmasOptions {
  /** 'mean' of forward and backward (the default), or 'f1', their harmonic mean, which punishes stuffing and omission more. */
  readonly form?: 'mean' | 'f1'
  /**
   * What unrelated texts score, see `bmasBaseline`: the value becomes (BMAS - baseline) / (1 - baseline). Default 0. Static
   * embeddings point in similar directions, so without it the useful range is small.
   */
  readonly baseline?: number
  /** Ids left out of both texts: special tokens, stop words. */
  readonly skip?: Iterable<number>
}

/** The similarity of two texts before clipping, and what it is made of. */
export interface Bmas {
  readonly value: number
  readonly forward: number
  readonly backward: number
}

/**
 * BMAS of the completion with the best of the reference texts, in [0, 1]. Parts: `forward` (how much of the answer is in
 * the reference), `backward` (how much of the reference is in the answer). The table is copied, so a policy that trains
 * on does not move its own reward.
 */
export function bmas(embeddings: TokenEmbeddings, options: BmasOptions = {}): Reward {
  const similarity = bmasOf(embeddings, options)
  return againstReferences('bmas', (answer, references) => {
    const best = references
      .map((reference) => similarity(answer, reference))
      .reduce((top, next) => (next.value > top.value ? next : top))
    const { forward, backward } = best
    return scored(Math.min(1, Math.max(0, best.value)), { parts: { forward, backward } })
  })
}

/** The similarity of two texts as a function, in [-1, 1] with the default options; 0 where a text has no tokens. */
export function bmasOf(
  embeddings: TokenEmbeddings,
  options: BmasOptions = {},
): (answer: string, reference: string) => Bmas {
  const { form = 'mean', baseline = 0 } = options
  const { width } = embeddings
  const table = normalisedRows(embeddings.table, width)
  const skip = new Set(options.skip)
  const idsOf = (text: string) => {
    const ids = Array.from(embeddings.encode(text)).filter((id) => !skip.has(id))
    const outside = ids.find((id) => !Number.isInteger(id) || id < 0 || (id + 1) * width > table.length)
    if (outside === undefined) return ids
    throw new GuerdonError(`token id ${outside} is outside the embedding table of ${table.length / width} rows`)
  }
  return (answer, reference) => {
    const [given, wanted] = [counted(idsOf(answer)), counted(idsOf(reference))]
    if (given.total === 0 || wanted.total === 0) return { value: 0, forward: 0, backward: 0 }
    const { forward, backward } = maxAverages(table, width, given, wanted)
    const plain = form === 'mean' ? (forward + backward) / 2 : harmonic(forward, backward)
    return { value: (plain - baseline) / (1 - baseline), forward, backward }
  }
}

/** The mean BMAS of random pairs of the given texts, at least two, each with another: the `baseline` of these embeddings. */
export function bmasBaseline(
  embeddings: TokenEmbeddings,
  texts: readonly string[],
  options: { readonly form?: 'mean' | 'f1'; readonly pairs?: number; readonly seed?: number | string } = {},
): number {
  const { form, pairs = 200, seed = 0 } = options
  if (texts.length < 2) throw new GuerdonError(`a baseline needs at least 2 texts, there are ${texts.length}`)
  const similarity = bmasOf(embeddings, { form })
  const generator = random(seed)
  let sum = 0
  for (let pair = 0; pair < pairs; pair++) {
    const first = generator.int(0, texts.length - 1)
    const second = (first + generator.int(1, texts.length - 1)) % texts.length
    sum += similarity(texts[first], texts[second]).value
  }
  return sum / pairs
}

/** Distinct ids with how often each occurs: equal tokens have equal maxima, so each is compared once. */
interface Counted {
  readonly ids: readonly number[]
  readonly counts: readonly number[]
  readonly total: number
}

function counted(ids: readonly number[]): Counted {
  const counts = new Map<number, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return { ids: [...counts.keys()], counts: [...counts.values()], total: ids.length }
}

function maxAverages(table: Float32Array, width: number, given: Counted, wanted: Counted) {
  const best = new Float64Array(wanted.ids.length).fill(-1)
  let forward = 0
  given.ids.forEach((id, i) => {
    let highest = -1
    wanted.ids.forEach((other, j) => {
      let cosine = 0
      for (let k = 0; k < width; k++) cosine += table[id * width + k] * table[other * width + k]
      if (cosine > highest) highest = cosine
      if (cosine > best[j]) best[j] = cosine
    })
    forward += given.counts[i] * highest
  })
  const backward = best.reduce((sum, highest, j) => sum + wanted.counts[j] * highest, 0)
  return { forward: forward / given.total, backward: backward / wanted.total }
}

function harmonic(forward: number, backward: number): number {
  return forward + backward <= 0 ? 0 : (2 * forward * backward) / (forward + backward)
}

/** A copy with every row of length 1; a row of zeros stays zero. */
function normalisedRows(table: Float32Array, width: number): Float32Array {
  const rows = Float32Array.from(table)
  for (let start = 0; start < rows.length; start += width) {
    let square = 0
    for (let k = start; k < start + width; k++) square += rows[k] * rows[k]
    if (square === 0) continue
    const scale = 1 / Math.sqrt(square)
    for (let k = start; k < start + width; k++) rows[k] *= scale
  }
  return rows
}
